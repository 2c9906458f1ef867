/**
 * The long run, `npm run fuzz`: fuzzes every state and lives through universes, seed after seed,
 * until ten million packets have been sent in, or the time is over, or something fails.
 *
 *     npm run fuzz -- [--seconds N] [--seed N] [--states 'CLOSING;TIME-WAIT'] [--packets 200000]
 */
import { setImmediate as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { showProgress } from '../../host-node/cli/progress.ts';
import { live, weathers } from '../simulation/universe.ts';
import { Fuzzer } from './fuzz.ts';
import { NAMES } from './states.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    states: { type: 'string' },
    packets: { type: 'string', default: '200000' },
  },
});

const fuzzer = new Fuzzer();
const names = values.states?.split(';') ?? NAMES;
const packets = Number(values.packets);
/** Packets of a whole run. */
const WHOLE = 10_000_000;
const end = performance.now() + 1_000 * Number(values.seconds ?? Number.POSITIVE_INFINITY);
let seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const tally = { inState: 0, packets: 0 };
let universes = 0;

function fail(report: string): never {
  console.error(report);
  process.exit(1);
}

function isOver(): boolean {
  if (values.seconds !== undefined) return performance.now() > end;
  return tally.packets >= WHOLE;
}

/** Between its parts the process hears of signals and of its parent's end, and shows progress. */
async function round(): Promise<void> {
  for (const name of names) {
    await pause();
    const failure = fuzzer.run(name, seed, packets, tally);
    if (failure !== undefined) fail(failure);
    if (isOver()) return;
  }
  if (values.states !== undefined) return;
  for (const weather of weathers()) {
    await pause();
    const outcome = live(weather, seed);
    if (typeof outcome === 'string') fail(outcome);
    universes++;
  }
}

for (; !isOver(); seed++) {
  const stop = showProgress(() => `seed ${seed}: ${tally.packets} packets`);
  await round();
  stop();
  console.log(`seed ${seed}: ${tally.packets} packets, ${universes} universes, no fault`);
}
