/**
 * Pacing (draft-ietf-ccwg-bbr §5.6.2): data leaves at a rate, so that it stands in no queue in a
 * heap.
 *
 * What leaves moves the time at which the next may. Who comes too early waits for the host's
 * deadline, a millisecond at least, for no host keeps its timers much finer; what was due meanwhile
 * leaves at once. BBR has a rate of its own. Others have a multiple of cwnd for each SRTT, where
 * the setting says so or where the connection has a bound.
 */
import { Controller, Reason, Setting, Timer } from '../../abi';
import { setting } from '../../limits';
import { MILLISECOND, now, SECOND } from '../../time';
import { Flight, flightOf, hasFlight } from '../flight';
import { armedFor, Tcb } from '../tcb';
import { arm } from '../timers';
import { bbrRate } from './bbr';
import { traceCongestion } from './note';

/** What is due has at most so long a past: the burst after a wake-up that came late. */
const MOST_LATE: u64 = 2 * MILLISECOND;
/** Times within a burst are finer than the clock: paceAt counts nanoseconds. */
const NANO: u64 = 1_000;

/** Whether data may leave now; if not, the timer says when. */
export function mayLeave(tcb: Tcb): bool {
  if (!hasFlight(tcb)) return true;
  const paceAt = flightOf(tcb).paceAt;
  // Most are not paced, and a division is dear.
  if (paceAt == 0) return true;
  const at = paceAt / NANO;
  if (at <= now()) return true;
  if (armedFor(tcb, Timer.PACE) == 0) {
    traceCongestion(tcb, Reason.PACED);
    arm(tcb, Timer.PACE, max(at, now() + MILLISECOND));
  }
  return false;
}

/** So many octets leave now. */
export function paced(tcb: Tcb, flight: Flight, octets: u32): void {
  if (flight.paceAt == 0) updatePacing(tcb, flight);
  if (flight.paceRate == 0) return;
  const from = max(flight.paceAt, (now() - MOST_LATE) * NANO); // BBR §5.6.2a
  flight.paceAt = from + (<u64>octets * (SECOND * NANO)) / flight.paceRate; // BBR §5.6.2b
}

/** A rate is chosen anew: what waited by the old one waits no more. */
export function repace(tcb: Tcb): void {
  if (!hasFlight(tcb)) return;
  const flight = flightOf(tcb);
  flight.paceAt = 0;
  updatePacing(tcb, flight);
}

/** Sets the rate by what congestion control and the connection's bound say. */
export function updatePacing(tcb: Tcb, flight: Flight): void {
  const most = tcb.rates.most;
  const isBbr = tcb.controller == Controller.BBR;
  if (most == 0 && !isBbr && setting(Setting.PACING) == 0) {
    flight.paceRate = 0;
    flight.paceAt = 0;
    return;
  }
  const rate = isBbr ? bbrRate(tcb, flight) : windowRate(tcb);
  flight.paceRate = most == 0 ? rate : min(rate, most);
}

/** A multiple of cwnd for each SRTT, octets a second; before SRTT is known, as fast as can be. */
function windowRate(tcb: Tcb): u32 {
  const cc = tcb.cc;
  const isSlowStart = cc.cwnd < cc.ssthresh / 2;
  const percent = setting(isSlowStart ? Setting.PACING_SS_RATIO : Setting.PACING_CA_RATIO);
  if (tcb.rtt.srtt == 0) return 0xffff_ffff;
  const rate = (<u64>cc.cwnd * percent * (SECOND / 100)) / tcb.rtt.srtt;
  return <u32>max<u64>(min<u64>(rate, 0xffff_ffff), 1);
}
