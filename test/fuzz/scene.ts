/**
 * A core and a well-behaved peer for tests that are written out by hand: the fuzzer's world without
 * dice.
 */
import { type Counter, Memory } from '../../host-web/abi.ts';
import type { Limits } from '../../host-web/core.ts';
import { tearDown } from './calls.ts';
import { Dice } from '../simulation/dice.ts';
import { type Start, startsOf } from './states.ts';
import { put16, type Writer } from './wire.ts';
import { POOLS } from '../pools.ts';
import { LIMITS } from './limits.ts';
import { World } from './world.ts';

/** Variants of a starting point, in `startsOf`'s order. */
export const Variant = {
  V4: 0,
  V4_TIMESTAMPS: 1,
  V4_SACK: 2,
  V4_ALL: 3,
  V6: 4,
  V6_ALL: 7,
} as const;

/** A world in a starting point of `states.ts`. */
export function at(name: string, variant: number = Variant.V4, limits: Limits = {}): World {
  const world = new World(1, { ...LIMITS, ...limits });
  const start: Start | undefined = startsOf(world, world.save(), name)[variant];
  world.restore(start!.saved);
  return world;
}

/** Hands in the segment the writer holds; answers how many packets came back. */
export function send(world: World, change?: (writer: Writer) => void): number {
  change?.(world.writer);
  world.segment();
  world.settle();
  return world.burst;
}

/**
 * Hands in so many octets of the receive window as they are; answers how many packets came back.
 */
export function sendRaw(world: World, length: number, flags = 0): number {
  world.input(length, flags);
  world.settle();
  return world.burst;
}

/** Writes options as octets, padded with END. */
export function options(world: World, octets: readonly number[]): void {
  const w = world.writer;
  w.options = (octets.length + 3) & ~3;
  world.octets.fill(0, w.optionsAt, w.optionsAt + w.options);
  world.octets.set(octets, w.optionsAt);
}

/** Changes the packet written last, its IPv4 header checksum made right again. */
export function patchIp(world: World, offset: number, value: number): void {
  put16(world.octets, Memory.RECEIVE + offset, value);
  world.writer.ipChecksum();
}

export function counter(world: World, which: Counter): number {
  return Number(world.core.view.getBigUint64(Memory.COUNTERS + 8 * which, true));
}

/** Lets go of everything; answers what leaked, '' when nothing did. */
export function leaks(world: World): string {
  return tearDown(world, new Dice(1), POOLS);
}
