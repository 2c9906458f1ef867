/**
 * The long run, `npm run fuzz`: fuzzes every state and lives through universes, seed after seed,
 * until the time is over or something fails.
 *
 *     npm run fuzz -- [--seconds 60] [--seed N] [--states 'CLOSING;TIME-WAIT'] [--packets 200000]
 */
import { parseArgs } from 'node:util';
import { live, weathers } from '../simulation/universe.ts';
import { Fuzzer } from './fuzz.ts';
import { NAMES } from './states.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    states: { type: 'string' },
    packets: { type: 'string', default: '200000' },
  },
});

const fuzzer = new Fuzzer();
const names = values.states?.split(';') ?? NAMES;
const packets = Number(values.packets);
const end = performance.now() + 1_000 * Number(values.seconds);
let seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const tally = { inState: 0, packets: 0 };
let universes = 0;

function fail(report: string): never {
  console.error(report);
  process.exit(1);
}

function round(): void {
  for (const name of names) {
    const failure = fuzzer.run(name, seed, packets, tally);
    if (failure !== undefined) fail(failure);
    if (performance.now() > end) return;
  }
  if (values.states !== undefined) return;
  for (const weather of weathers()) {
    const outcome = live(weather, seed);
    if (typeof outcome === 'string') fail(outcome);
    universes++;
  }
}

for (; performance.now() < end; seed++) {
  round();
  console.log(`seed ${seed}: ${tally.packets} packets, ${universes} universes, no fault`);
}
