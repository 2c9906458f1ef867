/**
 * Demultiplexing: from a datagram's sockets to who takes it (RFC 768, RFC 1122 §4.1.3.5).
 *
 * The exact tuple first, which a connected endpoint has; then those that are connected to nobody,
 * by port: of the exact local address before any address. Each kind has a table of its own, so that
 * many that are connected from one port do not stand in the way of who is not. How many hold a port
 * is counted beside, for who looks for a free one.
 *
 * Sharing is Linux's: with SO_REUSEPORT a keyed hash deals out the datagrams, with SO_REUSEADDR the
 * endpoint bound last has them.
 */
import { fitness } from '../ip/address';
import { portHash } from '../ip/ports';
import { udpEndpoints, udpPortHolders, udpPorts, udpTuples } from '../pools';
import { erase, firstSlot, hashIn, insert, referenceIn } from '../store/table';
import { itemAt } from '../store/pool';
import { hashOf, isSameTuple } from '../tuple';
import { isIpv4, isUnspecified } from '../wire/address';
import { endpointAt, indexOf, isTrue, TUPLE, UdpEndpoint, UdpFlag } from './endpoint';

/** How many endpoints hold a port. */
export function holdersOf(port: u32): u32 {
  return load<u16>(itemAt(udpPortHolders(), port));
}

function countHolder(port: u32, change: u32): void {
  store<u16>(itemAt(udpPortHolders(), port), <u16>(holdersOf(port) + change));
}

/** Enters an endpoint under its tuple, if it is connected, or else under its port. */
export function enterEndpoint(endpoint: UdpEndpoint): void {
  countHolder(endpoint.localPort, 1);
  if (!isTrue(endpoint, UdpFlag.CONNECTED)) {
    insert(udpPorts(), portHash(endpoint.localPort), indexOf(endpoint));
    return;
  }
  endpoint.hash = hashOf(changetype<usize>(endpoint) + TUPLE);
  insert(udpTuples(), endpoint.hash, indexOf(endpoint));
}

/** Takes an endpoint out of the table it is in. */
export function removeEndpoint(endpoint: UdpEndpoint): void {
  countHolder(endpoint.localPort, <u32>-1);
  if (isTrue(endpoint, UdpFlag.CONNECTED)) {
    erase(udpTuples(), endpoint.hash, indexOf(endpoint));
  } else {
    erase(udpPorts(), portHash(endpoint.localPort), indexOf(endpoint));
  }
}

/**
 * The connected endpoint of a tuple; null when there is none. Several can have the same where their
 * addresses are shared (SO_REUSEADDR): the latest has it.
 */
export function findConnected(tuple: usize): UdpEndpoint | null {
  const table = udpTuples();
  if (table.used == 0) return null;
  const hash = hashOf(tuple);
  let best: UdpEndpoint | null = null;
  for (let slot = firstSlot(table, hash); referenceIn(table, slot) != 0; slot++) {
    if (hashIn(table, slot) != hash) continue;
    const endpoint = endpointAt(referenceIn(table, slot));
    if (!isSameTuple(tuple, changetype<usize>(endpoint) + TUPLE)) continue;
    if (best == null || endpoint.order > best.order) best = endpoint;
  }
  return best;
}

/** Whether an endpoint takes what comes for (a0, a1), and how exactly: 0 not. */
export function fitnessOf(endpoint: UdpEndpoint, a0: u64, a1: u64): u32 {
  const isIpv6Only = isTrue(endpoint, UdpFlag.IPV6_ONLY);
  return fitness(endpoint.local0, endpoint.local1, isIpv6Only, a0, a1);
}

/**
 * The endpoint that is connected to nobody and takes what comes with a tuple; null when there is
 * none.
 */
export function findBound(tuple: usize): UdpEndpoint | null {
  const a0 = load<u64>(tuple);
  const a1 = load<u64>(tuple, 8);
  const port = <u32>load<u16>(tuple, 32);
  const table = udpPorts();
  const hash = portHash(port);
  let best: UdpEndpoint | null = null;
  let bestFitness: u32 = 0;
  let bestWeight: u32 = 0;
  for (let slot = firstSlot(table, hash); referenceIn(table, slot) != 0; slot++) {
    if (hashIn(table, slot) != hash) continue;
    const endpoint = endpointAt(referenceIn(table, slot));
    if (endpoint.localPort != port) continue;
    const fit = fitnessOf(endpoint, a0, a1);
    if (fit == 0 || fit < bestFitness) continue;
    // Highest random weight: one that comes or goes moves no datagrams between the others.
    const isShared = isTrue(endpoint, UdpFlag.REUSE_PORT);
    const weight = isShared ? (hashOf(tuple) ^ endpoint.order) * 0x9e37_79b1 : endpoint.order;
    if (fit == bestFitness && weight < bestWeight) continue;
    best = endpoint;
    bestFitness = fit;
    bestWeight = weight;
  }
  return best;
}

/** The next slot at which an endpoint with that port stands, of those connected to nobody. */
export function nextHolder(port: u32, from: u32): u32 {
  const table = udpPorts();
  const hash = portHash(port);
  let slot = from;
  while (referenceIn(table, slot) != 0) {
    if (hashIn(table, slot) == hash && holderIn(slot).localPort == port) return slot;
    slot++;
  }
  return NO_SLOT;
}

/** What `nextHolder` answers when there is none. */
export const NO_SLOT: u32 = 0xffff_ffff;

/** The slot where a walk over the holders of a port begins. */
export function firstHolder(port: u32): u32 {
  return nextHolder(port, firstSlot(udpPorts(), portHash(port)));
}

/** The endpoint in a slot. */
export function holderIn(slot: u32): UdpEndpoint {
  return endpointAt(referenceIn(udpPorts(), slot));
}

/**
 * Whether an endpoint may not be bound to a local socket: another holds it, or part of it, and does
 * not share it with the newcomer.
 */
export function isTaken(newcomer: UdpEndpoint, a0: u64, a1: u64, port: u32): bool {
  if (holdersOf(port) == 0) return false;
  // Connected ones are in no table by port; to be bound is seldom, and they may be few.
  for (let index: u32 = 1; index <= udpEndpoints().fresh; index++) {
    const other = endpointAt(index);
    if (!isTrue(other, UdpFlag.BOUND) || other.localPort != port || other == newcomer) continue;
    const both = other.flags & newcomer.flags;
    if ((both & (UdpFlag.REUSE_ADDRESS | UdpFlag.REUSE_PORT)) != 0) continue;
    if (overlaps(newcomer, a0, a1, other)) return true;
  }
  return false;
}

/** Whether there is a local address that a newcomer at (a0, a1) and another would both take. */
function overlaps(newcomer: UdpEndpoint, a0: u64, a1: u64, other: UdpEndpoint): bool {
  const b0 = other.local0;
  const b1 = other.local1;
  if (a0 == b0 && a1 == b1) return true;
  const isAnyA = isUnspecified(a0, a1);
  const isAnyB = isUnspecified(b0, b1);
  if (!isAnyA && !isAnyB) return false;
  const isIpv4A = isIpv4(a0, a1);
  const isIpv4B = isIpv4(b0, b1);
  if (isIpv4A == isIpv4B) return true;
  // One is IPv4's, and the other takes it as well, if it is :: of both families.
  return isIpv4A
    ? isAnyB && !isTrue(other, UdpFlag.IPV6_ONLY)
    : isAnyA && !isTrue(newcomer, UdpFlag.IPV6_ONLY);
}
