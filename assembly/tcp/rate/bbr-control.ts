/**
 * What BBR's model and state mean for the two things it controls (draft-ietf-ccwg-bbr §5.6): the
 * pacing rate and cwnd.
 */
import { Flight, Phase } from '../flight';
import { progress } from '../progress';
import { Flag, has, Tcb } from '../tcb';
import { Bbr, BbrState, minPipe, NEVER, PACED_PERCENT, share, withHeadroom } from './bbr-model';
import { initialWindow } from './validation';

const QUANTUM_MOST: u32 = 65_536;

/** BBR.pacing_gain of each state, in percent (§5.6.1). */
function pacingGain(state: u32): u32 {
  return load<u16>(memory.data<u16>([277, 50, 90, 100, 100, 125, 100]) + 2 * state); // BBR §5.6.1
}

/** Whether the state is one of ProbeBW's four. */
export function isInProbeBw(b: Bbr): bool {
  return b.state >= <u8>BbrState.DOWN && b.state <= <u8>BbrState.UP;
}

/** cwnd in PROBE_RTT (§5.6.4.5). */
export function probeRttCwnd(tcb: Tcb, b: Bbr): u32 {
  return max(b.bdp / 2, minPipe(tcb));
}

/** Sets the rate to so many percent of the bandwidth; 0: those of the state (§5.6.2). */
export function setPacingRate(b: Bbr, percent: u32): void {
  if (percent == 0) percent = pacingGain(b.state);
  const rate = share(<u64>b.bw * percent, PACED_PERCENT, 10_000);
  if (b.isFullReached || rate > b.pacingRate) b.pacingRate = rate; // BBR §5.6.2d
}

/** So much that hosts on both ends can work in bursts (§5.5.8, §5.6.4.2). */
export function quantized(tcb: Tcb, b: Bbr, octets: u32): u32 {
  const quantum = max(min(b.pacingRate / 1_000, QUANTUM_MOST), 2 * tcb.snd.mss);
  const least = max(octets, max(3 * quantum, minPipe(tcb)));
  return b.state == <u8>BbrState.UP ? least + 2 * tcb.snd.mss : least;
}

/** Moves cwnd to what the model says, up by no more than was delivered (§5.6.4.6). */
export function setCwnd(tcb: Tcb, flight: Flight, b: Bbr): void {
  const cc = tcb.cc;
  // Without SACK what is on its way is known in recovery only by the duplicates that inflate cwnd.
  if (flight.phase == Phase.RECOVERY && !has(tcb, Flag.SACK)) return;
  const state = <BbrState>b.state;
  const isProbeRtt = state == BbrState.PROBE_RTT;
  // Half the product in PROBE_RTT, twice else, and a quarter more in UP (§5.6.1).
  let wanted = isProbeRtt ? b.bdp / 2 : 2 * b.bdp;
  if (state == BbrState.UP) wanted += b.bdp / 4;
  const most = quantized(tcb, b, wanted + max(b.extra, b.extraBefore));
  const delivered = progress().delivered;
  if (b.isFullReached) cc.cwnd = min(cc.cwnd + delivered, most); // BBR §5.6.4.6
  else if (cc.cwnd < most || flight.delivered < initialWindow(tcb.snd.mss)) cc.cwnd += delivered;
  let cap = isProbeRtt ? probeRttCwnd(tcb, b) : NEVER; // BBR §5.6.4.5
  if (isProbeRtt || state == BbrState.CRUISE) cap = min(cap, withHeadroom(tcb, b));
  else if (isInProbeBw(b)) cap = min(cap, b.inflightLong);
  cap = max(min(cap, b.inflightShort), minPipe(tcb)); // BBR §5.6.4.7
  cc.cwnd = min(max(cc.cwnd, minPipe(tcb)), cap);
}
