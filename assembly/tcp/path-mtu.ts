/**
 * The MTU of a connection's path: what ICMP says of it (RFC 1191, RFC 8201), and what silence says
 * where ICMP is kept back (RFC 2923 §2.1).
 */
import { Counter, Reason } from '../abi';
import { count } from '../counters';
import { routeLength } from '../ip/source-route';
import { isIpv4 } from '../wire/address';
import { traceCongestion } from './congestion';
import { timestampsLength } from './negotiate';
import { sendAllAgain } from './recovery';
import { Flag, has, Tcb } from './tcb';

/**
 * Smallest MTU that is believed: below it segments would carry nothing (RFC 5927 §7,
 * CVE-2004-0790).
 */
// DEVIATION: RFC 1191 §3c would follow a report down to 68 octets, a forged one too, and each octet
// would cost a packet then. Linux stops here as well (min_pmtu).
const LEAST_MTU_IPV4: u32 = 552;
const LEAST_MTU_IPV6: u32 = 1_280;

/**
 * Timeouts in a row after which a black hole is suspected, and tried with the MTU every IPv6 path
 * has; then with the one every IPv4 host takes; then given up as a suspicion. Two in a row are
 * common where one packet in ten is lost, and smaller segments would only make that worse.
 */
const FIRST_STEP: u32 = 3;
const SECOND_STEP: u32 = 5;
const NO_BLACK_HOLE: u32 = 7;
/** Timeouts more where the path has carried so much that full segments must have been among it. */
const PATIENCE: u32 = 2;
const MUCH: u64 = 65_536;
const FIRST_MTU: u32 = 1_280;
const SECOND_MTU: u32 = 576;

/** Text that fills a packet of that size. */
function textIn(tcb: Tcb, mtu: u32): u32 {
  const headers: u32 = isIpv4(tcb.remote0, tcb.remote1) ? 40 : 60;
  return mtu - headers - routeLength(tcb.route) - timestampsLength(tcb);
}

/** Segments become as small as the path, and what was lost is sent again (RFC 1191 §6.4). */
export function pathMtuFell(tcb: Tcb, mtu: u32, ipv4: bool): void {
  if (!ipv4 && mtu < LEAST_MTU_IPV6) return; // RFC 8201 §4b, §4c
  const mss = textIn(tcb, max(mtu, LEAST_MTU_IPV4)); // RFC 1191 §3b, §5
  const before = tcb.snd.mssBefore;
  // Nor is a size tried for another reason left for a larger one than the router allows.
  if (before > mss) tcb.snd.mssBefore = <u16>mss;
  if (mss >= tcb.snd.mss) return; // RFC 1191 §3d, §6.4a, RFC 8201 §4d
  // As many segments as before, or smaller ones would leave in a burst.
  const segments = tcb.cc.cwnd / tcb.snd.mss;
  tcb.snd.mss = mss; // RFC 1191 §3a, §6.4c, RFC 8201 §4a
  // Nothing but our SYN is outstanding, whose size is what it is.
  if (has(tcb, Flag.SYN_UNACKED)) return;
  tcb.cc.cwnd = max(segments, 1) * mss; // RFC 5681 §3.1i
  traceCongestion(tcb, Reason.PATH_MTU_FELL);
  // DEVIATION: RFC 1191 §6.4d, RFC 8201 §5.4 would send one segment and wait for its ACK. The path
  // carried as many packets a moment ago: nothing was lost for want of room, only for their size.
  sendAllAgain(tcb); // RFC 1191 §6.4b
}

/**
 * Looks, at a timeout, whether size may be what is lost: full segments vanish, and no router says
 * why. Smaller ones are tried; when they vanish too, it was not that, and the size is as before.
 */
export function suspectBlackHole(tcb: Tcb): void {
  const snd = tcb.snd;
  switch (tcb.rtt.count - (tcb.cc.total > MUCH ? PATIENCE : 0)) {
    case FIRST_STEP:
      tryMtu(tcb, FIRST_MTU);
      return;
    case SECOND_STEP:
      if (isIpv4(tcb.remote0, tcb.remote1)) tryMtu(tcb, SECOND_MTU);
      return;
    case NO_BLACK_HOLE:
      if (snd.mssBefore != 0) snd.mss = snd.mssBefore;
      snd.mssBefore = 0;
      return;
    default:
      return;
  }
}

function tryMtu(tcb: Tcb, mtu: u32): void {
  const snd = tcb.snd;
  const mss = textIn(tcb, mtu);
  // What is lost must have been longer: a tail that vanishes says nothing of size.
  if (snd.trustsPath || min(snd.mss, snd.nxt - snd.una) <= mss) return;
  if (snd.mssBefore == 0) snd.mssBefore = <u16>snd.mss;
  snd.mss = mss;
  count(Counter.TcpExtTCPMTUBlackHole);
  traceCongestion(tcb, Reason.PATH_MTU_BLACK_HOLE);
}
