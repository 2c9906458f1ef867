/**
 * `npm run bench`: every figure beside what bounds it, in one run; ratios are what to read.
 *
 * Machines differ and so do their hours: each netcell figure is measured between two of its bound,
 * and medians are printed. TUN figures need a network namespace; without one they are left out, and
 * said so. `npm run bench -- tun` takes one part alone: `start`, `cores`, `connects` or `tun`.
 */
import { cpus, release } from 'node:os';
import { showProgress } from '../../host-node/cli/progress.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { createCore } from '../../host-web/core.ts';
import { measureHeld, openConnects } from './connects.ts';
import { compileCore, rateOf, WAYS } from './streams.ts';
import { measureLoopbackTcp, measureReceive, measureTransmit } from './raw-tun.ts';
import { measureReceiving, measureSending } from './tun.ts';

const RUNS = 3;
/** Runs of what takes a moment only, and those before them, in which the engine compiles. */
const SHORT_RUNS = 15;
const WARM_UP = 4;
const SECONDS = 2;
/** Octets that two stacks in one thread move for a figure. */
const MOVED = 256 * 1024 * 1024;

type Measure = () => Promise<number>;

/** Takes every measure in turn, so many times, and answers the median of each. */
async function inTurn(
  measures: Record<string, Measure>,
  runs = RUNS,
): Promise<Record<string, number>> {
  const taken: Record<string, number[]> = {};
  let doing = '';
  const stop = showProgress(() => doing);
  for (let run = 0; run < runs; run++) {
    for (const [name, measure] of Object.entries(measures)) {
      doing = `${name}, run ${run + 1} of ${runs}`;
      (taken[name] ??= []).push(await measure());
    }
  }
  stop();
  const medians: Record<string, number> = {};
  for (const [name, figures] of Object.entries(taken)) {
    medians[name] = figures.sort((a, b) => a - b)[runs >> 1]!;
  }
  return medians;
}

function row(what: string, figure: number, of: string, bound: number): void {
  const gigabits = (figure / 1e9).toFixed(2).padStart(6);
  const percent = ((100 * figure) / bound).toFixed(0).padStart(4);
  console.log(`  ${what.padEnd(46)} ${gigabits} Gbit/s  ${percent} % of ${of}`);
}

async function benchTun(): Promise<void> {
  const figures = await inTurn({
    loopback: async () => (await measureLoopbackTcp(SECONDS)).bitsPerSecond,
    rawIn: async () => (await measureReceive({ packetSize: 1500, seconds: SECONDS })).bitsPerSecond,
    rawOut: async () =>
      (await measureTransmit({ packetSize: 1500, seconds: SECONDS })).bitsPerSecond,
    receiving: async () => (await measureReceiving(SECONDS)).bitsPerSecond,
    sending: async () => (await measureSending(SECONDS)).bitsPerSecond,
  });
  const { loopback = 0, rawIn = 0, rawOut = 0, receiving = 0, sending = 0 } = figures;
  console.log('\nTUN, MTU 1500, no offload, one connection, the kernel’s TCP on the other side');
  row('raw loop, packets from the kernel', rawIn, 'itself', rawIn);
  row('netcell receives', receiving, 'the raw loop', rawIn);
  row('raw loop, packets to the kernel', rawOut, 'itself', rawOut);
  row('netcell sends', sending, 'the raw loop', rawOut);
  row('the kernel with itself over lo, its offloads on', loopback, 'itself', loopback);
  row('netcell receives', receiving, 'the kernel’s loopback', loopback);
  row('netcell sends', sending, 'the kernel’s loopback', loopback);
}

async function benchCores(): Promise<void> {
  const stop = showProgress(() => 'two stacks in one thread');
  const module = compileCore();
  const figures: Record<string, number> = {};
  let growth = 0;
  for (const [name, open] of Object.entries(WAYS)) {
    const way = await open(module);
    // Once for the engine, which compiles what it has seen often.
    await way.move(MOVED);
    const before = process.memoryUsage().rss;
    figures[name] = await rateOf(way, MOVED);
    if (name === 'streams') growth = process.memoryUsage().rss - before;
    await way.close();
  }
  stop();
  const { raw = 0, streams = 0, BYOB = 0, 'core to core': door = 0 } = figures;
  console.log('\nTwo stacks in one thread, MTU 1500, checksums on, 256 MiB');
  row('at the core’s door', door, 'itself', door);
  row('through the callback API over a pipe', raw, 'the door', door);
  row('through connect() and listen() streams', streams, 'the door', door);
  row('the same with a BYOB reader', BYOB, 'the door', door);
  const grown = (growth / 1024 ** 2).toFixed(0);
  console.log(`  resident memory grew by ${grown} MiB while streams ran`);
}

async function benchConnects(): Promise<void> {
  const measures: Record<string, Measure> = {};
  for (const way of ['net', 'streams', 'raw', 'door'] as const) {
    const measure = (measures[way] = await openConnects(way));
    for (let i = 0; i < WARM_UP; i++) await measure();
  }
  const figures = await inTurn(measures, SHORT_RUNS);
  const { net = 0, streams = 0, raw = 0, door = 0 } = figures;
  const rate = (what: string, figure: number) => {
    const thousands = (figure / 1000).toFixed(1).padStart(6);
    const times = (figure / net).toFixed(1).padStart(5);
    console.log(`  ${what.padEnd(46)} ${thousands} k a second ${times} x node:net`);
  };
  console.log('\nConnections opened and closed in one process, no data');
  rate('node:net over lo, 16 at once', net);
  rate('connect() and listen() over a pipe, 16 at once', streams);
  rate('the callback API over a pipe, 16 at once', raw);
  rate('at the door of two cores', door);
  const held = await measureHeld();
  console.log(
    `  JavaScript each open end holds: ${held.raw.toFixed(0)} octets with callbacks, ` +
      `${held.sockets.toFixed(0)} as a socket, ${held.streams.toFixed(0)} with both its streams`,
  );
}

/** A stack's beginning, beside what the engine needs for any instance with so much memory. */
function benchStart(): void {
  const median = (make: () => unknown) => {
    const times = Array.from({ length: 51 }, () => {
      const before = performance.now();
      make();
      return performance.now() - before;
    });
    return times.sort((a, b) => a - b)[25]!;
  };
  const module = compileCore();
  const bare = median(() => new WebAssembly.Memory({ initial: 1600 }));
  const whole = median(() => createCore(module, {}, new Uint8Array(32)));
  console.log('\nFrom compiled module to a stack laid out with its default limits');
  console.log(`  ${whole.toFixed(2)} ms; ${bare.toFixed(2)} ms for as much memory alone`);
}

const PARTS: Record<string, () => void | Promise<void>> = {
  start: benchStart,
  cores: benchCores,
  connects: benchConnects,
  tun: benchTun,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
const parts = new Set(wanted.length > 0 ? wanted : Object.keys(PARTS));
try {
  if (parts.has('tun')) enterNamespace();
} catch (error) {
  parts.delete('tun');
  console.log(`\nTUN left out: ${(error as Error).message}`);
}
console.log(`Node ${process.version}, Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model}`);
console.log(`medians of ${RUNS} runs of ${SECONDS} s, taken in turn`);
for (const name of parts) await PARTS[name]!();
process.exit(0);
