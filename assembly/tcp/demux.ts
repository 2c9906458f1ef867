/**
 * Demultiplexing: from a segment's sockets to who holds them (RFC 9293 §3.3.1, §3.10.7).
 *
 * The exact tuple first, then a listener: of the exact local address before any address.
 * Connections and SYN-queue entries share a table of 4-tuples; TIME-WAIT records, of which there
 * may be many more, have another, so that theirs do not spread what is asked for at each packet
 * over mebibytes. The upper two bits of a reference tell whose it is. Hashing is keyed
 * (`random.ts`), so nobody can choose tuples that collide.
 */
import { Setting, State } from '../abi';
import { fitness, isLocal } from '../ip/address';
import { portHash } from '../ip/ports';
import { setting } from '../limits';
import { ports, synEntries, tcbs, timeWaits, timeWaitTuples, tuples } from '../pools';
import { itemAt } from '../store/pool';
import { erase, firstSlot, hashIn, insert, referenceIn, Table } from '../store/table';
import { hashOf, isSameTuple } from '../tuple';
import { LATEST_FOUND } from '../memory';
import { fetchTcb } from './fetch';
import { Segment } from './segment';
import { portFreed, portFreedByAll, portTaken } from './taken-ports';
import { Flag, lower, Passive, raise, Tcb, tcbAt, TUPLE } from './tcb';

/** Whose reference it is, in its upper two bits. */
export enum Holder {
  NOBODY = 0,
  CONNECTION = 1,
  SYN_ENTRY = 2,
  TIME_WAIT = 3,
}

const INDEX_MASK: u32 = 0x3fff_ffff;

/** Whose a reference is. */
export function holderOf(reference: u32): Holder {
  return reference >> 30;
}

/** The index a reference names in its holder's pool. */
export function indexIn(reference: u32): u32 {
  return reference & INDEX_MASK;
}

function referenceTo(holder: Holder, index: u32): u32 {
  return ((<u32>holder) << 30) | index;
}

/** Where the record of a reference begins; its tuple lies TUPLE behind. */
function recordOf(holder: Holder, index: u32): usize {
  if (holder == Holder.CONNECTION) return itemAt(tcbs(), index);
  return itemAt(holder == Holder.SYN_ENTRY ? synEntries() : timeWaits(), index);
}

function tableOf(holder: Holder): Table {
  return holder == Holder.TIME_WAIT ? timeWaitTuples() : tuples();
}

/** Finds who holds a tuple of that hash; answers a reference, 0 when nobody does. */
export function find(tuple: usize, hash: u32): u32 {
  const reference = search(tuples(), hash, tuple);
  if (reference == 0) return search(timeWaitTuples(), hash, tuple);
  if (holderOf(reference) == Holder.CONNECTION) {
    store<u32>(LATEST_FOUND, reference);
    fetchTcb(indexIn(reference));
  }
  return reference;
}

function search(table: Table, hash: u32, tuple: usize): u32 {
  let slot = firstSlot(table, hash);
  while (true) {
    const reference = referenceIn(table, slot);
    if (reference == 0) return 0;
    if (hashIn(table, slot) == hash) {
      const record = recordOf(holderOf(reference), indexIn(reference));
      if (isSameTuple(tuple, record + TUPLE)) return reference;
    }
    slot++;
  }
}

/**
 * Finds who holds the tuple of a segment, whose hash is known from then on.
 *
 * Segments come in trains: the connection that was found last is asked first, which costs one
 * comparison and spares the hash.
 */
export function findSegment(seg: Segment): u32 {
  const tuple = changetype<usize>(seg) + TUPLE;
  const latest = load<u32>(LATEST_FOUND);
  if (latest != 0 && isSameTuple(tuple, itemAt(tcbs(), indexIn(latest)) + TUPLE)) return latest;
  seg.hash = hashOf(tuple);
  return find(tuple, seg.hash);
}

/** Enters a record of the tuple table; its tuple must not be held. */
export function insertTuple(holder: Holder, index: u32, hash: u32): void {
  insert(tableOf(holder), hash, referenceTo(holder, index));
  portTaken(recordOf(holder, index) + TUPLE);
}

/** Takes a record out of the tuple table. */
export function removeTuple(holder: Holder, index: u32, hash: u32): void {
  store<u32>(LATEST_FOUND, 0);
  erase(tableOf(holder), hash, referenceTo(holder, index));
  portFreed(recordOf(holder, index) + TUPLE);
}

/** Enters a connection under its tuple, whose hash it has. */
export function insertTcb(tcb: Tcb): void {
  insertTuple(Holder.CONNECTION, tcb.index, tcb.hash);
  raise(tcb, Flag.FOUND);
}

/** Takes a connection out of the table it is in, if it is in one. */
export function removeTcb(tcb: Tcb): void {
  if ((tcb.flags & Flag.FOUND) == 0) return;
  lower(tcb, Flag.FOUND);
  if (tcb.state != State.LISTEN) {
    removeTuple(Holder.CONNECTION, tcb.index, tcb.hash);
    return;
  }
  erase(ports(), portHash(tcb.localPort), tcb.index);
  portFreedByAll(tcb.localPort);
}

/** Enters a listener under its port. */
export function insertListener(tcb: Tcb): void {
  insert(ports(), portHash(tcb.localPort), tcb.index);
  raise(tcb, Flag.FOUND);
}

/**
 * Whether a listener takes what comes for (a0, a1), and how exactly: 0 not.
 *
 * @param isForeign whether that address is none of ours
 */
function fitnessOf(listener: Tcb, a0: u64, a1: u64, isForeign: bool): u32 {
  if (isForeign && (listener.passive & Passive.ANY_DESTINATION) == 0) return 0;
  const isIpv6Only = (listener.passive & Passive.IPV6_ONLY) != 0;
  return fitness(listener.local0, listener.local1, isIpv6Only, a0, a1);
}

/**
 * The listener for a local socket; null when there is none.
 *
 * @param share chooses among listeners that share the socket (SO_REUSEPORT): a keyed hash, the same
 *   for all segments of a tuple
 */
export function findListener(a0: u64, a1: u64, port: u32, share: u32): Tcb | null {
  const isForeign = setting(Setting.ANY_DESTINATION) != 0 && !isLocal(a0, a1);
  const table = ports();
  const hash = portHash(port);
  let best: Tcb | null = null;
  let bestFitness: u32 = 0;
  let bestShare: u32 = 0;
  for (let slot = firstSlot(table, hash); referenceIn(table, slot) != 0; slot++) {
    if (hashIn(table, slot) != hash) continue;
    const listener = tcbAt(referenceIn(table, slot));
    if (listener.localPort != port) continue;
    const fit = fitnessOf(listener, a0, a1, isForeign);
    if (fit == 0 || fit < bestFitness) continue;
    // Highest random weight: a listener that comes or goes moves no tuple of the others.
    const weight = (share ^ listener.flowLabel) * 0x9e37_79b1;
    if (fit == bestFitness && weight < bestShare) continue;
    best = listener;
    bestFitness = fit;
    bestShare = weight;
  }
  return best;
}

/** The listener for a segment whose tuple nobody holds: of its port before any port. */
export function listenerFor(seg: Segment): Tcb | null {
  const listener = findListener(seg.local0, seg.local1, seg.localPort, seg.hash);
  return listener != null ? listener : findListener(seg.local0, seg.local1, 0, seg.hash);
}

/** Whether a listener stands at exactly that local socket, and does not share it. */
export function isTaken(newcomer: Tcb): bool {
  const table = ports();
  const hash = portHash(newcomer.localPort);
  for (let slot = firstSlot(table, hash); referenceIn(table, slot) != 0; slot++) {
    if (hashIn(table, slot) != hash) continue;
    const listener = tcbAt(referenceIn(table, slot));
    const isThere =
      listener.localPort == newcomer.localPort &&
      listener.local0 == newcomer.local0 &&
      listener.local1 == newcomer.local1;
    if (isThere && (listener.flags & newcomer.flags & Flag.REUSE_PORT) == 0) return true;
  }
  return false;
}
