/**
 * Timestamps and PAWS (RFC 7323 §3 to §5). The clock ticks once a millisecond.
 */
import { Setting } from '../abi';
import { setting } from '../limits';
import { Micros, MILLISECOND, millisNow, now, secondsNow } from '../time';
import { Options } from '../wire/tcp-options';
import { Segment } from './segment';
import { le, lt, RemoteSeq } from './seq';
import { Flag, has, Tcb } from './tcb';

/** After 24 days TS.Recent is too old to judge by (RFC 7323 §5.5). */
const TRUSTED_SECONDS: u32 = 24 * 86_400;

/** Our timestamp clock, offset for one tuple. */
export function timestampNow(offset: u32): u32 {
  return millisNow() + offset; // RFC 7323 §5.4a
}

/** TSval of the segment being sent. */
export function tsVal(tcb: Tcb): u32 {
  return timestampNow(tcb.ts.offset);
}

/** TSval of what was sent so many microseconds ago. */
export function stampBefore(tcb: Tcb, elapsed: Micros): u32 {
  return <u32>((now() - elapsed) / MILLISECOND) + tcb.ts.offset;
}

/** Keeps the peer's timestamp. */
export function setRecent(tcb: Tcb, value: u32): void {
  tcb.ts.recent = value;
  tcb.ts.recentAt = secondsNow();
}

/** Whether PAWS rejects a segment: its timestamp is older than TS.Recent (RFC 7323 §5.3, R1). */
export function isOldDuplicate(tcb: Tcb, seg: Segment): bool {
  if (!isOlder(tcb.flags, tcb.ts.recent, seg)) return false;
  return secondsNow() - tcb.ts.recentAt < TRUSTED_SECONDS; // RFC 7323 §5.5
}

/**
 * Whether a segment's timestamp, if both sides agreed on them, lies before `recent`. A RST's never
 * does.
 */
export function isOlder(flags: u32, recent: u32, seg: Segment): bool {
  // RFC 7323 §3.2d
  if ((flags & Flag.TIMESTAMPS) == 0 || !seg.options.hasTimestamps || seg.isRst) return false;
  return lt(seg.options.tsVal, recent);
}

/**
 * Whether a segment is dropped because it lacks the timestamps that were agreed on.
 *
 * DEVIATION: RFC 7323 §3.2c would drop every one but a RST; `tolerate_missing_ts` 0 does. There are
 * peers that leave them out now and then, and middleboxes that take them out, and their connections
 * would stand still for ever. By default such a segment goes without PAWS, as in Linux.
 */
export function lacksTimestamps(flags: u32, seg: Segment): bool {
  const mustHave = (flags & Flag.TIMESTAMPS) != 0 && !seg.isRst && !seg.options.hasTimestamps;
  return mustHave && setting(Setting.TOLERATE_MISSING_TS) == 0;
}

/** Updates TS.Recent from an acceptable segment that spans Last.ACK.sent (RFC 7323 §4.3). */
export function updateRecent(tcb: Tcb, options: Options, seq: RemoteSeq): void {
  if (!has(tcb, Flag.TIMESTAMPS) || !options.hasTimestamps) return;
  // RFC 7323 §4.3
  const isInOrder = le(seq, tcb.rcv.lastAckSent);
  if (isInOrder && le(tcb.ts.recent, options.tsVal)) setRecent(tcb, options.tsVal);
}

/** Round-trip time by the peer's echo, in Micros; 0 when the echo can not be ours. */
export function echoedRoundTrip(tcb: Tcb, options: Options): Micros {
  if (!has(tcb, Flag.TIMESTAMPS) || !options.hasTimestamps || options.tsEcr == 0) return 0;
  const millis = tsVal(tcb) - options.tsEcr;
  return millis > 60_000 ? 0 : max<u32>(millis, 1) * MILLISECOND;
}
