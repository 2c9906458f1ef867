/** What the trace is told of congestion control. */
import { Reason, TraceKind } from '../../abi';
import { trace, tracing } from '../../trace';
import { flightSize, handleOf, Tcb } from '../tcb';

/** Tells the trace where congestion control stands, and why. */
export function traceCongestion(tcb: Tcb, reason: Reason): void {
  if (!tracing()) return;
  trace(
    TraceKind.CONGESTION,
    handleOf(tcb),
    tcb.state,
    reason,
    tcb.cc.cwnd,
    tcb.cc.ssthresh,
    flightSize(tcb),
    tcb.rtt.srtt,
  );
}
