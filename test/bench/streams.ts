/**
 * Throughput of the web streams: 256 MiB through `connect()` and `listen()` over a pipe, both
 * stacks in this one thread, next to what the core does when nothing is around it.
 *
 * `node test/script.mjs test/bench/streams.ts` prints it; `benchStreams` returns it.
 */
import { readFileSync } from 'node:fs';
import { Memory } from '../../host-web/abi.ts';
import { parseAddress, toMapped } from '../../host-web/address.ts';
import { type Core, createCore, setEndpoint } from '../../host-web/core.ts';
import { createStack, pipe, type Stack } from '../../host-web/index.ts';

export interface Figures {
  /**
   * Gbit/s: through two web streams; with a BYOB reader; through the raw API; core to core by hand.
   */
  readonly streams: number;
  readonly byob: number;
  readonly raw: number;
  readonly door: number;
  /** Growth of what the process held resident while the streams ran, MiB. */
  readonly growth: number;
}

const TOTAL = 256 * 1024 * 1024;
const CHUNK = 65_536;

const gigabits = (ms: number) => (TOTAL * 8) / ms / 1e6;

async function pair(module: WebAssembly.Module): Promise<[Stack, Stack]> {
  const a = await createStack({ address: '10.0.0.1/24', module });
  const b = await createStack({ address: '10.0.0.2/24', module });
  const [one, other] = pipe();
  a.attach(one);
  b.attach(other);
  return [a, b];
}

/** Through streams; `byob` reads into one array over and over. */
async function throughStreams(module: WebAssembly.Module, byob: boolean): Promise<number> {
  const [a, b] = await pair(module);
  const listener = b.listen({ port: 9 });
  const start = performance.now();
  const reading = listener.accept().then(async ({ readable }) => {
    let got = 0;
    if (!byob) {
      const reader = readable.getReader();
      for (let r = await reader.read(); !r.done; r = await reader.read()) got += r.value.length;
      return got;
    }
    const reader = readable.getReader({ mode: 'byob' });
    let into: Uint8Array<ArrayBuffer> = new Uint8Array(CHUNK);
    for (;;) {
      const { value, done } = await reader.read(into);
      if (done) return got;
      got += value.length;
      into = new Uint8Array(value.buffer);
    }
  });
  const writer = a.connect('10.0.0.2:9').writable.getWriter();
  const chunk = new Uint8Array(CHUNK);
  for (let sent = 0; sent < TOTAL; sent += CHUNK) await writer.write(chunk);
  await writer.close();
  if ((await reading) !== TOTAL) throw new Error('octets are missing');
  const ms = performance.now() - start;
  await Promise.all([a.close(), b.close()]);
  return gigabits(ms);
}

async function throughRaw(module: WebAssembly.Module): Promise<number> {
  const [a, b] = await pair(module);
  const chunk = new Uint8Array(CHUNK);
  const into = new Uint8Array(CHUNK);
  const listener = b.openListener({ port: 9 });
  const start = performance.now();
  await new Promise<void>((resolve) => {
    let got = 0;
    listener.onAcceptable = () => {
      const server = listener.accept()!;
      server.onReadable = () => {
        for (let n = server.receive(into); n > 0; n = server.receive(into)) got += n;
        if (got === TOTAL) resolve();
      };
    };
    let sent = 0;
    const client = a.openConnection('10.0.0.2:9');
    client.onOpened = client.onWritable = () => {
      while (sent < TOTAL) {
        const wanted = Math.min(CHUNK, TOTAL - sent);
        const n = client.send(wanted === CHUNK ? chunk : chunk.subarray(0, wanted));
        sent += n;
        if (n < wanted) return;
      }
    };
  });
  const ms = performance.now() - start;
  await Promise.all([a.close(), b.close()]);
  return gigabits(ms);
}

/** Two cores and a copy between them: the most any host could do. */
function throughDoor(module: WebAssembly.Module): number {
  const core = (host: number): Core => {
    const made = createCore(module, {}, new Uint8Array(32).fill(host));
    setEndpoint(made, toMapped(parseAddress(`10.0.0.${host}`)!), 0, null, 0);
    made.addAddress(24);
    return made;
  };
  const [a, b] = [core(1), core(2)];
  let now = 1;
  const carry = (from: Core, to: Core) => {
    for (let n = from.output(); n !== 0; n = from.output()) {
      to.receiveWindow.set(from.transmitWindow.subarray(0, n));
      to.input(n, 0);
    }
  };
  const [client, listener] = [a.create(), b.create()];
  setEndpoint(b, null, 9, null, 0);
  b.listen(listener, 5);
  setEndpoint(a, null, 0, toMapped(parseAddress('10.0.0.2')!), 9);
  a.poll(now);
  b.poll(now);
  a.connect(client);
  for (let i = 0; i < 3; i++) {
    carry(a, b);
    carry(b, a);
  }
  const server = b.accept(listener);
  const start = performance.now();
  for (let sent = 0, got = 0; got < TOTAL; ) {
    if (sent < TOTAL) sent += a.send(client, Math.min(Memory.TEXT_SIZE, TOTAL - sent));
    now += 0.05;
    a.poll(now);
    b.poll(now);
    carry(a, b);
    for (let n = 1; n > 0; got += Math.max(n, 0)) n = b.receive(server, Memory.TEXT_SIZE);
    carry(b, a);
  }
  return gigabits(performance.now() - start);
}

/** Runs all of it. */
export async function benchStreams(): Promise<Figures> {
  const module = new WebAssembly.Module(readFileSync('build/core.wasm'));
  const resident = () => process.memoryUsage().rss / 1024 ** 2;
  throughDoor(module);
  await throughStreams(module, false);
  const before = resident();
  const streams = await throughStreams(module, false);
  const growth = resident() - before;
  return {
    streams,
    growth,
    byob: await throughStreams(module, true),
    raw: await throughRaw(module),
    door: throughDoor(module),
  };
}

if (process.argv[1]?.includes('streams')) {
  const { streams, byob, raw, door, growth } = await benchStreams();
  console.log(
    `streams ${streams.toFixed(1)} Gbit/s, BYOB ${byob.toFixed(1)}, ` +
      `raw ${raw.toFixed(1)}, core to core ${door.toFixed(1)}; ` +
      `resident memory grew by ${growth.toFixed(0)} MiB`,
  );
}
