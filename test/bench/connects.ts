/**
 * Connections opened and closed in one process, a second: at the core's door, through callbacks,
 * through streams, and through Node's `net` over `lo`. And the JavaScript that an open one holds.
 *
 * Nothing is sent but SYNs and FINs: the client closes once it is open, its peer at the FIN.
 * TIME-WAIT is short, since the ports of a minute would be used up in a moment; so are Linux's over
 * `lo`, where it takes them again after a second.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Setting } from '../../host-web/abi.ts';
import { parseAddress, toMapped } from '../../host-web/address.ts';
import { setEndpoint } from '../../host-web/core.ts';
import {
  createStack,
  type Link,
  pipe,
  type RawConnection,
  type Socket,
  type Stack,
} from '../../host-web/index.ts';
import { compileCore, openCores } from './streams.ts';

const PORT = 9;
const REMOTE = `10.0.0.2:${PORT}`;
/** Connections that are open at once. */
const AT_ONCE = 16;
const TIME_WAIT_MS = 50;
/** At the door a minute of TIME-WAIT passes by itself: so long a connection. */
const EACH_MS = 5;

/** Opens and closes so many connections. */
export type Connecting = (count: number) => Promise<void>;

/** At the door of two cores: calls and copies, and no object for a connection. */
export function openDoor(module = compileCore()): Connecting {
  const { a, b, carry, pass } = openCores(module);
  const listener = b.create();
  setEndpoint(b, null, PORT, null, 0);
  b.listen(listener, AT_ONCE);
  setEndpoint(a, null, 0, toMapped(parseAddress('10.0.0.2')!), PORT);
  const drain = () => {
    while (a.signal() !== 0);
    while (b.signal() !== 0);
  };
  return async (count) => {
    for (let i = 0; i < count; i++) {
      const client = a.create();
      if (a.connect(client) !== 0) throw new Error('no connection is begun');
      carry(a, b);
      carry(b, a);
      carry(a, b);
      const server = b.accept(listener);
      a.close(client);
      carry(a, b);
      b.close(server);
      carry(b, a);
      carry(a, b);
      drain();
      a.release(client);
      if (b.release(server) !== 0) throw new Error('no connection was accepted');
      if (i % AT_ONCE === 0) pass(EACH_MS * AT_ONCE);
    }
  };
}

async function pair(connections = 4096): Promise<[Stack, Stack]> {
  const module = compileCore();
  const stack = async (host: number, link: Link) => {
    const limits = { connections };
    const made = await createStack({ address: `10.0.0.${host}/24`, module, limits });
    made.core.set(Setting.TIME_WAIT_MS, TIME_WAIT_MS);
    made.attach(link);
    return made;
  };
  const [one, other] = pipe();
  return [await stack(1, one), await stack(2, other)];
}

/** Runs `begin` for each connection, so many at once; each says when it is over. */
function chains(count: number, begin: (over: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let begun = 0;
    let ended = 0;
    const next = () => {
      if (begun++ < count) begin(over);
    };
    const over = () => {
      if (++ended === count) resolve();
      else next();
    };
    for (let i = 0; i < AT_ONCE; i++) next();
  });
}

/** Through callbacks, over a pipe. */
async function openRaw(): Promise<Connecting> {
  const [a, b] = await pair();
  const listener = b.openListener({ port: PORT });
  listener.onAcceptable = () => {
    for (let server = listener.accept(); server !== null; server = listener.accept()) {
      const connection: RawConnection = server;
      connection.onEnd = () => connection.close();
      connection.onClosed = () => connection.release();
    }
  };
  return (count) =>
    chains(count, (over) => {
      const client = a.openConnection(REMOTE);
      client.onOpened = () => client.close();
      client.onClosed = (error) => {
        if (error !== null) throw error;
        client.release();
        over();
      };
    });
}

/** Through sockets, over a pipe: `await opened`, `await close()`. */
async function openStreams(): Promise<Connecting> {
  const [a, b] = await pair();
  const listener = b.listen({ port: PORT });
  void (async () => {
    // Each ends by itself, at the client's FIN.
    for await (const _ of listener);
  })();
  const openAndClose = async () => {
    const socket = a.connect(REMOTE);
    await socket.opened;
    await socket.close();
  };
  return (count) => chains(count, (over) => void openAndClose().then(over));
}

/** Through Node's `net`, over `lo`: at several addresses, which have ports of their own each. */
async function openNet(): Promise<Connecting> {
  const server = createServer((socket) => socket.resume());
  server.listen(0, '0.0.0.0', 511).unref();
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  let count = 0;
  return (wanted) =>
    chains(wanted, (over) => {
      const client = connect(port, `127.0.0.${1 + (count++ % 8)}`);
      client.on('connect', () => client.end());
      client.on('close', over);
      client.resume();
    });
}

/** The ways there are, and how many connections make a figure of each. */
const CONNECTS = {
  net: [openNet, 1_000],
  streams: [openStreams, 4_000],
  raw: [openRaw, 10_000],
  door: [openDoor, 20_000],
} as const;

/** A measure of connections a second; its first figures are of an engine that still compiles. */
export async function openConnects(way: keyof typeof CONNECTS): Promise<() => Promise<number>> {
  const [open, count] = CONNECTS[way];
  const connecting = await open();
  return async () => {
    const start = performance.now();
    await connecting(count);
    return (count * 1000) / (performance.now() - start);
  };
}

// What an open connection holds ------------------------------------------------------

/** Octets of JavaScript that each end of an open connection holds. */
export interface Held {
  readonly raw: number;
  /** A socket whose streams nobody has touched, and one of which both are used. */
  readonly sockets: number;
  readonly streams: number;
}

const HELD = 10_000;

/** The heap, with nothing in it that is not needed. */
function heap(collect: () => void): number {
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage().heapUsed;
}

/** Opens connections, and answers by how much the heap has grown for each end. */
async function held(open: (a: Stack, b: Stack, keep: (end: object) => void) => Promise<void>) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const [a, b] = await pair(2 * HELD);
  const ends: object[] = new Array(2 * HELD).fill(a);
  let kept = 0;
  const before = heap(collect);
  await open(a, b, (end) => {
    ends[kept++] = end;
  });
  const each = (heap(collect) - before) / ends.length;
  if (kept !== ends.length) throw new Error(`${kept} ends are open`);
  await Promise.all([a.close(), b.close()]);
  return each;
}

function heldRaw(): Promise<number> {
  return held(async (a, b, keep) => {
    const listener = b.openListener({ port: PORT });
    listener.onAcceptable = () => {
      for (let raw = listener.accept(); raw !== null; raw = listener.accept()) keep(raw);
    };
    for (let i = 0; i < HELD; i++) {
      const client = a.openConnection(REMOTE);
      await new Promise<void>((resolve) => {
        client.onOpened = resolve;
      });
      client.onOpened = null;
      keep(client);
    }
  });
}

function heldStreams(use: (socket: Socket) => void): Promise<number> {
  return held(async (a, b, keep) => {
    const listener = b.listen({ port: PORT });
    for (let i = 0; i < HELD; i++) {
      const client = a.connect(REMOTE);
      const [server] = await Promise.all([listener.accept(), client.opened]);
      for (const socket of [client, server]) {
        use(socket);
        keep(socket);
      }
    }
  });
}

/** Measures all three. */
export async function measureHeld(): Promise<Held> {
  return {
    raw: await heldRaw(),
    sockets: await heldStreams(() => {}),
    streams: await heldStreams(({ readable, writable }) => {
      void readable.locked;
      void writable.locked;
    }),
  };
}
