/**
 * Orphans: connections whose user has let go while something of theirs is still on its way (Linux's
 * tcp_max_orphans and tcp_orphan_retries).
 *
 * Nobody waits for them, so they are tried for less long than R2, and there are only so many. Where
 * there would be more, or others find no TCB or no page, the one whose peer has been silent longest
 * is given up: the longest among a few, for each newcomer may begin a search.
 */
import { Counter, Reason, Result, Setting, State } from '../abi';
import { count } from '../counters';
import { setting } from '../limits';
import { ORPHANS } from '../memory';
import { tcbs } from '../pools';
import { Instant, MILLISECOND, now } from '../time';
import { deleteTcb, newTcb, orphans } from './lifecycle';
import { resetConnection } from './reply';
import { MAX_RTO } from './loss/rto';
import { Flag, has, Tcb, tcbAt } from './tcb';

/** Tries of an orphan for which tcp_orphan_retries says nothing: R2 is then 100 s (SHLD-11). */
const TRIES: u32 = 8;
/** The first pause of those tries; each that follows is twice as long, up to the largest RTO. */
const FIRST_PAUSE: Instant = 200 * MILLISECOND;
/** Doublings of it until there. */
const DOUBLINGS: u32 = 8;
/** TCBs a search looks at. */
const LOOKS: u32 = 64;

/**
 * How often what an orphan has sent is sent again.
 *
 * @param isAlive whether its pauses still grow; once they do not, ICMP's word ends it
 */
export function orphanTries(tcb: Tcb, isAlive: bool): u32 {
  if (!isAlive && tcb.softError == Result.HOST_UNREACHABLE) return 0;
  const tries = setting(Setting.ORPHAN_RETRIES);
  return tries == 0 && isAlive ? TRIES : tries;
}

/** How long so many tries take where RTO is 200 ms: 102.2 seconds for eight. */
export function timeOfTries(tries: u32): Instant {
  const doubled = min(tries, DOUBLINGS);
  return FIRST_PAUSE * ((2 << doubled) - 1) + <Instant>(tries - doubled) * MAX_RTO;
}

/** The time without progress after which an orphan is given up, however its probes are answered. */
export function longestOrphan(): Instant {
  return timeOfTries(TRIES);
}

/**
 * Whether an orphan that has had no answer in time is too many by now: at half of tcp_max_orphans
 * one that ICMP calls unreachable is, or one that has not sent for long.
 */
export function isTooMany(tcb: Tcb): bool {
  if (!has(tcb, Flag.RELEASED)) return false;
  const isUnreachable: u32 = tcb.softError == Result.HOST_UNREACHABLE ? 1 : 0;
  const isQuiet: u32 = now() - tcb.rtt.sentAt > 2 * <Instant>MAX_RTO ? 1 : 0;
  return orphans() << (isUnreachable + isQuiet) > setting(Setting.MAX_ORPHANS);
}

/** Ends an orphan before its time. In FIN-WAIT-2 its peer has everything, and is told nothing. */
export function giveUp(tcb: Tcb): void {
  count(Counter.TcpExtTCPAbortOnMemory);
  if (tcb.state != State.FIN_WAIT_2) resetConnection(tcb);
  deleteTcb(tcb, Result.CONNECTION_ABORTED, Reason.ORPHAN_GIVEN_UP);
}

/** Keeps orphans as few as tcp_max_orphans says, after one more has joined them. */
export function boundOrphans(newcomer: Tcb): void {
  if (orphans() <= setting(Setting.MAX_ORPHANS)) return;
  if (!giveUpSilent(false)) giveUp(newcomer);
}

/** A TCB as `newTcb` makes it; where none is left, that of a silent orphan. */
export function claimTcb(): Tcb | null {
  const tcb = newTcb();
  return tcb == null && giveUpSilent(false) ? newTcb() : tcb;
}

/** Gives up a silent orphan that holds pages; answers whether there was one. */
export function reclaimPages(): bool {
  return giveUpSilent(true);
}

function giveUpSilent(holdsPages: bool): bool {
  if (orphans() == 0) return false;
  const silent = longestSilent(holdsPages);
  if (silent == null) return false;
  giveUp(silent);
  return true;
}

/**
 * Of the next TCBs the orphan that has had no progress for longest: its peer has left a timeout or
 * a probe without, or has everything and keeps its own FIN back. Null when none is there.
 */
function longestSilent(holdsPages: bool): Tcb | null {
  const all = tcbs().fresh;
  let at = load<u32>(ORPHANS, 4);
  let found: Tcb | null = null;
  for (let looks = min(all, LOOKS); looks != 0; looks--) {
    at = at < all ? at + 1 : 1;
    const tcb = tcbAt(at);
    if ((tcb.flags & (Flag.IN_USE | Flag.RELEASED)) != (Flag.IN_USE | Flag.RELEASED)) continue;
    if (tcb.state != State.FIN_WAIT_2 && tcb.rtt.count == 0) continue;
    if (holdsPages && tcb.outgoing.pages == 0) continue;
    if (found == null || tcb.rtt.stalledAt < found.rtt.stalledAt) found = tcb;
  }
  store<u32>(ORPHANS, at, 4);
  return found;
}
