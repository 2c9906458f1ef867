/**
 * Ephemeral ports (RFC 6056 §3.3.4, algorithm 4: double-hash port selection).
 *
 * Where a search begins depends on a keyed hash of both addresses and the remote port, so ports
 * towards one peer tell nothing about those towards another; a small table of counters keeps the
 * next search from walking over the last one's finds.
 */
import { PORT_COUNTERS, SCRATCH } from '../memory';
import { hash, Key } from '../random';
import { find, findListener, Holder, holderOf, indexIn } from './demux';
import { Tcb, TUPLE } from './tcb';
import { mayReuse } from './time-wait';

// DEVIATION: RFC 6056 §3.2a would begin at 1,024. Below 32,768 stand the ports of services that are
// started later; Linux keeps clear of them too, and what is left counts for each destination anew.
/** The range Linux uses: 28,232 ports. */
export const FIRST_PORT: u32 = 32_768;
export const PORT_COUNT: u32 = 28_232;

const COUNTERS: u32 = 256;

/**
 * Gives a connection with addresses and a remote port a local port; answers whether one is free.
 */
export function choosePort(tcb: Tcb): bool {
  tcb.localPort = 0;
  memory.copy(SCRATCH, changetype<usize>(tcb) + TUPLE, 36);
  store<u32>(SCRATCH + 36, 0);
  const offset = <u32>(hash(Key.PORT, SCRATCH, 5) % PORT_COUNT); // RFC 6056 §3.3
  const counter = PORT_COUNTERS + 4 * <usize>(hash(Key.PORT_STEP, SCRATCH, 5) % COUNTERS);
  for (let tries: u32 = 0; tries < PORT_COUNT; tries++) {
    const step = load<u32>(counter);
    store<u32>(counter, (step + 1) % PORT_COUNT); // RFC 6056 §3.3.4
    tcb.localPort = <u16>(FIRST_PORT + ((offset + step) % PORT_COUNT));
    if (isFree(tcb) && !hasListener(tcb)) return true; // RFC 6056 §3.1, §3.2b
  }
  tcb.localPort = 0;
  return false;
}

/** Whether nobody holds the tuple, or only a TIME-WAIT that may be reused. */
export function isFree(tcb: Tcb): bool {
  const reference = find(changetype<usize>(tcb) + TUPLE);
  if (reference == 0) return true;
  return holderOf(reference) == Holder.TIME_WAIT && mayReuse(indexIn(reference));
}

function hasListener(tcb: Tcb): bool {
  return findListener(tcb.local0, tcb.local1, tcb.localPort, 0) != null;
}
