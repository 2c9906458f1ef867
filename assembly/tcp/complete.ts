/** From SYN-queue entry to TCB: what a handshake has agreed on is a connection in SYN-RECEIVED. */
import { Counter } from '../abi';
import { count } from '../counters';
import { timers } from '../pools';
import { beginChain, Chain } from '../store/chain';
import { momentOf } from '../store/heap';
import { now } from '../time';
import { copyTuple } from '../tuple';
import { beginTuning } from './autotune';
import { SynEntry, ownerOf, receiveNext, receiveWindow } from './syn-entry';
import { flowLabel } from './isn';
import { inheritOptions } from './lifecycle';
import { NEGOTIABLE, takeOptions } from './negotiate';
import { claimTcb } from './orphans';
import { INITIAL_RTO, SYN_LOST_RTO } from './loss/rto';
import { Flag, Tcb, tcbAt, TUPLE } from './tcb';
import { mayBegin } from './time-wait';
import { setRecent } from './timestamps';

/** Makes a TCB of an entry; null when there is none left, or one more may not begin. */
export function complete(entry: SynEntry): Tcb | null {
  const listener = tcbAt(entry.listener);
  const tcb = mayBegin(1) ? claimTcb() : null;
  if (tcb == null) {
    count(Counter.TcpExtListenDrops);
    return null;
  }
  inheritOptions(tcb, listener);
  const tuple = changetype<usize>(tcb) + TUPLE;
  copyTuple(tuple, changetype<usize>(entry) + TUPLE);
  tcb.listener = listener.index;
  tcb.flowLabel = flowLabel(tuple);
  tcb.flags |= (entry.flags & NEGOTIABLE) | Flag.SYN_UNACKED;
  tcb.synCount = entry.retries;

  const snd = tcb.snd;
  snd.iss = snd.una = snd.up = entry.iss;
  snd.nxt = snd.end = entry.iss + 1;
  snd.wnd = snd.maxWnd = entry.wnd;
  snd.wl1 = entry.irs;
  snd.wl2 = entry.iss;
  tcb.cc.recoveryPoint = entry.iss;
  beginChain(tcb.outgoing, snd.end);

  const rcv = tcb.rcv;
  rcv.irs = entry.irs;
  rcv.nxt = rcv.lastAckSent = receiveNext(entry);
  rcv.up = entry.irs + max<u32>(entry.urgent, 1);
  rcv.buffer = entry.buffer;
  rcv.wnd = receiveWindow(entry);
  rcv.shift = entry.ownShift;
  rcv.total = entry.keptLength;
  memory.copy(changetype<usize>(tcb.incoming), changetype<usize>(entry.kept), offsetof<Chain>());
  beginChain(entry.kept, 0);
  tcb.sourceRoute = entry.sourceRoute;
  entry.sourceRoute = 0;
  takeOptions(tcb, entry.mss, entry.shift);
  beginTuning(tcb);
  tcb.ts.offset = entry.tsOffset;
  if (entry.flags & Flag.TIMESTAMPS) setRecent(tcb, entry.tsRecent);
  if (entry.retries > 0) tcb.rtt.rto = SYN_LOST_RTO;
  tcb.rtt.stalledAt = now();
  timeHandshake(tcb, entry);
  return tcb;
}

/**
 * Times the handshake from our SYN,ACK on, as SYN-SENT does from its SYN; not when the SYN,ACK went
 * out twice (Karn's rule). A cookie's was not remembered.
 */
function timeHandshake(tcb: Tcb, entry: SynEntry): void {
  if (entry.index == 0 || entry.retries != 0 || entry.isUntimed) return;
  tcb.rtt.timedSeq = entry.iss;
  // The entry's timer has run since then.
  tcb.rtt.timedAt = momentOf(timers(), ownerOf(entry)) - INITIAL_RTO;
}
