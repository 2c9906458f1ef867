/**
 * One side of `bench:against`: a process that stays, and takes a measure whenever it is told to.
 *
 * It says first what it can measure and in which unit, as a line of JSON; then each line it reads
 * is one of those names, and is answered by a figure. Between two lines it does nothing. It is
 * copied, with the files it measures by, into checkouts from before there was this file, so it
 * calls only what those have too.
 */
import { createInterface } from 'node:readline';
import { enterNamespace } from '../../host-node/namespace.ts';
import { openConnects } from './connects.ts';
import { compileCore, rateOf, WAYS } from './streams.ts';
import { measureReceiving, measureSending } from './tun.ts';

/** Moved for one figure between two stacks, octets. */
const OCTETS = 32 * 1024 * 1024;
/** What one figure of a TUN takes, seconds. */
const SECONDS = 0.25;

const units: Record<string, string> = {};
const measures = new Map<string, () => Promise<number>>();

function add(name: string, unit: string, scale: number, measure: () => Promise<number>): void {
  units[name] = unit;
  measures.set(name, async () => (await measure()) / scale);
}

/**
 * Takes a rate by the time that this process was given, where it does all the work alone: others on
 * the machine then hardly matter.
 */
function ofOurTime(measure: () => Promise<number>): () => Promise<number> {
  return async () => {
    const before = process.cpuUsage();
    const start = performance.now();
    const rate = await measure();
    const passed = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    return (rate * passed * 1000) / (user + system);
  };
}

try {
  enterNamespace();
  const rate = (name: string, measure: typeof measureSending) =>
    add(name, 'Gbit/s', 1e9, async () => (await measure(SECONDS)).bitsPerSecond);
  rate('to the kernel', measureSending);
  rate('from the kernel', measureReceiving);
} catch (error) {
  console.error(`TUN left out: ${(error as Error).message}`);
}
const module = compileCore();
for (const [name, open] of Object.entries(WAYS)) {
  const way = await open(module);
  add(name, 'Gbit/s', 1e9, ofOurTime(() => rateOf(way, OCTETS)));
}
for (const way of ['streams', 'raw', 'door'] as const) {
  add(`connect, ${way}`, 'k a second', 1e3, ofOurTime(await openConnects(way)));
}

console.log(JSON.stringify(units));
for await (const name of createInterface({ input: process.stdin })) {
  console.log(await measures.get(name)!());
}
process.exit(0);
