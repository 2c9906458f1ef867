/**
 * SYN cookies (RFC 4987 §3.6): a SYN answered without remembering it.
 *
 * ISS carries all that must come back: the minute it was made in and the peer's MSS in three bits,
 * both behind keyed hashes, or whoever watches could tell the age of a cookie. The lower part is a
 * hash over tuple, IRS and period, to which the MSS is added; the upper is the period behind a hash
 * over tuple, IRS and that lower part, so that one period does not look the same twice. What ISS
 * can not carry (window scale, SACK, ECN) rides in the low bits of our timestamp, if the peer sends
 * timestamps; they come back in its echo. A cookie is good for the period it was made in and the
 * next.
 *
 *   ISS    ├ period ^ hash, 8 bits ┼──────────── hash + MSS, 24 bits ────────────┤
 *   TSval  ├──────────── clock ────────────┼ ECN 1 ┼ SACK 1 ┼ shift, 4 ───┤   shift 15: no scaling
 */
import { Counter, Reason, Setting, State, TraceKind } from '../abi';
import { count } from '../counters';
import { isStrayRefused } from '../ip/reply';
import { SYN_ENTRY_SIZE, COOKIE_ENTRY, COOKIE_SENT_AT, SCRATCH } from '../memory';
import { hash, Key } from '../random';
import { setting } from '../limits';
import { Instant, now, SECOND, secondsNow } from '../time';
import { trace } from '../trace';
import { beginChain } from '../store/chain';
import { copyTuple } from '../tuple';
import { shiftOf } from './autotune';
import { SynEntry } from './syn-entry';
import { originOf, timestampOffset } from './isn';
import { announcedMss, offeredBy, offers, peerMss } from './negotiate';
import { replySynAck } from './reply';
import { dropStray, Segment } from './segment';
import { LocalSeq, RemoteSeq } from './seq';
import { Flag, Tcb, TUPLE } from './tcb';
import { timestampNow } from './timestamps';

/** Seconds a period lasts; a cookie lives for one to two of them. */
const PERIOD_SECONDS: u32 = 64;
const PERIODS: u32 = 256;
/** Bits of ISS below the period. */
const LOWER_BITS: u32 = 24;
const LOWER: u32 = (1 << LOWER_BITS) - 1;
/** Bits of TSval that carry options. */
const OPTION_BITS: u32 = 6;
const NO_SCALING: u32 = 15;

const MSS_COUNT: u32 = 8;

/** The MSS values a cookie can tell apart; a peer's is rounded down to one of them. */
function mssOf(index: u32): u32 {
  switch (index) {
    case 0:
      return 216;
    case 1:
      return 536;
    case 2:
      return 1_220;
    case 3:
      return 1_360;
    case 4:
      return 1_440;
    case 5:
      return 1_460;
    case 6:
      return 4_312;
    default:
      return 8_960;
  }
}

function mssIndex(mss: u32): u32 {
  let index = MSS_COUNT - 1;
  while (index != 0 && mssOf(index) > mss) index--;
  return index;
}

function period(): u32 {
  return secondsNow() / PERIOD_SECONDS;
}

/** A keyed hash over a record's tuple, IRS and one number more. */
function mask(key: Key, tuple: usize, irs: RemoteSeq, number: u32): u32 {
  copyTuple(SCRATCH, tuple);
  store<u32>(SCRATCH + 36, irs);
  store<u64>(SCRATCH + 40, number);
  return <u32>hash(key, SCRATCH, 6);
}

/** The cookie of a record's tuple for a period and an MSS. */
function cookie(tuple: usize, irs: RemoteSeq, ofPeriod: u32, index: u32): LocalSeq {
  const lower = (mask(Key.COOKIE, tuple, irs, ofPeriod) + index) & LOWER;
  const upper = ofPeriod ^ mask(Key.COOKIE_PERIOD, tuple, irs, lower);
  return (upper << LOWER_BITS) | lower;
}

/** Answers a SYN with a SYN,ACK whose ISS is a cookie. */
export function sendCookie(listener: Tcb, seg: Segment): void {
  // Before the hashes: a SYN that gets no answer must cost next to nothing.
  if (isStrayRefused()) {
    dropStray(seg, Reason.REPLY_QUEUE_FULL);
    return;
  }
  const record = changetype<usize>(seg);
  const tuple = record + TUPLE;
  const mss = peerMss(seg.options, seg.remote0, seg.remote1);
  const iss = cookie(tuple, seg.seq, period(), mssIndex(mss)); // RFC 4987 §3.6
  let flags = offers() & offeredBy(seg);
  // Without timestamps there is nowhere to keep the other options, so they are not agreed on.
  if ((flags & Flag.TIMESTAMPS) == 0) flags = 0;
  replySynAck(
    record,
    iss,
    seg.seq + 1,
    flags,
    announcedMss(seg.remote0, seg.remote1, listener.snd.mssLimit),
    shiftOf(listener),
    min<u32>(listener.rcv.buffer, 65_535),
    flags & Flag.TIMESTAMPS ? stamp(tuple, flags, seg.options.shift) : 0,
    seg.options.tsVal,
  );
  store<u64>(COOKIE_SENT_AT, now());
  count(Counter.TcpExtSyncookiesSent);
  trace(TraceKind.NOTE, 0, State.LISTEN, Reason.COOKIE_SENT, 0, 0, 0, 0);
  if (seg.textLength != 0) dropStray(seg, Reason.SYN_TEXT_NOT_KEPT);
}

/** A timestamp not later than the tuple's clock, whose low bits say what was agreed on. */
function stamp(tuple: usize, flags: u32, shift: u32): u32 {
  const clock = timestampNow(timestampOffset(originOf(tuple)));
  const bits =
    (flags & Flag.ECN ? 32 : 0) |
    (flags & Flag.SACK ? 16 : 0) |
    (flags & Flag.SCALING ? shift : NO_SCALING);
  const value = (clock & ~((1 << OPTION_BITS) - 1)) | bits;
  return <i32>(value - clock) > 0 ? value - (1 << OPTION_BITS) : value;
}

/**
 * Whether ACKs may be cookies at all: always by setting 2, by setting 1 soon after one was sent.
 */
function areExpected(): bool {
  const mode = setting(Setting.SYN_COOKIES);
  if (mode != 1) return mode == 2;
  const sentAt = load<u64>(COOKIE_SENT_AT);
  return sentAt != 0 && now() - sentAt < 2 * <Instant>PERIOD_SECONDS * SECOND;
}

/**
 * Turns the ACK that returns a cookie back into the SYN-queue entry that was never kept.
 *
 * @returns an entry that belongs to no pool and is good until the next call; null when it is no
 *   cookie
 */
export function readCookie(listener: Tcb, seg: Segment): SynEntry | null {
  if (!areExpected()) return null;
  const iss = seg.ack - 1;
  const irs = seg.seq - 1;
  const tuple = changetype<usize>(seg) + TUPLE;
  const lower = iss & LOWER;
  const made = (iss >> LOWER_BITS) ^ mask(Key.COOKIE_PERIOD, tuple, irs, lower);
  const age = (period() - made) % PERIODS;
  const index = (lower - mask(Key.COOKIE, tuple, irs, period() - age)) & LOWER;
  if (age > 1 || index >= MSS_COUNT) {
    count(Counter.TcpExtSyncookiesFailed);
    dropStray(seg, Reason.COOKIE_INVALID);
    return null;
  }
  count(Counter.TcpExtSyncookiesRecv);
  trace(
    TraceKind.STATE,
    0,
    State.SYN_RECEIVED,
    Reason.COOKIE_RETURNED,
    State.LISTEN,
    State.SYN_RECEIVED,
    Reason.COOKIE_RETURNED,
    0,
  );
  memory.fill(COOKIE_ENTRY, 0, SYN_ENTRY_SIZE);
  const entry = changetype<SynEntry>(COOKIE_ENTRY);
  copyTuple(COOKIE_ENTRY + TUPLE, tuple);
  entry.listener = listener.index;
  entry.buffer = listener.rcv.buffer;
  entry.iss = iss;
  entry.irs = irs;
  entry.ownShift = <u8>shiftOf(listener);
  entry.mss = <u16>mssOf(index);
  entry.wnd = <u16>min<u32>(seg.wnd, 65_535);
  entry.tsOffset = timestampOffset(originOf(tuple));
  beginChain(entry.kept, irs + 1);
  if (seg.options.hasTimestamps) readStamp(entry, seg.options.tsEcr, seg.options.tsVal);
  return entry;
}

function readStamp(entry: SynEntry, tsEcr: u32, tsVal: u32): void {
  entry.flags = Flag.TIMESTAMPS;
  entry.tsRecent = tsVal;
  if (tsEcr & 32) entry.flags |= Flag.ECN & offers();
  if (tsEcr & 16) entry.flags |= Flag.SACK;
  if ((tsEcr & 15) == NO_SCALING) return;
  entry.flags |= Flag.SCALING;
  entry.shift = <u8>(tsEcr & 15);
}
