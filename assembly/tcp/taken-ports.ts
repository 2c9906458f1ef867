/**
 * Which ports towards a destination are taken: what makes a search for a free one (`ephemeral.ts`)
 * short when few are left, or none.
 *
 * A destination that many connections go to has a map, a bit for each ephemeral port. A set bit
 * says that the port can not be given: a connection, a SYN-queue entry or a TIME-WAIT record has
 * the tuple, or a listener the port. A clear one says nothing, so a map may begin empty at any time
 * and learns from what searches come upon; what is inserted and removed meanwhile keeps it true.
 * Therefore maps may be few: whichever knows of the fewest ports makes way. There is one for each
 * 2,048 connections and TIME-WAIT records, so one that knows of more never has to.
 *
 * ╒══════════════════ TakenPorts (3,648 octets) ══════════════════╕
 * │ link │ hash │ tuple, its local port 0 │ reuse │ Bitmap          │
 * └───────────────────────────────────────────────────────────────┘
 */
import { Setting } from '../abi';
import { FIRST_PORT, PORT_COUNT, portCount } from '../ip/ports';
import { setting } from '../limits';
import { RIPENING, TAKEN_PORTS_SIZE } from '../memory';
import { destinations, takenPorts } from '../pools';
import { Bitmap, clearBit, layBitmap, setBit } from '../store/bitmap';
import { give, itemAt, take } from '../store/pool';
import { erase, firstSlot, hashIn, insert, referenceIn } from '../store/table';
import { copyTuple, destinationHash, isSameDestination } from '../tuple';
import { TUPLE } from './tcb';

/** The index of a port among ours; beyond `portCount` when it is none of them. */
function indexOf(port: u32): u32 {
  const shares = setting(Setting.PORT_SHARES);
  const offset = port - FIRST_PORT - setting(Setting.PORT_SHARE);
  return offset % shares == 0 ? offset / shares : PORT_COUNT;
}

/** The map of a destination. */
@unmanaged
export class TakenPorts {
  /** While free: the next free map. */
  link: u32;
  hash: u32;
  /** The tuple, as the other records have it. */
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u16;
  remotePort: u16;
  /** tcp_tw_reuse as it was when the map began: which TIME-WAIT records count as taken. */
  reuse: u32;

  @inline get map(): Bitmap {
    return changetype<Bitmap>(changetype<usize>(this) + offsetof<TakenPorts>());
  }
}

/** Words of a bitmap of so many ports, and of its summary. */
const WORDS: u32 = (PORT_COUNT + 63) / 64;
const MAP_SIZE: u32 = 8 + 8 * (WORDS + (WORDS + 63) / 64);
if (offsetof<TakenPorts>() + MAP_SIZE > TAKEN_PORTS_SIZE) ERROR('TAKEN_PORTS_SIZE is too small');
if (offsetof<TakenPorts>('local0') != TUPLE) ERROR("its tuple stands where a TCB's does");

/** Whether any destination has a map. */
export function isAnyMapped(): bool {
  return destinations().used != 0;
}

/** The map of a tuple's destination; null when it has none. */
export function portsTowards(tuple: usize): TakenPorts | null {
  if (!isAnyMapped()) return null;
  const table = destinations();
  const hash = destinationHash(tuple);
  for (let slot = firstSlot(table, hash); referenceIn(table, slot) != 0; slot++) {
    if (hashIn(table, slot) != hash) continue;
    const ports = mapAt(referenceIn(table, slot));
    if (isSameDestination(tuple, changetype<usize>(ports) + TUPLE)) return ports;
  }
  return null;
}

/** Begins a map for a tuple's destination, which has none; it knows of no port yet. */
export function mapPorts(tuple: usize): TakenPorts {
  let index = take(takenPorts());
  if (index == 0) {
    forgetPorts(leastKnowing());
    index = take(takenPorts());
  }
  const ports = mapAt(index);
  copyTuple(changetype<usize>(ports) + TUPLE, tuple);
  ports.localPort = 0;
  ports.hash = destinationHash(tuple);
  ports.reuse = setting(Setting.TW_REUSE);
  layBitmap(ports.map, portCount());
  insert(destinations(), ports.hash, index);
  return ports;
}

/** Gives a map back. */
export function forgetPorts(ports: TakenPorts): void {
  const index = (<u32>changetype<usize>(ports) - takenPorts().base) / TAKEN_PORTS_SIZE;
  erase(destinations(), ports.hash, index);
  give(takenPorts(), index);
}

/** Gives all maps back: which ports are ours is another question now. */
export function forgetAllPorts(): void {
  for (let index: u32 = 1; index <= takenPorts().fresh; index++) {
    const ports = mapAt(index);
    if (portsTowards(changetype<usize>(ports) + TUPLE) == ports) forgetPorts(ports);
  }
}

/** The map that knows of the fewest ports; all there are, are in use. */
function leastKnowing(): TakenPorts {
  let least = mapAt(1);
  for (let index: u32 = 2; index <= takenPorts().fresh; index++) {
    if (mapAt(index).map.used < least.map.used) least = mapAt(index);
  }
  return least;
}

function mapAt(index: u32): TakenPorts {
  return changetype<TakenPorts>(itemAt(takenPorts(), index));
}

/** A tuple has a holder from now on. */
export function portTaken(tuple: usize): void {
  if (!isAnyMapped()) return;
  const port = portOf(tuple);
  if (port >= portCount()) return;
  const ports = portsTowards(tuple);
  if (ports != null) setBit(ports.map, port);
}

/** A tuple has no holder any more, or only one that gives it away. */
export function portFreed(tuple: usize): void {
  if (!isAnyMapped()) return;
  const port = portOf(tuple);
  if (port >= portCount()) return;
  const ports = portsTowards(tuple);
  if (ports == null) return;
  clearBit(ports.map, port);
  if (ports.map.used == 0) forgetPorts(ports);
}

/** A listener has gone: its port may be free towards everybody. */
export function portFreedByAll(port: u32): void {
  const own = indexOf(port);
  if (!isAnyMapped() || own >= portCount()) return;
  for (let index: u32 = 1; index <= takenPorts().fresh; index++) {
    if (mapAt(index).map.used != 0) clearBit(mapAt(index).map, own);
  }
}

/** A tuple's local port by its index among ours; beyond `portCount` when it is none of them. */
function portOf(tuple: usize): u32 {
  return indexOf(<u32>load<u16>(tuple, 32));
}

// TIME-WAIT records that may be reused after a while ------------------------------

/**
 * The oldest TIME-WAIT record, in the queue's order, whose port maps take to be taken although it
 * may have come to be given away (`mayReuse`) only because time has passed; 0 when there is none.
 */
export function oldestUnripe(): u32 {
  return load<u32>(RIPENING);
}

/** Goes on with a record of the queue, or with none. */
export function setOldestUnripe(index: u32): void {
  store<u32>(RIPENING, index);
}

/** A TIME-WAIT record has joined the queue's end. */
export function timeWaitBegan(index: u32): void {
  if (oldestUnripe() == 0 && isAnyMapped()) setOldestUnripe(index);
}

/** A TIME-WAIT record has left the queue before `next`. */
export function timeWaitEnded(index: u32, next: u32): void {
  if (oldestUnripe() == index) setOldestUnripe(next);
}
