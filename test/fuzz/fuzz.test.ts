/**
 * The fuzzer's slice of `npm test`: 100,000 packets into each state, fixed seed, and a slice under
 * today's date. More: `npm run fuzz`, or FUZZ_PACKETS=… here. A failure's report names what replays
 * it:
 *
 *     FUZZ_START='CLOSING, IPv4, timestamps' FUZZ_SEED=1 FUZZ_EPISODE=305 \
 *       npx vitest run test/fuzz/fuzz
 */
import { describe, expect, test } from 'vitest';
import { Fuzzer } from './fuzz.ts';
import { marksOf } from './mark.ts';
import { NAMES } from './states.ts';

const PACKETS = Number(process.env.FUZZ_PACKETS ?? 100_000);
const TODAY = Number(new Date().toISOString().slice(0, 10).replaceAll('-', ''));
const { FUZZ_START, FUZZ_SEED, FUZZ_EPISODE } = process.env;
const fuzzer = new Fuzzer();

/** Packets out for each packet in, on average: an attacker must not gain by us. */
const MOST_ANSWERS = 1.5;

function feed(name: string, seed: number, packets: number): void {
  const tally = { inState: 0, packets: 0 };
  const { world } = fuzzer;
  world.inputs = world.outputs = 0;
  const failure = fuzzer.run(name, seed, packets, tally);
  if (failure !== undefined) expect.fail(failure);
  expect(tally.inState).toBeGreaterThanOrEqual(packets);
  expect(world.outputs / world.inputs).toBeLessThan(MOST_ANSWERS);
}

test('a packet that neither changes anything nor is counted as dropped is found', () => {
  const marks = marksOf(fuzzer.world);
  marks.before();
  expect(() => marks.after()).toThrow('a packet vanished');
});

if (FUZZ_START === undefined) {
  describe(`${PACKETS} packets into each state`, () => {
    test.each(NAMES)('%s', (name) => feed(name, 1, PACKETS), 600_000);
  });

  describe(`another tenth, seed ${TODAY}`, () => {
    test.each(NAMES)('%s', (name) => feed(name, TODAY, PACKETS / 10));
  });
} else {
  test('the episode asked for', () => {
    const failure = fuzzer.replay(FUZZ_START, Number(FUZZ_SEED ?? 1), Number(FUZZ_EPISODE ?? 0));
    if (failure !== undefined) expect.fail(failure);
  });
}
