/**
 * The peer of a fuzzed core: a well-behaved TCP's segments, as numbers in the writer's fields.
 */
import { put16, put32 } from './wire.ts';
import { Aim, type World } from './world.ts';

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
export const ECE = 64;
export const CWR = 128;

/** Bits of what both sides agreed on, as STATUS.flags has them. */
export const TIMESTAMPS = 1;
export const SACK = 2;
export const SCALING = 4;
export const ECN = 64;

/** Octets of the timestamps option with its padding. */
const TIMESTAMPS_LENGTH = 12;

/** Writes the timestamps a well-behaved peer would send; its clock ticks with each segment. */
export function writeTimestamps(world: World, at: number, val: number, ecr: number): number {
  const o = world.octets;
  put32(o, at, 0x0101_080a);
  put32(o, at + 4, val);
  put32(o, at + 8, ecr);
  return TIMESTAMPS_LENGTH;
}

/** The options of every segment but a SYN. */
export function usualOptions(world: World): void {
  const w = world.writer;
  w.options = 0;
  if ((world.aim[Aim.flags]! & TIMESTAMPS) === 0) return;
  const val = ++world.aim[Aim.peerTs]!;
  w.options = writeTimestamps(world, w.optionsAt, val, world.aim[Aim.tsVal]!);
}

/** The options of a SYN that offers what `flags` say. */
export function synOptions(world: World, flags: number, mss = 1460): void {
  const o = world.octets;
  const w = world.writer;
  let at = w.optionsAt;
  put16(o, at, 0x0204);
  put16(o, at + 2, mss);
  at += 4;
  if (flags & SACK) {
    put32(o, at, 0x0101_0402);
    at += 4;
  }
  if (flags & TIMESTAMPS) {
    at += writeTimestamps(world, at, ++world.aim[Aim.peerTs]!, world.aim[Aim.tsVal]!);
  }
  if (flags & SCALING) {
    put32(o, at, 0x0103_0302);
    at += 4;
  }
  w.options = at - w.optionsAt;
}

/** Adds a SACK option behind what is there. */
export function addSack(world: World, blocks: readonly (readonly [number, number])[]): void {
  const o = world.octets;
  const w = world.writer;
  const at = w.optionsAt + w.options;
  put32(o, at, 0x0101_0500 | (2 + 8 * blocks.length));
  for (const [i, [left, right]] of blocks.entries()) {
    put32(o, at + 4 + 8 * i, left);
    put32(o, at + 8 + 8 * i, right);
  }
  w.options += 4 + 8 * blocks.length;
}

/** A segment as the peer would send it now: next in order, everything acknowledged. */
export function aimed(world: World, ctl: number, text = 0): void {
  const w = world.writer;
  const a = world.aim;
  w.extension = w.codepoint = 0;
  w.seq = a[Aim.rcvNxt]!;
  w.ack = ctl & ACK ? a[Aim.nxt]! : 0;
  w.ctl = ctl;
  w.wnd = 16_000;
  w.up = 0;
  w.text = text;
  usualOptions(world);
}

/** Sends such a segment, and takes what it brings about. */
export function sendAimed(world: World, ctl: number, text = 0): void {
  aimed(world, ctl, text);
  world.segment();
  world.settle();
}
