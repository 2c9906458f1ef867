/**
 * Throughput between two stacks in one thread: through web streams, through callbacks, and at the
 * core's door, which is the most any host could do.
 *
 * Each way is one connection that stays open and moves octets as often as it is asked to, so that
 * `index.ts` can move many at once, and `side.ts` a few at a time.
 */
import { readFileSync } from 'node:fs';
import { Memory } from '../../host-web/abi.ts';
import { parseAddress, toMapped } from '../../host-web/address.ts';
import { type Core, createCore, setEndpoint } from '../../host-web/core.ts';
import { createStack, pipe, type Stack } from '../../host-web/index.ts';
import { PacketViews } from '../../host-web/link/link.ts';

/** An open connection between two stacks. */
export interface Way {
  /** Moves so many octets, a multiple of 64 KiB; done when the receiver has them. */
  move(octets: number): Promise<void>;
  close(): Promise<void>;
}

const CHUNK = 65_536;

/** Counts what the receiver gets, and says when it is all that was sent. */
class Arrivals {
  #left = 0;
  #done = () => {};

  expect(octets: number): Promise<void> {
    this.#left += octets;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  count(octets: number): void {
    this.#left -= octets;
    if (this.#left === 0) this.#done();
  }
}

async function pair(module: WebAssembly.Module): Promise<[Stack, Stack]> {
  const a = await createStack({ address: '10.0.0.1/24', module });
  const b = await createStack({ address: '10.0.0.2/24', module });
  const [one, other] = pipe();
  a.attach(one);
  b.attach(other);
  return [a, b];
}

async function close(a: Stack, b: Stack): Promise<void> {
  await Promise.all([a.close(), b.close()]);
}

/** Reads until the stream fails, which it does once its stack is closed. */
async function readChunks(stream: ReadableStream<Uint8Array>, arrivals: Arrivals): Promise<void> {
  const reader = stream.getReader();
  for (let r = await reader.read(); !r.done; r = await reader.read()) {
    arrivals.count(r.value.length);
  }
}

/** As `readChunks`, into one array over and over. */
async function readInto(stream: ReadableStream<Uint8Array>, arrivals: Arrivals): Promise<void> {
  const reader = stream.getReader({ mode: 'byob' });
  for (let into: Uint8Array<ArrayBuffer> = new Uint8Array(CHUNK); ; ) {
    const { value, done } = await reader.read(into);
    if (done) return;
    arrivals.count(value.length);
    into = new Uint8Array(value.buffer);
  }
}

async function openStreams(module: WebAssembly.Module, read: typeof readChunks): Promise<Way> {
  const [a, b] = await pair(module);
  const listener = b.listen({ port: 9 });
  const arrivals = new Arrivals();
  void listener.accept().then(({ readable }) => read(readable, arrivals).catch(() => {}));
  const writer = a.connect('10.0.0.2:9').writable.getWriter();
  const chunk = new Uint8Array(CHUNK);
  return {
    move: async (octets) => {
      const arrived = arrivals.expect(octets);
      for (let sent = 0; sent < octets; sent += CHUNK) await writer.write(chunk);
      await arrived;
    },
    close: () => close(a, b),
  };
}

/** The platform's own streams with nothing between them: what any socket made of them costs. */
function openPlatform(): Way {
  const writer = new WritableStream<Uint8Array>().getWriter();
  const readable = new ReadableStream({
    type: 'bytes',
    pull: ({ byobRequest }) => byobRequest!.respond(byobRequest!.view!.byteLength),
  });
  const reader = readable.getReader({ mode: 'byob' });
  const chunk = new Uint8Array(CHUNK);
  let into = new Uint8Array(CHUNK);
  return {
    move: async (octets) => {
      for (let moved = 0; moved < octets; moved += CHUNK) {
        await writer.write(chunk);
        into = new Uint8Array((await reader.read(into)).value!.buffer);
      }
    },
    close: () => reader.cancel(),
  };
}

async function openRaw(module: WebAssembly.Module): Promise<Way> {
  const [a, b] = await pair(module);
  const chunk = new Uint8Array(CHUNK);
  const into = new Uint8Array(CHUNK);
  const arrivals = new Arrivals();
  const listener = b.openListener({ port: 9 });
  listener.onAcceptable = () => {
    const server = listener.accept()!;
    server.onReadable = () => {
      for (let n = server.receive(into); n > 0; n = server.receive(into)) arrivals.count(n);
    };
  };
  let left = 0;
  const client = a.openConnection('10.0.0.2:9');
  const fill = () => {
    while (left > 0) {
      const wanted = Math.min(CHUNK, left);
      const n = client.send(wanted === CHUNK ? chunk : chunk.subarray(0, wanted));
      left -= n;
      if (n < wanted) return;
    }
  };
  await new Promise<void>((resolve) => {
    client.onOpened = resolve;
  });
  client.onWritable = fill;
  return {
    move: (octets) => {
      const arrived = arrivals.expect(octets);
      left = octets;
      fill();
      return arrived;
    },
    close: () => close(a, b),
  };
}

/**
 * Two cores and a copy between them, a packet at a time: the dearest way there is, as each finds
 * what the other has left of the first caches. Sixty-four at a time, which is how a device brings
 * them, bulk data takes a tenth less.
 */
export interface Cores {
  readonly a: Core;
  readonly b: Core;
  /** Takes every packet one of them has to send to the other. */
  carry(from: Core, to: Core): void;
  /** Tells both the time; it begins with 1 ms. */
  pass(ms: number): void;
}

/** 10.0.0.1 and 10.0.0.2. */
export function openCores(module: WebAssembly.Module): Cores {
  const core = (host: number): Core => {
    const made = createCore(module, {}, new Uint8Array(32).fill(host));
    setEndpoint(made, toMapped(parseAddress(`10.0.0.${host}`)!), 0, null, 0);
    made.addAddress(24);
    return made;
  };
  const [a, b] = [core(1), core(2)];
  let now = 1;
  const pass = (ms: number) => {
    now += ms;
    a.poll(now);
    b.poll(now);
  };
  pass(0);
  // As a link would: with views that are made once.
  const viewsOf = ({ memory }: Core) =>
    new PacketViews(memory.buffer as ArrayBuffer, Memory.TRANSMIT);
  const views = new Map([a, b].map((from) => [from, viewsOf(from)]));
  const carry = (from: Core, to: Core) => {
    const packets = views.get(from)!;
    for (let n = from.output(); n !== 0; n = from.output()) {
      to.receiveWindow.set(packets.atLeast(n));
      to.input(n, 0);
    }
  };
  return { a, b, carry, pass };
}

function openDoor(module: WebAssembly.Module): Way {
  const { a, b, carry, pass } = openCores(module);
  const [client, listener] = [a.create(), b.create()];
  setEndpoint(b, null, 9, null, 0);
  b.listen(listener, 5);
  setEndpoint(a, null, 0, toMapped(parseAddress('10.0.0.2')!), 9);
  a.connect(client);
  for (let i = 0; i < 3; i++) {
    carry(a, b);
    carry(b, a);
  }
  const server = b.accept(listener);
  return {
    move: async (octets) => {
      for (let sent = 0, got = 0; got < octets; ) {
        if (sent < octets) sent += a.send(client, Math.min(Memory.TEXT_SIZE, octets - sent));
        pass(0.05);
        carry(a, b);
        for (let n = 1; n > 0; got += Math.max(n, 0)) n = b.receive(server, Memory.TEXT_SIZE);
        carry(b, a);
      }
    },
    close: async () => {},
  };
}

/** The ways there are, by the names of their figures. */
export const WAYS: Record<string, (module: WebAssembly.Module) => Way | Promise<Way>> = {
  streams: (module) => openStreams(module, readChunks),
  BYOB: (module) => openStreams(module, readInto),
  'the platform’s streams': openPlatform,
  raw: openRaw,
  'core to core': openDoor,
};

/** This checkout's core, compiled. */
export function compileCore(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync('build/core.wasm'));
}

/** Moves so many octets; answers bits a second. */
export async function rateOf(way: Way, octets: number): Promise<number> {
  const start = performance.now();
  await way.move(octets);
  return (octets * 8000) / (performance.now() - start);
}
