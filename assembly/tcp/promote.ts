/** From child to TCB: what the handshake has agreed on becomes a connection in SYN-RECEIVED. */
import { Counter } from '../abi';
import { count } from '../counters';
import { timers } from '../pools';
import { beginChain, Chain } from '../store/chain';
import { momentOf } from '../store/heap';
import { now } from '../time';
import { beginTuning } from './autotune';
import { Child, ownerOf, receiveNext, receiveWindow } from './child';
import { flowLabel } from './isn';
import { inheritOptions } from './lifecycle';
import { NEGOTIABLE, takeOptions } from './negotiate';
import { claimTcb } from './orphans';
import { INITIAL_RTO, SYN_LOST_RTO } from './rto';
import { Flag, Tcb, tcbAt, TUPLE } from './tcb';
import { mayBegin } from './time-wait';
import { setRecent } from './timestamps';

/** Makes a TCB of a child; null when there is none left, or one more may not begin. */
export function promote(child: Child): Tcb | null {
  const listener = tcbAt(child.listener);
  const tcb = mayBegin(1) ? claimTcb() : null;
  if (tcb == null) {
    count(Counter.TcpExtListenDrops);
    return null;
  }
  inheritOptions(tcb, listener);
  const tuple = changetype<usize>(tcb) + TUPLE;
  memory.copy(tuple, changetype<usize>(child) + TUPLE, 36);
  tcb.listener = listener.index;
  tcb.flowLabel = flowLabel(tuple);
  tcb.flags |= (child.flags & NEGOTIABLE) | Flag.SYN_UNACKED;
  tcb.synCount = child.retries;

  const snd = tcb.snd;
  snd.iss = snd.una = snd.up = child.iss;
  snd.nxt = snd.end = child.iss + 1;
  snd.wnd = snd.maxWnd = child.wnd;
  snd.wl1 = child.irs;
  snd.wl2 = child.iss;
  tcb.cc.point = child.iss;
  beginChain(tcb.outgoing, snd.end);

  const rcv = tcb.rcv;
  rcv.irs = child.irs;
  rcv.nxt = rcv.acked = receiveNext(child);
  rcv.up = child.irs + max<u32>(child.urgent, 1);
  rcv.buffer = child.buffer;
  rcv.wnd = receiveWindow(child);
  rcv.shift = child.ownShift;
  rcv.total = child.keptLength;
  memory.copy(changetype<usize>(tcb.incoming), changetype<usize>(child.kept), offsetof<Chain>());
  beginChain(child.kept, 0);
  tcb.sourceRoute = child.sourceRoute;
  child.sourceRoute = 0;
  takeOptions(tcb, child.mss, child.shift);
  beginTuning(tcb);
  tcb.ts.offset = child.tsOffset;
  if (child.flags & Flag.TIMESTAMPS) setRecent(tcb, child.tsRecent);
  if (child.retries > 0) tcb.rtt.rto = SYN_LOST_RTO;
  tcb.rtt.stalledAt = now();
  timeHandshake(tcb, child);
  return tcb;
}

/**
 * Times the handshake from our SYN,ACK on, as SYN-SENT does from its SYN; not when the SYN,ACK went
 * out twice (Karn's rule). A cookie's was not remembered.
 */
function timeHandshake(tcb: Tcb, child: Child): void {
  if (child.index == 0 || child.retries != 0 || child.isUntimed) return;
  tcb.rtt.timedSeq = child.iss;
  // The child's timer has run since then.
  tcb.rtt.timedAt = momentOf(timers(), ownerOf(child)) - INITIAL_RTO;
}
