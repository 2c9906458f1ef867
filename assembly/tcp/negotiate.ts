/**
 * What two SYNs agree on: MSS (RFC 9293 §3.7.1), window scale and timestamps (RFC 7323), SACK (RFC
 * 2018).
 *
 * An option holds only if both SYNs carry it. A connection begins with the flags of what it offers;
 * the peer's SYN takes away what it does not offer too.
 */
import { Setting } from '../abi';
import { largestTransport } from '../ip/output';
import { setting } from '../limits';
import { isIpv4 } from '../wire/address';
import { TCP_HEADER } from '../wire/tcp';
import {
  Options,
  writeMss,
  writeSackPermitted,
  writeTimestamps,
  writeWindowScale,
} from '../wire/tcp-options';
import { beginChain } from '../store/chain';
import { beginTuning } from './autotune';
import { Segment } from './segment';
import { hasFallenBack, isEcnSetup } from './ecn';
import { followPath, LEAST_MSS } from './path-mtu';
import { Ecn, Flag, has, lower, raise, Tcb } from './tcb';
import { setRecent } from './timestamps';

/** MSS of a peer whose SYN names none (MUST-15). */
const DEFAULT_MSS_IPV4: u32 = 536;
const DEFAULT_MSS_IPV6: u32 = 1_220;

/** Flags of what we agree to, if a peer's SYN offers it. */
export function offers(): u32 {
  return (
    (setting(Setting.ECN) ? Flag.ECN : 0) | // SHLD-8
    (setting(Setting.TIMESTAMPS) ? Flag.TIMESTAMPS : 0) |
    (setting(Setting.WINDOW_SCALING) ? Flag.SCALING : 0) |
    (setting(Setting.SACK) ? Flag.SACK : 0)
  );
}

/** Flags of what a peer's SYN or SYN,ACK offers. */
export function offeredBy(seg: Segment): u32 {
  const options = seg.options;
  return (
    (isEcnSetup(seg) ? Flag.ECN : 0) |
    (options.hasTimestamps ? Flag.TIMESTAMPS : 0) |
    (options.shift != 255 ? Flag.SCALING : 0) |
    (options.sackPermitted ? Flag.SACK : 0)
  );
}

/** The flags both sides must offer. */
export const NEGOTIABLE: u32 = Flag.TIMESTAMPS | Flag.SCALING | Flag.SACK | Flag.ECN;

/** The MSS to announce: MMS_R less the fixed header, options not counted (MUST-67). */
export function announcedMss(a0: u64, a1: u64, limit: u32): u32 {
  const mss = largestTransport(a0, a1) - TCP_HEADER; // MUST-67
  return limit != 0 ? min(mss, limit) : mss;
}

/** The MSS a peer's SYN asks us to keep to; never 0. */
export function peerMss(options: Options, a0: u64, a1: u64): u32 {
  if (options.mss == 0) return isIpv4(a0, a1) ? DEFAULT_MSS_IPV4 : DEFAULT_MSS_IPV6; // MUST-15
  return max(options.mss, LEAST_MSS);
}

/**
 * Takes IRS and the options from the peer's SYN: SYN-SENT's work in both ways to be synchronized.
 */
export function takeSyn(tcb: Tcb, seg: Segment): void {
  const options = seg.options;
  const rcv = tcb.rcv;
  rcv.irs = seg.seq;
  rcv.nxt = seg.seq + 1;
  rcv.lastAckSent = rcv.up = rcv.nxt;
  // Our SYN could not offer more: its window is never scaled.
  rcv.wnd = min<u32>(rcv.wnd, 65_535);
  beginChain(tcb.incoming, rcv.nxt);
  lower(tcb, ~offeredBy(seg) & NEGOTIABLE);
  takeOptions(tcb, peerMss(options, seg.remote0, seg.remote1), options.shift);
  if (tcb.flags & Flag.TIMESTAMPS) setRecent(tcb, options.tsVal);
  beginTuning(tcb);
}

/** Sets what follows from the flags that stand, the peer's MSS and its shift. */
export function takeOptions(tcb: Tcb, mss: u32, shift: u32): void {
  tcb.snd.peerMss = <u16>mss;
  followPath(tcb);
  // Until the peer has shown the size of its segments, ours is the best guess.
  tcb.rcv.mss = <u16>min(tcb.snd.mss, DEFAULT_MSS_IPV4);
  const isCapable = has(tcb, Flag.ECN) && !hasFallenBack(tcb);
  tcb.ecn = <u8>(isCapable ? Ecn.CAPABLE : Ecn.NONE);
  const scaled = (tcb.flags & Flag.SCALING) != 0;
  tcb.snd.shift = scaled ? <u8>shift : 0; // RFC 7323 §2.2b
  if (!scaled) tcb.rcv.shift = 0; // RFC 7323 §2.3c
}

/** Writes the options of a SYN for the flags that stand; answers their octets. */
export function writeSynOptions(
  at: usize,
  flags: u32,
  mss: u32,
  shift: u32,
  tsVal: u32,
  tsEcr: u32,
): u32 {
  let length = writeMss(at, mss); // MUST-14, SHLD-5, MAY-3
  if (flags & Flag.SACK) length += writeSackPermitted(at + length); // RFC 2018 §2
  if (flags & Flag.TIMESTAMPS) length += writeTimestamps(at + length, tsVal, tsEcr);
  if (flags & Flag.SCALING) length += writeWindowScale(at + length, shift);
  return length;
}

/** Marks a connection as offering what the settings say; ECN may be only for who asks for it. */
export function offer(tcb: Tcb): void {
  raise(tcb, offers());
  if (setting(Setting.ECN) != 1) lower(tcb, Flag.ECN);
}
