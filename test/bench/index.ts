/**
 * `npm run bench`: every figure beside what bounds it, in one run; ratios are what to read.
 *
 * Machines differ and so do their hours: each netcell figure is measured between two of its bound,
 * and medians are printed. TUN figures need a network namespace; without one they are left out, and
 * said so. `npm run bench -- tun` takes one part alone: `start`, `cores` or `tun`.
 */
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { showProgress } from '../../host-node/cli/progress.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { createCore } from '../../host-web/core.ts';
import { benchStreams } from './streams.ts';
import { measureLoopbackTcp, measureReceive, measureTransmit } from './raw-tun.ts';
import { measureReceiving, measureSending } from './tun.ts';

const RUNS = 3;
const SECONDS = 2;

type Measure = () => Promise<number>;

/** Takes every measure in turn, `RUNS` times, and answers the median of each. */
async function inTurn(measures: Record<string, Measure>): Promise<Record<string, number>> {
  const taken: Record<string, number[]> = {};
  let doing = '';
  const stop = showProgress(() => doing);
  for (let run = 0; run < RUNS; run++) {
    for (const [name, measure] of Object.entries(measures)) {
      doing = `${name}, run ${run + 1} of ${RUNS}`;
      (taken[name] ??= []).push(await measure());
    }
  }
  stop();
  const medians: Record<string, number> = {};
  for (const [name, figures] of Object.entries(taken)) {
    medians[name] = figures.sort((a, b) => a - b)[RUNS >> 1]!;
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
  const { door, raw, streams, byob, growth } = await benchStreams();
  stop();
  const bound = door * 1e9;
  console.log('\nTwo stacks in one thread, MTU 1500, checksums on, 256 MiB');
  row('at the core’s door', bound, 'itself', bound);
  row('through the callback API over a pipe', raw * 1e9, 'the door', bound);
  row('through connect() and listen() streams', streams * 1e9, 'the door', bound);
  row('the same with a BYOB reader', byob * 1e9, 'the door', bound);
  console.log(`  resident memory grew by ${growth.toFixed(0)} MiB while streams ran`);
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
  const module = new WebAssembly.Module(readFileSync('build/core.wasm'));
  const bare = median(() => new WebAssembly.Memory({ initial: 1600 }));
  const whole = median(() => createCore(module, {}, new Uint8Array(32)));
  console.log('\nFrom compiled module to a stack laid out with its default limits');
  console.log(`  ${whole.toFixed(2)} ms; ${bare.toFixed(2)} ms for as much memory alone`);
}

const PARTS: Record<string, () => void | Promise<void>> = {
  start: benchStart,
  cores: benchCores,
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
