/**
 * What `queues.test.ts` runs inside a network namespace: one scenario, named by the argument, over
 * a device with a queue for each of several threads. Its result goes to standard output as JSON.
 *
 * The same file is the threads' program: each has a stack on its queue, an echo server that says
 * whose it is, and does what it is asked to.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { libc, SOCK_RAW } from '../../host-node/libc.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { netFor } from '../../host-node/net/index.ts';
import { getLink, listLinks } from '../../host-node/netlink.ts';
import { type OpenTunOptions, openTun, type Tun, tunQueue } from '../../host-node/tun.ts';
import type { TunLink } from '../../host-node/tun.ts';
import { createStackSync } from '../../host-web/index.ts';
import { packetOf } from '../dsl/segment.ts';

const KERNEL = '10.9.0.1';
const STACK = '10.9.0.2';
const PORT = 7;

/** What a thread tells of itself. */
interface Told {
  readonly counters: Record<string, bigint>;
  readonly states: readonly string[];
  readonly asked: number;
  readonly taken: number;
  readonly dropped: number;
  /** What has come on the connections it has opened. */
  readonly heard: readonly string[];
  readonly ports: readonly number[];
}

/** A stack on a queue, and what can be asked of it. */
function serveOn(index: number, tun: Tun) {
  const stack = createStackSync({ address: [`${STACK}/24`, 'fd00:9::2/64'] });
  stack.attach(tun);
  const net = netFor(stack);
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(`${index} ${data}`));
  });
  server.listen(PORT);
  const opened: ReturnType<typeof net.connect>[] = [];
  const heard: string[] = [];
  return {
    /** Opens a connection to the kernel; answers once it is there. */
    open: async (host: string, port: number) => {
      const socket = net.connect({ host, port });
      const at = opened.push(socket) - 1;
      heard[at] = '';
      socket.on('error', (error) => (heard[at] += String(error)));
      socket.on('data', (data) => (heard[at] += String(data)));
      await once(socket, 'connect');
    },
    /** Begins to open one, of which nothing will come. */
    begin: async (host: string, port: number) => {
      opened.push(net.connect({ host, port }).on('error', () => {}));
    },
    exit: async () => {
      setImmediate(() => process.exit(3));
    },
    throwUp: async () => {
      setImmediate(() => {
        throw new Error('a fault in the thread');
      });
    },
    tell: async (): Promise<Told> => {
      const { asked = 0, taken = 0, dropped = 0 } = (stack.link as TunLink).tun.siblings ?? {};
      const states = stack.sockets().map(({ state }) => state);
      const ports = opened.map(({ localPort }) => localPort ?? 0);
      return { counters: stack.counters(), states, asked, taken, dropped, heard, ports };
    },
    close: () => stack.close(),
  };
}

type Thread = ReturnType<typeof serveOn>;

/** A thread as another may ask it. */
function startThread(queue: ReturnType<Tun['queue']>): { thread: Thread; worker: Worker } {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: queue });
  let next = 0;
  const ask = (call: string, ...given: unknown[]) => {
    const id = next++;
    worker.postMessage({ id, call, given });
    return new Promise<unknown>((resolve) => {
      const hear = (message: { id: number; answer: unknown }) => {
        if (message.id !== id) return;
        worker.off('message', hear);
        resolve(message.answer);
      };
      worker.on('message', hear);
    });
  };
  const calls = ['open', 'begin', 'exit', 'throwUp', 'tell', 'close'];
  const thread = Object.fromEntries(calls.map((call) => [call, ask.bind(undefined, call)]));
  return { thread: thread as unknown as Thread, worker };
}

/** A device with so many queues, this thread on the first, and all threads at their servers. */
async function ofThreads(count: number, options: OpenTunOptions = {}) {
  const addresses = [`${KERNEL}/24`, 'fd00:9::1/64'];
  const tun = openTun({ addresses, queues: count, ...options });
  const others = Array.from({ length: count - 1 }, (_, i) => startThread(tun.queue(i + 1)));
  const threads = [serveOn(0, tun), ...others.map(({ thread }) => thread)];
  const workers = others.map(({ worker }) => worker);
  for (const thread of threads) await thread.tell();
  return { tun, threads, workers };
}

/** Adds up what threads tell. */
async function sumOf(threads: readonly Thread[]) {
  let told = await Promise.all(threads.map((thread) => thread.tell()));
  // Who takes a packet has done so before the one who asked hears of it.
  const isUnheard = () => told.some(({ asked, taken }) => asked !== taken);
  for (let tries = 0; tries < 50 && isUnheard(); tries++) {
    await pause(20);
    told = await Promise.all(threads.map((thread) => thread.tell()));
  }
  const counter = (name: string) =>
    told.reduce((sum, { counters }) => sum + Number(counters[name] ?? 0), 0);
  const add = (name: 'asked' | 'taken' | 'dropped') =>
    told.reduce((sum, one) => sum + one[name], 0);
  return { told, counter, asked: add('asked'), taken: add('taken'), dropped: add('dropped') };
}

/** Has a kernel socket say something; answers what comes back. */
async function said(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}

async function connected(host = STACK): Promise<Socket> {
  const socket = connect({ host, port: PORT });
  await once(socket, 'connect');
  return socket.on('error', () => {});
}

/** What the kernel says on its i-th connection; all are of one length. */
function textFor(i: number): string {
  return `to ${String(i).padStart(2)} ${'x'.repeat(20_000)}`;
}

const scenarios: Record<string, () => Promise<unknown>> = {
  probe: async () => {
    openTun({ queues: 2 }).close();
    return {};
  },

  /** Connections of the kernel's, each asked twice. */
  spread: async () => {
    const { threads } = await ofThreads(2);
    const sockets: Socket[] = [];
    for (let i = 0; i < 200; i++) sockets.push(await connected(i % 2 ? STACK : 'fd00:9::2'));
    const first = await Promise.all(sockets.map((socket) => said(socket, 'once')));
    const again = await Promise.all(sockets.map((socket) => said(socket, 'twice')));
    const { counter, told } = await sumOf(threads);
    const established = told.map(({ states }) => states.filter((s) => s === 'ESTABLISHED').length);
    // The end of all, while packets come.
    for (const socket of sockets) socket.destroy();
    return {
      first,
      again,
      established,
      opens: counter('TcpPassiveOpens'),
      resets: counter('TcpOutRsts'),
    };
  },

  /** Connections to the kernel that are silent until it has forgotten whose queue they are on. */
  idle: async () => {
    const { threads } = await ofThreads(2);
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket)).listen(9, KERNEL);
    await once(server, 'listening');
    for (let i = 0; i < 16; i++) await threads[i % 2]!.open(KERNEL, 9);
    await pause(3_500);
    // Much, so that the first packet is several segments whose checksum is left to us.
    for (const [i, socket] of accepted.entries()) socket.write(textFor(i));
    for (;;) {
      const { told, counter, asked, taken, dropped } = await sumOf(threads);
      const heard = told.flatMap((one) => one.heard);
      if (heard.some((text) => text.length < textFor(10).length)) {
        await pause(20);
        continue;
      }
      const resets = counter('TcpOutRsts') + counter('TcpEstabResets');
      const ports = told.map((one) => one.ports.map((port) => port % 2));
      const whole = accepted.filter((_, i) => heard.includes(textFor(i))).length;
      return { whole, resets, asked, taken, dropped, ports };
    }
  },

  /** Errors about OPENs of both threads come by one queue: they have no ports to go by. */
  errors: async () => {
    const { threads } = await ofThreads(2);
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    for (const [i, thread] of threads.entries()) await thread.begin(`192.0.2.${i + 1}`, 9);
    for (;;) {
      const { told, counter, taken } = await sumOf(threads);
      const each = told.map(({ counters }) => Number(counters['IcmpInDestUnreachs'] ?? 0));
      if (each.includes(0)) {
        await pause(20);
        continue;
      }
      return { each, taken, unmatched: counter('IcmpInUnmatched') };
    }
  },

  /** Resets in fragments, for entries in the SYN queues of both threads. */
  fragments: async () => {
    const { threads } = await ofThreads(2);
    const fd = rawSocket();
    const ports = Array.from({ length: 16 }, (_, i) => 40_000 + i);
    for (const port of ports) sendRaw(fd, segment(port, 1000, 2, 0));
    const held = async () => {
      const { told, counter, taken } = await sumOf(threads);
      const each = told.map(({ states }) => states.filter((s) => s === 'SYN-RECEIVED').length);
      return { each, counter, taken };
    };
    while ((await held()).each.reduce((a, b) => a + b) < 16) await pause(20);
    const before = (await held()).each;
    const resets = ports.flatMap((port) => inTwo(segment(port, 1001, 4, 8)));
    for (const part of resets) sendRaw(fd, part);
    while ((await held()).each.some((count) => count > 0)) await pause(20);
    const { each: after, counter, taken } = await held();
    return { before, after, taken, resets: counter('TcpOutRsts'), whole: counter('IpReasmOKs') };
  },

  /** A thread is ended from outside, and one by a fault of its own; a third takes over. */
  end: async () => {
    const { tun, threads, workers } = await ofThreads(3);
    const sockets: Socket[] = [];
    for (let i = 0; i < 48; i++) sockets.push(await connected());
    const whose = await Promise.all(sockets.map((socket) => said(socket, 'before')));
    const exited = once(workers[0]!, 'exit');
    void threads[1]!.exit();
    await exited;
    const fault = once(workers[1]!, 'error');
    void threads[2]!.throwUp();
    const [error] = (await fault) as [Error];
    await once(workers[1]!, 'exit');
    // Nobody has their connections any more: whoever writes on one is told.
    const orphaned = sockets.filter((_, i) => !whose[i]!.startsWith('0'));
    const told = orphaned.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of orphaned) socket.write('anybody?');
    await Promise.all(told);
    const kept = sockets.filter((_, i) => whose[i]!.startsWith('0'));
    const after = await Promise.all(kept.map((socket) => said(socket, 'after')));
    for (let i = 0; i < 20; i++) after.push(await said(await connected(), 'new'));
    // The queue can be had anew.
    const { thread } = startThread(tun.queue(1));
    await thread.tell();
    const fresh: string[] = [];
    for (let i = 0; i < 40; i++) fresh.push(await said(await connected(), 'new'));
    return {
      before: [...new Set(whose.map((text) => text[0]))].toSorted(),
      error: error.message,
      orphaned: orphaned.length,
      after: [...new Set(after.map((text) => text[0]))],
      fresh: [...new Set(fresh.map((text) => text[0]))].toSorted(),
    };
  },

  /** Each queue holds as many packets as the device is said to, whatever the others hold. */
  rings: async () => {
    const first = openTun({ addresses: [`${KERNEL}/24`], queues: 2, queueLength: 50 });
    const queues = [first, tunQueue(first.queue(1))];
    const memory = new ArrayBuffer(0x30000);
    for (const tun of queues) {
      tun.attach({ memory, receiveAt: 64, receiveSize: 0x10000, transmitAt: 0x18000 });
    }
    const socket = createSocket('udp4');
    for (let i = 0; i < 400; i++) {
      await new Promise((resolve) => socket.send('x', 1000 + i, STACK, resolve));
    }
    socket.close();
    const held = queues.map((tun) => {
      let count = 0;
      while (tun.receive() > 0) count++;
      tun.close();
      return count;
    });
    return { held };
  },

  /** What may be asked for and what may not; the interface goes with its last queue. */
  queues: async () => {
    const { threads, tun, workers } = await ofThreads(2, { offload: false });
    const { name } = tun;
    let refused = '';
    try {
      tunQueue(tun.queue(1));
    } catch (error) {
      refused = String((error as { code?: string }).code);
    }
    const wrong: string[] = [];
    for (const index of [0, 2, 1.5]) {
      try {
        tun.queue(index);
      } catch (error) {
        wrong.push((error as Error).name);
      }
    }
    const { queueLength } = getLink(name);
    await threads[1]!.close();
    await once(workers[0]!, 'exit');
    tun.close();
    return { refused, wrong, queueLength, left: listLinks().some((link) => link.name === name) };
  },
};

// Packets by hand -------------------------------------------------------------------

const FROM = Uint8Array.of(10, 9, 0, 50);
const TO = Uint8Array.of(10, 9, 0, 2);

/** A segment to the echo port with forty octets of options, from where nobody is. */
function segment(port: number, seq: number, ctl: number, text: number): Uint8Array {
  const octets = new Uint8Array(60 + text).fill(1, 20, 60);
  const view = new DataView(octets.buffer);
  view.setUint16(0, port);
  view.setUint16(2, PORT);
  view.setUint32(4, seq);
  octets.set([0xf0, ctl], 12);
  view.setUint16(14, 1000);
  let sum = 6 + octets.length;
  for (const address of [FROM, TO]) for (let i = 0; i < 4; i += 2) sum += word(address, i);
  for (let i = 0; i < octets.length; i += 2) sum += word(octets, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(16, 0xffff - sum);
  return packetOf(octets, 6, FROM, TO);
}

const word = (octets: Uint8Array, at: number) => (octets[at]! << 8) | octets[at + 1]!;

let identification = 100;

/** The packet in two fragments; the kernel writes their checksums. */
function inTwo(whole: Uint8Array): Uint8Array[] {
  const cut = 24;
  identification++;
  return [whole.subarray(20, 20 + cut), whole.subarray(20 + cut)].map((data, i) => {
    const part = new Uint8Array(20 + data.length);
    part.set(whole.subarray(0, 20));
    part.set(data, 20);
    const view = new DataView(part.buffer);
    view.setUint16(2, part.length);
    view.setUint16(4, identification);
    view.setUint16(6, i === 0 ? 0x2000 : cut / 8);
    return part;
  });
}

function rawSocket(): number {
  const c = libc();
  const fd = c.socket(2, SOCK_RAW, 255);
  // struct sockaddr_in
  const address = Uint8Array.of(2, 0, 0, 0, ...TO, 0, 0, 0, 0, 0, 0, 0, 0);
  if (fd < 0 || c.connect(fd, address, address.length) < 0) throw new Error('no raw socket');
  return fd;
}

function sendRaw(fd: number, packet: Uint8Array): void {
  const sent = libc().send(fd, packet, packet.length, 0);
  if (sent !== packet.length) throw new Error(`a raw socket sends ${sent}`);
}

if (isMainThread) {
  enterNamespace();
  const result = await scenarios[process.argv[2]!]!();
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
} else {
  const queue = workerData as ReturnType<Tun['queue']>;
  const thread = serveOn(queue.index, tunQueue(queue));
  const answer = async ({ id, call, given }: { id: number; call: string; given: unknown[] }) => {
    const work = thread[call as keyof Thread] as (...given: unknown[]) => Promise<unknown>;
    parentPort!.postMessage({ id, answer: await work(...given) });
    if (call === 'close') parentPort!.close();
  };
  parentPort!.on('message', (message) => void answer(message));
}
