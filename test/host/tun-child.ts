/**
 * What `tun.test.ts` runs inside a network namespace: one scenario, named by the argument, whose
 * result goes to standard output as JSON. The expectations stand in the test; here is only the
 * doing.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { formatAddress } from '../../host-web/address.ts';
import { libc } from '../../host-node/libc.ts';
import { enterNamespace, insideNamespace } from '../../host-node/namespace.ts';
import {
  addRoute,
  deleteLink,
  getLink,
  listAddresses,
  listLinks,
  setLink,
} from '../../host-node/netlink.ts';
import { type OpenTunOptions, openTun, type Tun, TunError } from '../../host-node/tun.ts';
import {
  echoRequest,
  ICMP,
  ICMPV6,
  type Packet,
  readPacket,
  textOf,
  UDP,
  udp,
  writePacket,
} from './ip-packets.ts';

const KERNEL = { udp4: '10.9.0.1', udp6: 'fd00:9::1' } as const;
const STACK = { udp4: '10.9.0.2', udp6: 'fd00:9::2' } as const;
const ADDRESSES = [`${KERNEL.udp4}/24`, `${KERNEL.udp6}/64`];
type Family = keyof typeof KERNEL;

const RECEIVE_AT = 64;
const TRANSMIT_AT = 0x18000;
const memory = new ArrayBuffer(0x30000);
const octets = new Uint8Array(memory);

function openAttached(options: OpenTunOptions = {}): Tun {
  const tun = openTun({ addresses: ADDRESSES, ...options });
  tun.attach({ memory, receiveAt: RECEIVE_AT, receiveSize: 0x10000, transmitAt: TRANSMIT_AT });
  return tun;
}

function transmit(tun: Tun, packet: Uint8Array): boolean {
  // Something left behind by another use of the headroom must not reach the kernel.
  octets.fill(0xff, TRANSMIT_AT - 64, TRANSMIT_AT);
  octets.set(packet, TRANSMIT_AT);
  return tun.transmit(packet.length);
}

/** The next packet that `wanted` accepts; the kernel sends multicast of its own in between. */
function awaitPacket(tun: Tun, wanted: (packet: Packet) => boolean): Promise<Packet> {
  return new Promise((resolve, reject) => {
    tun.watch(() => {
      try {
        for (let length = tun.receive(); length > 0; length = tun.receive()) {
          const packet = readPacket(octets.subarray(RECEIVE_AT, RECEIVE_AT + length));
          if (!wanted(packet)) continue;
          tun.unwatch();
          return resolve(packet);
        }
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Does something now, and again until what it returns is called: on a link packets can be lost. */
function repeatedly(work: () => void): () => void {
  work();
  const timer = setInterval(work, 250);
  return () => clearInterval(timer);
}

/** A datagram from a kernel socket is answered by hand. */
async function exchangeUdp(tun: Tun, family: Family): Promise<object> {
  const socket = createSocket(family);
  socket.bind(0, KERNEL[family]);
  await once(socket, 'listening');
  const { port } = socket.address();
  const stopAsking = repeatedly(() => socket.send('ping', 7, STACK[family]));
  const octetsEach = family === 'udp4' ? 4 : 16;
  const asked = await awaitPacket(tun, ({ protocol, source }) => {
    return protocol === UDP && source.length === octetsEach;
  });
  stopAsking();
  const flags = tun.receiveFlags();
  const answer = once(socket, 'message');
  const pong = writePacket({
    protocol: UDP,
    source: asked.destination,
    destination: asked.source,
    body: udp(7, port, 'pong'),
  });
  const stopAnswering = repeatedly(() => transmit(tun, pong));
  const [message, from] = (await answer) as [Buffer, { address: string }];
  stopAnswering();
  socket.close();
  return { asked: textOf(asked.body), answer: String(message), from: from.address, flags };
}

/** An echo request by hand is answered by the kernel. */
async function exchangeEcho(tun: Tun, family: Family): Promise<string> {
  const protocol = family === 'udp4' ? ICMP : ICMPV6;
  const reply = awaitPacket(tun, (packet) => {
    return packet.protocol === protocol && packet.body[0] === (protocol === ICMP ? 0 : 129);
  });
  const body = echoRequest(protocol, 'hello, kernel');
  const packet = { protocol, source: STACK[family], destination: KERNEL[family], body };
  const stopAsking = repeatedly(() => transmit(tun, writePacket(packet)));
  const { body: answer } = await reply;
  stopAsking();
  return textOf(answer);
}

async function exchange(options: OpenTunOptions = {}): Promise<object> {
  const tun = openAttached(options);
  const result = {
    udp4: await exchangeUdp(tun, 'udp4'),
    udp6: await exchangeUdp(tun, 'udp6'),
    echo4: await exchangeEcho(tun, 'udp4'),
    echo6: await exchangeEcho(tun, 'udp6'),
  };
  tun.close();
  return result;
}

/** The error of `attempt`, as far as the test looks at it. */
function failure(attempt: () => unknown): object {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof TunError)) return { unexpected: String(error) };
    return { code: error.code, exitCode: error.exitCode, message: error.message };
  }
  return { unexpected: 'no error' };
}

/** Make a persistent interface as an administrator would: TUNSETIFF, TUNSETPERSIST. */
function makePersistent(name: string): void {
  const fd = openSync('/dev/net/tun', 'r+');
  const ifreq = Buffer.alloc(40);
  ifreq.write(name);
  ifreq.writeUInt16LE(0x1001, 16);
  libc().ioctl(fd, 0x400454ca, ifreq);
  libc().ioctlValue(fd, 0x400454cb, 1);
  closeSync(fd);
}

const scenarios: Record<string, () => unknown> = {
  probe: () => ({ inside: insideNamespace() }),

  'set-up': () => {
    const tun = openTun({ name: 'cell%d', mtu: 1400, queueLength: 700, addresses: ADDRESSES });
    const link = getLink(tun.name);
    const addresses = listAddresses()
      .filter((address) => address.index === link.index)
      .map((address) => `${formatAddress(address.octets)}/${address.prefix}`);
    const inProc = readdirSync('/proc/sys/net/ipv4/conf').includes(tun.name);
    tun.close();
    tun.close();
    const left = listLinks().map(({ name }) => name);
    const { name, mtu, vnetHeaderSize } = tun;
    return { tun: { name, mtu, vnetHeaderSize }, link, addresses, inProc, left };
  },

  peer: () => {
    const tun = openTun({ addresses: ['10.9.0.1 peer 10.9.1.2/32'] });
    addRoute({
      device: tun.name,
      destination: { octets: Uint8Array.of(10, 9, 2, 0), prefix: 24 },
      via: Uint8Array.of(10, 9, 1, 2),
      congestion: 'reno',
    });
    const twice = failure(() => addRouteAgain(tun.name));
    tun.close();
    return { twice };
  },

  exchange: () => exchange(),
  'exchange-thread': () => exchange({ waiting: 'thread' }),

  'name-in-use': () => {
    const tun = openTun({ name: 'cell0' });
    makePersistent('held');
    const first = openTun({ name: 'held', create: false });
    const result = {
      created: failure(() => openTun({ name: 'cell0' })),
      attached: failure(() => openTun({ name: 'held', create: false })),
      loopback: failure(() => openTun({ name: 'lo', create: false })),
      missing: failure(() => openTun({ name: 'nobody', create: false })),
    };
    first.close();
    tun.close();
    return result;
  },

  attach: () => {
    makePersistent('held');
    setLink('held', { mtu: 1380 });
    const { mtu, name } = openTun({ name: 'held', create: false });
    return { mtu, name };
  },

  options: () => ({
    long: failure(() => openTun({ name: 'a-name-of-sixteen' })),
    slash: failure(() => openTun({ name: 'a/b' })),
    address: failure(() => openTun({ addresses: ['10.9.0.1/33'] })),
    mtu: failure(() => openTun({ mtu: 20 })),
    mtu6: failure(() => openTun({ mtu: 1000, addresses: ['fd00:9::1/64'] })),
    unnamed: failure(() => openTun({ create: false })),
  }),

  clash: () => {
    const tun = openTun({ addresses: ['10.9.0.1/16'] });
    const result = {
      inside: failure(() => openTun({ addresses: ['10.9.0.2/16'] })),
      // A longer prefix that holds nobody else's address wins its own routes.
      narrower: openTun({ addresses: ['10.9.7.1/24'] }).name,
      links: listLinks().map(({ name }) => name),
    };
    tun.close();
    return result;
  },

  down: () => {
    const tun = openAttached();
    const { index } = getLink(tun.name);
    const addresses = () =>
      listAddresses()
        .filter((address) => address.index === index)
        .map(({ octets: own, prefix }) => `${formatAddress(own)}/${prefix}`)
        .filter((address) => !address.startsWith('fe80:'));
    const before = addresses();
    setLink(tun.name, { up: false });
    setLink(tun.name, { up: true });
    return { before, after: addresses() };
  },

  deleted: async () => {
    const tun = openAttached();
    const gone = awaitPacket(tun, () => false);
    await pause(20);
    deleteLink(tun.name);
    const noticed = await gone.catch((error: TunError) => error.code);
    const sent = failure(() =>
      transmit(
        tun,
        writePacket({
          protocol: ICMP,
          source: STACK.udp4,
          destination: KERNEL.udp4,
          body: echoRequest(ICMP, ''),
        }),
      ),
    );
    tun.close();
    return { noticed, sent, closed: failure(() => tun.receive()) };
  },

  drops: () => {
    const tun = openAttached();
    const body = echoRequest(ICMP, 'x');
    const packet = writePacket({
      protocol: ICMP,
      source: STACK.udp4,
      destination: KERNEL.udp4,
      body,
    });
    const up = transmit(tun, packet);
    const nonsense = failure(() => transmit(tun, new Uint8Array(20)));
    setLink(tun.name, { up: false });
    return { up, nonsense, down: transmit(tun, packet) };
  },

  throws: async () => {
    const tun = openAttached();
    const caught = once(process, 'uncaughtException');
    tun.watch(() => {
      throw new Error('from the callback');
    });
    const socket = createSocket('udp4');
    socket.send('wake', 7, STACK.udp4);
    const [error] = (await caught) as [Error];
    socket.close();
    tun.close();
    return { message: error.message };
  },

  'unref-loop': () => {
    const tun = openAttached();
    tun.unref();
    tun.watch(() => {
      while (tun.receive() > 0);
    });
    return {};
  },

  'unref-thread': () => {
    const tun = openAttached({ waiting: 'thread' });
    tun.unref();
    tun.watch(() => {
      while (tun.receive() > 0);
    });
    return {};
  },

  'exit-code': () => {
    process.exitCode = 42;
    return { argv: process.argv.slice(2), execArgv: process.execArgv };
  },

  'wait-for-signal': async () => {
    process.once('SIGTERM', () => {
      process.exitCode = 7;
      clearInterval(alive);
    });
    const alive = setInterval(() => {}, 1000);
    return { pid: process.pid };
  },

  open: () => failure(() => openTun()),
};

function addRouteAgain(device: string): never {
  try {
    addRoute({ device, destination: { octets: Uint8Array.of(10, 9, 2, 0), prefix: 24 } });
  } catch (error) {
    const { code, message } = error as TunError;
    throw new TunError(code, message);
  }
  throw new Error('the second route was accepted');
}

const [name = '', where = 'inside'] = process.argv.slice(2);
if (where === 'inside') {
  try {
    enterNamespace();
  } catch (error) {
    console.error((error as Error).message);
    process.exit((error as Partial<TunError>).exitCode ?? 1);
  }
}
const scenario = scenarios[name];
if (scenario === undefined) throw new Error(`no scenario ${name}`);
console.log(JSON.stringify(await scenario()));
