/**
 * The size of a connection's segments (RFC 9293 §3.7.1): as much as the peer takes, the link
 * carries, routers let through (RFC 1191, RFC 8201), and silence allows where ICMP is kept back
 * (RFC 2923 §2.1).
 *
 * Any of it may change while the connection lives. `followPath` looks at all of it again, and does
 * so before the next packet when something has changed for anybody (`ip/path-mtu.ts`).
 */
import { Counter, Reason } from '../abi';
import { count } from '../counters';
import { headerLength, linkMtu } from '../ip/output';
import { isSplitPath, pathGeneration, pathMtu, pathMtuReported } from '../ip/path-mtu';
import { sourceRouteLength } from '../ip/source-route';
import { traceDrop } from '../trace';
import { isIpv4 } from '../wire/address';
import { TCP_HEADER } from '../wire/tcp';
import { TIMESTAMPS_LENGTH } from '../wire/tcp-options';
import { sendAllAgain } from './loss/recovery';
import { traceCongestion } from './rate/note';
import { Flag, has, Tcb } from './tcb';
import { PathFlag } from './variables';

/** Smallest MSS we obey: a smaller one would make each octet cost a segment (CVE-2019-11479). */
export const LEAST_MSS: u32 = 64;
/** Least MTU along a source route, of which no other connection learns. */
const LEAST_MTU: u32 = 552;

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

function knows(tcb: Tcb, flag: PathFlag): bool {
  return (tcb.snd.path & flag) != 0;
}

function note(tcb: Tcb, flag: PathFlag, isTrue: bool): void {
  const path = tcb.snd.path & ~flag;
  tcb.snd.path = <u8>(isTrue ? path | flag : path);
}

/** Says whether black holes of the path's MTU are looked for. */
export function trustPath(tcb: Tcb, isTrusted: bool): void {
  note(tcb, PathFlag.TRUSTED, isTrusted);
}

/** Octets of text in a full segment, by all that limits it (MUST-16). */
function fullSegment(tcb: Tcb): u32 {
  const snd = tcb.snd;
  // Along a source route the path is another one.
  let mtu =
    tcb.sourceRoute == 0 ? pathMtu(tcb.remote0, tcb.remote1) : linkMtu(tcb.remote0, tcb.remote1);
  if (snd.ownMtu != 0) mtu = min<u32>(mtu, snd.ownMtu);
  const header = headerLength(tcb.remote0, tcb.remote1);
  let mss = min<u32>(snd.peerMss, mtu - header - TCP_HEADER); // MUST-16
  if (snd.mssLimit != 0) mss = min<u32>(mss, snd.mssLimit);
  const timestamps = has(tcb, Flag.TIMESTAMPS) ? TIMESTAMPS_LENGTH : 0;
  return max(mss - sourceRouteLength(tcb.sourceRoute), LEAST_MSS) - timestamps; // RFC 2525 §2.18
}

/**
 * Has a connection's segments fit all there is now; answers whether they are smaller than before,
 * or may be fragmented and might not before. Without the peer's SYN they have no size yet.
 */
export function followPath(tcb: Tcb): bool {
  const snd = tcb.snd;
  tcb.pathSeen = pathGeneration();
  if (snd.peerMss == 0) return false;
  const wasSplit = knows(tcb, PathFlag.SPLIT);
  const isSplit = tcb.sourceRoute == 0 && isSplitPath(tcb.remote0, tcb.remote1);
  note(tcb, PathFlag.SPLIT, isSplit);
  const before = snd.mss;
  snd.mss = fullSegment(tcb); // RFC 1191 §3a, §6.4c, RFC 8201 §4a
  resizeWindow(tcb, before);
  return snd.mss < before || (isSplit && !wasSplit);
}

/** Looks whether anything has changed since, and follows it. */
export function followChanges(tcb: Tcb): void {
  if (tcb.pathSeen != (pathGeneration() & 0xffff)) followPath(tcb);
}

/**
 * Has cwnd, once there is one, hold as many segments as before, or smaller ones would leave in a
 * burst; and one at least. Larger ones leave ssthresh its two.
 */
function resizeWindow(tcb: Tcb, before: u32): void {
  const cc = tcb.cc;
  const mss = tcb.snd.mss;
  if (cc.cwnd == 0) return;
  if (mss < before) cc.cwnd = (cc.cwnd / before) * mss; // RFC 5681 §3.1i
  cc.cwnd = max(cc.cwnd, mss);
  cc.ssthresh = max(cc.ssthresh, 2 * mss);
}

/** Segments become as small as the path, and what was lost is sent again (RFC 1191 §6.4). */
export function pathMtuFell(tcb: Tcb, mtu: u32): void {
  const isNew =
    tcb.sourceRoute == 0
      ? pathMtuReported(tcb.remote0, tcb.remote1, mtu)
      : ownMtuFell(tcb, max(mtu, LEAST_MTU));
  if (!isNew) traceDrop(Reason.ICMP_IGNORED, mtu, 0, 0);
  if (!followPath(tcb)) return; // RFC 1191 §6.4a
  // Nothing but our SYN is outstanding, whose size is what it is.
  if (has(tcb, Flag.SYN_UNACKED)) return;
  traceCongestion(tcb, Reason.PATH_MTU_FELL);
  // DEVIATION: RFC 1191 §6.4d, RFC 8201 §5.4 would send one segment and wait for its ACK. The path
  // carried as many packets a moment ago: nothing was lost for want of room, only for their size.
  sendAllAgain(tcb); // RFC 1191 §6.4b
}

function ownMtuFell(tcb: Tcb, mtu: u32): bool {
  const snd = tcb.snd;
  if (snd.ownMtu != 0 && mtu >= snd.ownMtu) return false;
  snd.ownMtu = <u16>min<u32>(mtu, 0xffff);
  return true;
}

/**
 * Looks, at a timeout, whether size may be what is lost: full segments vanish, and no router says
 * why. Smaller ones are tried; when they vanish too, it was not that, and the size is as before.
 */
export function suspectBlackHole(tcb: Tcb): void {
  switch (tcb.rtt.count - (tcb.cc.total > MUCH ? PATIENCE : 0)) {
    case FIRST_STEP:
      tryMtu(tcb, FIRST_MTU);
      return;
    case SECOND_STEP:
      if (isIpv4(tcb.remote0, tcb.remote1)) tryMtu(tcb, SECOND_MTU);
      return;
    case NO_BLACK_HOLE:
      if (!knows(tcb, PathFlag.SUSPECTED)) return;
      note(tcb, PathFlag.SUSPECTED, false);
      tcb.snd.ownMtu = <u16>(knows(tcb, PathFlag.CONFIRMED) ? FIRST_MTU : 0);
      followPath(tcb);
      return;
    default:
      return;
  }
}

function tryMtu(tcb: Tcb, mtu: u32): void {
  const snd = tcb.snd;
  const before = snd.ownMtu;
  snd.ownMtu = <u16>mtu;
  // What is lost must have been longer: a tail that vanishes says nothing of size.
  const isLonger = min(snd.mss, snd.nxt - snd.una) > fullSegment(tcb);
  if (knows(tcb, PathFlag.TRUSTED) || !isLonger) {
    snd.ownMtu = before;
    return;
  }
  note(tcb, PathFlag.SUSPECTED, true);
  followPath(tcb);
  count(Counter.TcpExtTCPMTUBlackHole);
  traceCongestion(tcb, Reason.PATH_MTU_BLACK_HOLE);
}

/** Something got through: whatever size it had, segments keep it. */
export function confirmMtu(tcb: Tcb): void {
  if (!knows(tcb, PathFlag.SUSPECTED)) return;
  note(tcb, PathFlag.SUSPECTED, false);
  note(tcb, PathFlag.CONFIRMED, true);
}
