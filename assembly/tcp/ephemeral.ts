/**
 * Ephemeral ports (RFC 6056 §3.3.4, algorithm 4: double-hash port selection).
 *
 * Where a search begins depends on a keyed hash of both addresses and the remote port, so ports
 * towards one peer tell nothing about those towards another; a small table of counters keeps the
 * next search from walking over the last one's finds. Where a destination's ports are many, a map
 * of those taken (`taken-ports.ts`) leads past them: the port found is the same that the RFC's
 * search would come to, and the counter goes on from there.
 */
import { Setting } from '../abi';
import { isLocal } from '../ip/address';
import { portAt, portCount } from '../ip/ports';
import { setting } from '../limits';
import { PORT_COUNTERS, SCRATCH } from '../memory';
import { hash, Key } from '../random';
import { nextClear, setBit } from '../store/bitmap';
import { millisNow } from '../time';
import { copyTuple, hashOf } from '../tuple';
import { find, findListener, Holder, holderOf, indexIn } from './demux';
import {
  forgetPorts,
  isAnyMapped,
  mapPorts,
  oldestUnripe,
  portFreed,
  portsTowards,
  setOldestUnripe,
  TakenPorts,
} from './taken-ports';
import { Tcb, TUPLE } from './tcb';
import { hasTimestamps, timeWaitAt } from './time-wait';

const COUNTERS: u32 = 256;

/** Ports a search looks at before its destination is given a map. */
const FEW: u32 = 8;
/** TIME-WAIT records that `ripen` looks at before a search. */
const BEFORE_SEARCH: u32 = 64;
/**
 * Milliseconds a TIME-WAIT record must have lasted to be reused: the clock of its timestamps ticks
 * once each.
 */
const REUSE_DELAY_MS: u32 = 1_000;

/**
 * Gives a connection with addresses and a remote port a local port; answers whether one is free.
 */
export function choosePort(tcb: Tcb): bool {
  tcb.localPort = 0;
  copyTuple(SCRATCH, changetype<usize>(tcb) + TUPLE);
  store<u32>(SCRATCH + 36, 0);
  // Two hashes in one: the remainder says where to begin, the quotient leads to the counter.
  const hashed = hash(Key.PORT, SCRATCH, 5);
  const offset = <u32>(hashed % portCount()); // RFC 6056 §3.3
  const counter = PORT_COUNTERS + 4 * <usize>((hashed / portCount()) % COUNTERS);
  const begin = load<u32>(counter);
  const passed = search(tcb, (offset + begin) % portCount());
  store<u32>(counter, (begin + passed) % portCount()); // RFC 6056 §3.3.4
  if (passed == 0) tcb.localPort = 0;
  return passed != 0;
}

/**
 * Looks for a free port from one on, round the whole range.
 *
 * @returns ports passed over and the one found; 0 when none is free
 */
function search(tcb: Tcb, begin: u32): u32 {
  const most = portCount();
  let ports = mapOf(tcb, begin);
  let passed: u32 = 0;
  for (let tries: u32 = 1; passed < most; tries++) {
    const from = (begin + passed) % most;
    const port = ports == null ? from : nextFree(ports, from);
    if (port == most) return 0;
    passed += (port - from + most) % most + 1;
    if (passed > most) return 0;
    tcb.localPort = <u16>portAt(port);
    if (isFree(tcb) && !hasListener(tcb)) return passed; // RFC 6056 §3.1, §3.2b
    if (ports == null && tries == FEW) ports = mapPorts(changetype<usize>(tcb) + TUPLE);
    if (ports != null && isTakenFor(tcb)) setBit(ports.map, port);
  }
  return 0;
}

/**
 * The map of a connection's destination, null when it has none. Towards one that many connections
 * go to, all of them might be found free at once until all ports are taken, so some searches, as
 * chance will have it, begin a map though they are short.
 */
function mapOf(tcb: Tcb, begin: u32): TakenPorts | null {
  const tuple = changetype<usize>(tcb) + TUPLE;
  const ports = portsTowards(tuple);
  if (ports == null) {
    return isSample(begin) ? mapPorts(tuple) : null;
  }
  if (ports.reuse == setting(Setting.TW_REUSE)) {
    return ripen(BEFORE_SEARCH) ? portsTowards(tuple) : ports;
  }
  // Which of its TIME-WAIT records count as taken is another question now.
  forgetPorts(ports);
  return mapPorts(tuple);
}

/** One search in 32, by where it begins, which nobody outside can know. */
function isSample(begin: u32): bool {
  return (begin * 0x9e37_79b1) >> 27 == 0;
}

/** The next port of a map that may be free; `portCount` when all are taken. */
function nextFree(ports: TakenPorts, from: u32): u32 {
  let port = nextClear(ports.map, from);
  while (port == ports.map.bits && ripen(1)) port = nextClear(ports.map, from);
  return port;
}

/**
 * Whether nobody holds a connection's tuple, whose hash it has from then on, or only a TIME-WAIT
 * that may be reused.
 */
export function isFree(tcb: Tcb): bool {
  const tuple = changetype<usize>(tcb) + TUPLE;
  tcb.hash = hashOf(tuple);
  const reference = find(tuple, tcb.hash);
  if (reference == 0) return true;
  return holderOf(reference) == Holder.TIME_WAIT && mayReuse(indexIn(reference));
}

/**
 * Whether an active OPEN may take the tuple of a TIME-WAIT record (tcp_tw_reuse, RFC 6191): only
 * where timestamps tell the incarnations apart, and not before their clock has surely ticked.
 */
function mayReuse(index: u32): bool {
  return isReusable(index) && isRipe(index);
}

/** Whether it may once the record has lasted for a while. */
function isReusable(index: u32): bool {
  const record = timeWaitAt(index);
  const mode = setting(Setting.TW_REUSE);
  if (mode == 0 || !hasTimestamps(record)) return false;
  return mode != 2 || isLocal(record.remote0, record.remote1);
}

/** Whether the record has lasted for so long. */
function isRipe(index: u32): bool {
  return millisNow() - timeWaitAt(index).sinceMs >= REUSE_DELAY_MS;
}

/** Whether a port that is not free stays so until its holder goes, however much time passes. */
function isTakenFor(tcb: Tcb): bool {
  const reference = find(changetype<usize>(tcb) + TUPLE, tcb.hash);
  return holderOf(reference) != Holder.TIME_WAIT || !isReusable(indexIn(reference));
}

function hasListener(tcb: Tcb): bool {
  return findListener(tcb.local0, tcb.local1, tcb.localPort, 0) != null;
}

/**
 * Lets maps know of TIME-WAIT records whose ports may be given away by now, at most so many;
 * answers whether it has looked at any.
 */
export function ripen(most: u32): bool {
  if (!isAnyMapped()) setOldestUnripe(0);
  let index = oldestUnripe();
  let left = most;
  for (; index != 0 && left != 0 && isRipe(index); left--) {
    if (isReusable(index)) portFreed(changetype<usize>(timeWaitAt(index)) + TUPLE);
    index = timeWaitAt(index).next;
  }
  setOldestUnripe(index);
  return left != most;
}
