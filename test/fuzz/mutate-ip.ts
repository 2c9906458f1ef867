/**
 * What lies beneath and beside TCP: malformed IP headers, fragments, extension headers, ICMP
 * errors.
 *
 * As in `mutate.ts`, each function leaves a packet in the receive window and answers its octets.
 */
import { Memory } from '../../host-web/abi.ts';
import type { Dice } from '../simulation/dice.ts';
import { mutatedSegment, pickAck } from './mutate.ts';
import { ACK, aimed } from './peer.ts';
import { ICMP, ICMPV6, put16, put32, TCP, UDP } from './wire.ts';
import { Aim, type World } from './world.ts';

const LENGTHS = [0, 1, 7, 8, 19, 20, 21, 39, 40, 41, 0x7fff, 0x8000, 0xfff8, 0xffff] as const;
const PROTOCOLS = [0, 1, 2, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 132, 135, 255] as const;

/** A good segment under an IP header with one field out of order. */
export function oddIp(world: World, r: Dice): number {
  mutatedSegment(world, r);
  world.isTainted = true;
  const length = world.writer.length;
  if (world.family.isV4) oddIpv4(world, r, length);
  else oddIpv6(world, r, length);
  return length;
}

function oddIpv4(world: World, r: Dice, length: number): void {
  const o = world.octets;
  const at = Memory.RECEIVE;
  switch (r.below(8)) {
    case 0:
      o[at] = 0x40 | r.below(16);
      break;
    case 1:
      o[at] = r.below(256);
      break;
    case 2:
      put16(o, at + 2, r.chance(0.5) ? r.pick(LENGTHS) : length - 2 + r.below(5));
      break;
    case 3:
      o[at + 9] = r.pick(PROTOCOLS);
      break;
    case 4:
      oddAddress4(world, r);
      break;
    case 5:
      o[at + 8] = r.below(2);
      break;
    case 6:
      put16(o, at + 6, r.below(0x1_0000));
      break;
    default:
      o[at + r.below(20)] = r.below(256);
  }
  if (r.chance(0.9)) world.writer.ipChecksum();
}

const ADDRESSES = [
  [0, 0, 0, 0],
  [255, 255, 255, 255],
  [127, 0, 0, 1],
  [224, 0, 0, 1],
  [10, 0, 0, 255],
  [10, 0, 0, 1],
  [10, 0, 0, 2],
  [10, 0, 0, 77],
  [192, 168, 1, 1],
  [240, 0, 0, 1],
  [10, 0, 0, 0],
] as const;

function oddAddress4(world: World, r: Dice): void {
  const at = Memory.RECEIVE + (r.chance(0.5) ? 12 : 16);
  const address = ADDRESSES[r.below(ADDRESSES.length)]!;
  for (let i = 0; i < 4; i++) world.octets[at + i] = address[i]!;
  if (r.chance(0.9)) world.writer.tcpChecksum(world.writer.length - 20);
}

function oddIpv6(world: World, r: Dice, length: number): void {
  const o = world.octets;
  const at = Memory.RECEIVE;
  switch (r.below(6)) {
    case 0:
      put16(o, at + 4, r.chance(0.5) ? r.pick(LENGTHS) : length - 42 + r.below(5));
      return;
    case 1:
      o[at + 6] = r.pick(PROTOCOLS);
      return;
    case 2:
      o[at + 7] = r.below(2);
      return;
    case 3:
      o.fill(0, at + 8, at + 24);
      o[at + 8] = r.chance(0.5) ? 0xff : 0;
      o[at + 23] = r.below(3);
      return;
    case 4:
      o[at + 24 + r.below(16)] ^= 1 << r.below(8);
      return;
    default:
      o[at + r.below(40)] = r.below(256);
  }
}

/** A source route option, seldom a wrong one, with so many hops or any number a header can hold. */
export function sourceRoute(r: Dice, pointer: number, hops = 1 + r.below(9)): number[] {
  const option = [r.chance(0.5) ? 131 : 137, 3 + 4 * hops, pointer];
  for (let i = 0; i < hops; i++) option.push(10, 0, 0, r.below(256));
  if (r.chance(0.1)) option[r.below(option.length)] = r.below(256);
  return option;
}

/** A segment behind IPv4 options or IPv6 extension headers, whose lengths may lie. */
export function extended(world: World, r: Dice): number {
  const w = world.writer;
  const o = world.octets;
  aimed(world, ACK, r.below(20));
  const units = 1 + r.below(5);
  if (world.family.isV4) {
    w.extension = 4 * units;
    for (let i = 0; i < w.extension; i++) {
      o[Memory.RECEIVE + 20 + i] = r.chance(0.5) ? 1 : r.below(256);
    }
    if (r.chance(0.5)) {
      const hops = r.below(units);
      o.set(sourceRoute(r, 4 + 4 * hops, hops), Memory.RECEIVE + 20);
    }
  } else {
    w.extension = 8 * units;
    w.firstHeader = writeExtensions(world, r, units);
  }
  // The options were written where the shorter header ended.
  w.options = 0;
  const length = w.tcp();
  w.extension = 0;
  return length;
}

const EXTENSIONS = [0, 43, 44, 59, 60] as const;

function writeExtensions(world: World, r: Dice, units: number): number {
  const o = world.octets;
  const first = r.pick(EXTENSIONS);
  let at = Memory.RECEIVE + 40;
  for (let left = units; left > 0; at += 8, left--) {
    o[at] = left === 1 ? (r.chance(0.8) ? TCP : r.pick(EXTENSIONS)) : r.pick(EXTENSIONS);
    o[at + 1] = r.chance(0.7) ? 0 : r.chance(0.5) ? r.below(3) : r.below(256);
    put16(o, at + 2, r.chance(0.5) ? 0 : r.below(0x1_0000));
    put32(o, at + 4, r.below(3));
  }
  return first;
}

/** A fragment: of a few datagrams, at offsets that overlap, leave gaps or reach beyond 65,535. */
export function fragment(world: World, r: Dice): number {
  const w = world.writer;
  const o = world.octets;
  world.isTainted = true;
  const big = r.chance(0.1);
  const length = 8 * (1 + r.below(big ? 100 : 4)) - (r.chance(0.1) ? 1 : 0);
  const offset = r.chance(0.9) ? r.below(big ? 200 : 8) : r.below(0x2000);
  const more = r.chance(0.6) ? 1 : 0;
  const identification = r.below(6);
  if (world.family.isV4) {
    w.extension = 0;
    for (let i = 0; i < length; i++) o[w.at + i] = r.below(256);
    w.ip(r.chance(0.5) ? TCP : UDP, length);
    put16(o, Memory.RECEIVE + 4, identification);
    put16(o, Memory.RECEIVE + 6, (more << 13) | offset);
    w.ipChecksum();
    return w.length;
  }
  w.extension = 8;
  w.firstHeader = 44;
  const at = Memory.RECEIVE + 40;
  o[at] = r.chance(0.5) ? TCP : r.pick(PROTOCOLS);
  o[at + 1] = r.below(256);
  put16(o, at + 2, (offset << 3) | more);
  put32(o, at + 4, identification);
  for (let i = 0; i < length; i++) o[w.at + i] = r.below(256);
  w.ip(TCP, length);
  w.extension = 0;
  return w.length;
}

// ICMP ---------------------------------------------------------------------------

const MTUS = [
  0, 1, 67, 68, 296, 551, 552, 576, 1_279, 1_280, 1_400, 1_499, 1_500, 9_000, 0xffff,
] as const;
const TYPES4 = [3, 3, 3, 3, 4, 5, 11, 12, 8, 0, 13, 17] as const;
const TYPES6 = [1, 2, 2, 3, 4, 128, 129, 133, 134, 135, 136, 0] as const;

/** An ICMP message: errors with right and wrong quotes, echoes, whatever else there is. */
export function icmp(world: World, r: Dice): number {
  const w = world.writer;
  const o = world.octets;
  const isV4 = world.family.isV4;
  w.extension = 0;
  const at = w.at;
  o[at] = r.chance(0.95) ? r.pick(isV4 ? TYPES4 : TYPES6) : r.below(256);
  o[at + 1] = r.chance(0.6) ? (isV4 ? 4 : 0) : r.below(16);
  put32(o, at + 4, r.chance(0.8) ? r.pick(MTUS) : r.next());
  let length = 8 + quote(world, r, at + 8);
  if (r.chance(0.2)) length = r.below(length + 1);
  const protocol = isV4 ? ICMP : ICMPV6;
  if (length >= 4 && r.chance(0.95)) w.checksum(protocol, length, 2);
  return w.ip(protocol, length);
}

/** The packet an error quotes: ours to the peer, with a sequence number that may be in flight. */
function quote(world: World, r: Dice, at: number): number {
  const o = world.octets;
  const f = world.family;
  const a = world.aim;
  const header = f.isV4 ? 20 : 40;
  o.fill(0, at, at + header + 20);
  if (f.isV4) {
    o[at] = r.chance(0.9) ? 0x45 : 0x40 | r.below(16);
    put16(o, at + 2, r.chance(0.9) ? 40 : r.pick(LENGTHS));
    o[at + 8] = 64;
    o[at + 9] = r.chance(0.9) ? TCP : r.pick(PROTOCOLS);
    o.set(f.local, at + 12);
    o.set(f.remote, at + 16);
  } else {
    o[at] = r.chance(0.9) ? 0x60 : r.below(256);
    put16(o, at + 4, r.chance(0.9) ? 20 : r.pick(LENGTHS));
    o[at + 6] = r.chance(0.9) ? TCP : r.pick(PROTOCOLS);
    o.set(f.local, at + 8);
    o.set(f.remote, at + 24);
  }
  put16(o, at + header, a[Aim.localPort]!);
  put16(o, at + header + 2, a[Aim.remotePort]!);
  put32(o, at + header + 4, pickAck(world, r));
  return header + 8 + r.below(20);
}
