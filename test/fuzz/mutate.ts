/**
 * Segments of a connection with one thing, or everything, wrong: fields at the edges that matter,
 * options malformed in every way, text where it does not belong.
 *
 * Each function leaves a packet in the receive window and answers its octets. Nothing is allocated.
 */
import { Memory } from '../../host-web/abi.ts';
import type { Dice } from '../simulation/dice.ts';
import { aimed, ACK, FIN, PSH, RST, SYN, URG, usualOptions, writeTimestamps } from './peer.ts';
import { put16, put32 } from './wire.ts';
import { Aim, type World } from './world.ts';

const CONTROLS = [
  ACK,
  ACK,
  ACK,
  ACK,
  ACK,
  ACK,
  ACK | PSH,
  ACK | PSH,
  ACK | FIN,
  ACK | FIN | PSH,
  SYN,
  SYN | ACK,
  RST,
  RST | ACK,
  0,
  FIN,
  SYN | FIN,
  SYN | RST,
  0xff,
  ACK | URG,
  SYN | ACK | URG,
  FIN | RST | ACK,
] as const;
const WINDOWS = [0, 1, 2, 3, 100, 1_460, 0x7fff, 0x8000, 0xffff, 0xffff, 16_000, 16_000] as const;
const TEXTS = [0, 0, 0, 0, 1, 2, 7, 8, 100, 536, 1_219, 1_460, 2_900, 4_096] as const;
const URGENTS = [0, 1, 2, 100, 1_460, 0x7fff, 0xfffe, 0xffff] as const;
const EDGES = [0, 1, 2, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as const;

/** A sequence number of the peer's at an edge that matters. */
function pickSeq(world: World, r: Dice): number {
  const a = world.aim;
  const nxt = a[Aim.rcvNxt]!;
  switch (r.below(16)) {
    case 0:
      return nxt - 1;
    case 1:
      return nxt + 1;
    case 2:
    case 3:
      return nxt + r.below(a[Aim.rcvWnd]! + 1);
    case 4:
      return nxt + a[Aim.rcvWnd]! - r.below(3);
    case 5:
      return nxt + a[Aim.rcvWnd]! + r.below(3);
    case 6:
      return a[Aim.irs]! + r.below(3);
    case 7:
      return nxt - r.below(70_000);
    case 8:
      return nxt + 0x8000_0000 - r.below(3) + r.below(3);
    case 9:
      return r.chance(0.5) ? r.next() : r.pick(EDGES);
    default:
      return nxt;
  }
}

/** A sequence number of ours, as the peer might acknowledge or quote it. */
export function pickAck(world: World, r: Dice): number {
  const a = world.aim;
  switch (r.below(16)) {
    case 0:
      return a[Aim.una]! - 1;
    case 1:
      return a[Aim.nxt]! + 1 + r.below(3);
    case 2:
    case 3:
    case 4:
      return a[Aim.una]! + r.below(((a[Aim.nxt]! - a[Aim.una]!) >>> 0) + 1);
    case 5:
      return a[Aim.una]! - r.below(70_000);
    case 6:
      return a[Aim.iss]! + r.below(2);
    case 7:
      return a[Aim.nxt]! + 0x8000_0000 - r.below(3) + r.below(3);
    case 8:
      return r.chance(0.5) ? r.next() : r.pick(EDGES);
    case 9:
    case 10:
    case 11:
      return a[Aim.una]!;
    default:
      return a[Aim.nxt]!;
  }
}

/** A segment of the connection, valid but for some of its fields. */
export function mutatedSegment(world: World, r: Dice): number {
  const w = world.writer;
  aimed(world, ACK);
  if (r.chance(0.5)) w.seq = pickSeq(world, r) >>> 0;
  if (r.chance(0.6)) w.ack = pickAck(world, r) >>> 0;
  w.ctl = r.chance(0.4) ? ACK : r.chance(0.9) ? r.pick(CONTROLS) : r.below(256);
  // Most connections would be over at once if every tenth segment were a right RST.
  if (w.ctl & RST && w.seq === world.aim[Aim.rcvNxt] && r.chance(0.9)) w.ctl &= ~RST;
  if (r.chance(0.3)) w.wnd = r.chance(0.9) ? r.pick(WINDOWS) : r.below(0x1_0000);
  if (r.chance(0.1)) w.up = r.chance(0.9) ? r.pick(URGENTS) : r.below(0x1_0000);
  w.text = r.chance(0.5) ? 0 : r.chance(0.8) ? r.pick(TEXTS) : r.below(3_000);
  w.codepoint = r.below(4);
  if (r.chance(0.1)) w.ctl |= r.below(4) << 6;
  if (r.chance(0.3)) mutateOptions(world, r);
  if (r.chance(0.02)) w.destinationPort = r.chance(0.5) ? r.below(0x1_0000) : 0;
  const length = r.chance(0.05) ? spoiltSegment(world, r) : w.tcp();
  w.destinationPort = world.aim[Aim.localPort]!;
  return length;
}

/** Whether the packet in the receive window is a RST that must not be answered by one. */
export function isReset(world: World): boolean {
  const w = world.writer;
  return w.extension === 0 && (world.octets[w.at + 13]! & RST) !== 0;
}

/** A segment whose header was spoilt after it was written; its checksum is right again, mostly. */
function spoiltSegment(world: World, r: Dice): number {
  const w = world.writer;
  const o = world.octets;
  w.tcpHeader();
  w.fillText();
  const length = 20 + w.options + w.text;
  const flips = 1 + r.below(4);
  for (let i = 0; i < flips; i++) {
    const at = r.below(20 + w.options);
    // Ports decide who gets it at all: left alone most of the time.
    if (at >= 4 || r.chance(0.1))
      o[w.at + at] = r.chance(0.5) ? o[w.at + at]! ^ (1 << r.below(8)) : r.below(256);
  }
  if (r.chance(0.3)) o[w.at + 12] = r.below(16) << 4;
  world.isTainted = true;
  if (r.chance(0.9)) w.tcpChecksum(length);
  return w.ip(6, length);
}

// Options ------------------------------------------------------------------------

/** Other options than the usual ones: extremes, malformed, at random. */
function mutateOptions(world: World, r: Dice): void {
  const w = world.writer;
  switch (r.below(8)) {
    case 0:
      w.options = 0;
      return;
    case 1:
      w.options = oddTimestamps(world, r);
      return;
    case 2:
    case 3:
      usualOptions(world);
      w.options += sackOption(world, r, w.optionsAt + w.options);
      return;
    case 4:
      w.options = synKinds(world, r);
      return;
    case 5:
      w.options = 40;
      for (let i = 0; i < 40; i++) world.octets[w.optionsAt + i] = r.below(256);
      return;
    default:
      w.options = malformed(world, r);
  }
}

function oddTimestamps(world: World, r: Dice): number {
  const a = world.aim;
  const vals = a[Aim.peerTs]!;
  let val: number = r.pick(EDGES);
  const way = r.below(6);
  if (way === 0) val = vals - 1 - r.below(1_000);
  if (way === 1) val = vals + r.below(100_000);
  if (way === 2) val = vals + 0x8000_0000 - r.below(3) + r.below(3);
  if (way === 3) val = r.next();
  const ecr = r.chance(0.5) ? a[Aim.tsVal]! : r.chance(0.5) ? r.next() : r.pick(EDGES);
  const at = world.writer.optionsAt;
  // In odd places: behind a NOP more or less, so that the fast reading does not take them.
  const lead = r.below(4);
  for (let i = 0; i < lead; i++) world.octets[at + i] = 1;
  writeTimestamps(world, at + lead, val >>> 0, ecr);
  const length = lead + 12;
  for (let i = length; i & 3; i++) world.octets[at + i] = 0;
  return (length + 3) & ~3;
}

/**
 * A SACK option of one to four blocks: true, inverted, overlapping, below SND.UNA, above SND.NXT.
 */
function sackOption(world: World, r: Dice, at: number): number {
  const room = 40 - (at - world.writer.optionsAt);
  const blocks = Math.min(1 + r.below(4), (room - 4) >> 3);
  const o = world.octets;
  const a = world.aim;
  const flight = (a[Aim.nxt]! - a[Aim.una]!) >>> 0;
  put32(o, at, 0x0101_0500 | (2 + 8 * blocks));
  for (let i = 0; i < blocks; i++) {
    let left = a[Aim.una]! + r.below(flight + 2);
    let right = left + 1 + r.below(r.chance(0.5) ? 3 : flight + 1);
    const way = r.below(8);
    if (way === 0) [left, right] = [right, left];
    if (way === 1) left = right;
    if (way === 2) [left, right] = [a[Aim.una]! - r.below(2_000), a[Aim.una]! + r.below(3)];
    if (way === 3) right = a[Aim.nxt]! + r.below(3);
    if (way === 4) [left, right] = [r.next(), r.next()];
    put32(o, at + 4 + 8 * i, left);
    put32(o, at + 8 + 8 * i, right);
  }
  return 4 + 8 * blocks;
}

const MSSES = [0, 1, 47, 48, 63, 64, 88, 536, 1_220, 1_460, 9_000, 0xffff] as const;

/** Options of a SYN, whatever the segment is. */
function synKinds(world: World, r: Dice): number {
  const o = world.octets;
  const at = world.writer.optionsAt;
  put16(o, at, 0x0204);
  put16(o, at + 2, r.pick(MSSES));
  put32(o, at + 4, 0x0402_0303);
  o[at + 8] = r.chance(0.5) ? r.below(16) : r.below(256);
  o[at + 9] = 1;
  o[at + 10] = 1;
  o[at + 11] = 0;
  if (r.chance(0.5)) return 12;
  return 12 + writeTimestamps(world, at + 12, ++world.aim[Aim.peerTs]!, world.aim[Aim.tsVal]!);
}

const KINDS = [0, 1, 2, 3, 4, 5, 8, 19, 29, 30, 34, 253, 255] as const;

/** Options whose lengths lie: 0, 1, past the end, not the kind's own; or nothing but NOPs. */
function malformed(world: World, r: Dice): number {
  const o = world.octets;
  const at = world.writer.optionsAt;
  const length = 4 * (1 + r.below(10));
  o.fill(1, at, at + length);
  if (r.chance(0.1)) return length;
  let i = r.below(4);
  while (i + 1 < length) {
    o[at + i] = r.pick(KINDS);
    const says = r.below(12);
    o[at + i + 1] = r.chance(0.3) ? r.below(256) : says;
    i += Math.max(says, 1);
  }
  return length;
}

// Replays and noise ----------------------------------------------------------------

/** The last octets of the window as they are, at another length: truncated, or longer than sent. */
export function truncated(world: World, r: Dice): number {
  const length = world.writer.length;
  return r.chance(0.8) ? r.below(length + 1) : Math.min(length + r.below(100), Memory.PACKET_SIZE);
}

/** Octets without any sense, under a version that lets them in. */
export function noise(world: World, r: Dice): number {
  const o = world.octets;
  const length = r.chance(0.8) ? r.below(100) : r.below(1_600);
  for (let i = 0; i < length; i++) o[Memory.RECEIVE + i] = r.below(256);
  if (r.chance(0.8)) o[Memory.RECEIVE] = world.family.isV4 ? 0x40 | r.below(16) : 0x60;
  if (r.chance(0.5) && world.family.isV4) {
    put16(o, Memory.RECEIVE + 2, length);
    world.writer.ipChecksum();
  }
  return length;
}
