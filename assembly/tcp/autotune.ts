/**
 * Buffers that tune themselves, as Linux's do (`tcp_rmem`, `tcp_wmem`): dynamic right-sizing.
 *
 * A buffer begins small. The receiver's grows with what its user has read in a round trip: twice
 * that is what the peer's next window can bring. The sender's grows with cwnd: one window is in
 * flight, and one waits for the acknowledgment of the first. Neither is made smaller again, and a
 * size that the user has set stays as it is. How much of its buffer a receiver offers stands in
 * `window.ts`.
 */
import { Setting } from '../abi';
import { config, PAGE_SIZE, setting } from '../limits';
import { pages } from '../pools';
import { Micros, MILLISECOND, millisNow, now } from '../time';
import { noteReading } from './readers';
import { Segment } from './segment';
import { lt } from './seq';
import { Fixed, Flag, has, Tcb, unreadText } from './tcb';
import { echoedRoundTrip } from './timestamps';
import { shiftFor } from './window';

/** Longest round trip believed, milliseconds. */
const LONGEST: u32 = 60_000;
/**
 * A turn of a busy event loop. Where packets come and go by turns, a round trip shorter than that
 * is as long as the host makes it: the more the window lets in at once, the longer it seems to be,
 * and the window would grow without end until no cache holds it.
 */
const TURN: Micros = 10 * <Micros>MILLISECOND;
/**
 * Octets that a turn can always bring; beyond them the rate counts, times the round trip. With it a
 * pipe's two buffers, a sender's and a receiver's, stay in the second cache of one core. (Linux
 * holds its buffers down below a round trip of a millisecond for the same reason:
 * tcp_rcvbuf_low_rtt.)
 */
const A_TURNS: u32 = 128 * 1024;
/** Octets that a window may be more than its buffer, once it is rounded up to its scale. */
const MAX_ROUNDING: u32 = 64 * 1024;

/** A size in octets, or half of all pages if that is less: no connection may have them all. */
function fair(size: u32): u32 {
  return min(size, max(pages().capacity >> 1, 1) * PAGE_SIZE);
}

/** Gives a new connection or listener the buffers that limits and settings say. */
export function beginBuffers(tcb: Tcb): void {
  const c = config();
  tcb.fixed = <u8>((c.receiveBuffer ? Fixed.RECEIVE : 0) | (c.sendBuffer ? Fixed.SEND : 0));
  tcb.rcv.buffer = c.receiveBuffer ? c.receiveBuffer : fair(setting(Setting.RMEM_DEFAULT));
  tcb.snd.buffer = c.sendBuffer ? c.sendBuffer : fair(setting(Setting.WMEM_DEFAULT));
}

/** Rcv.Wind.Shift for the largest window a connection may ever offer. */
export function shiftOf(tcb: Tcb): u32 {
  if (tcb.fixed & Fixed.RECEIVE) return shiftFor(tcb.rcv.buffer);
  return shiftFor(max(tcb.rcv.buffer, fair(setting(Setting.RMEM_MAX))));
}

/** The peer's SYN is there, and what it offers is taken: from here on it is measured. */
export function beginTuning(tcb: Tcb): void {
  const tuning = tcb.tuning;
  tuning.space = max(min(tcb.rcv.wnd, tcb.snd.mss), 1);
  tuning.seq = tcb.incoming.start;
  tuning.at = <Micros>now();
}

// The receiver's ------------------------------------------------------------------

/**
 * Measures the round trip as the receiver sees it, by a segment whose text comes in order: a full
 * one that echoes a timestamp no other did, or the one that ends a window.
 */
export function measureReceiver(tcb: Tcb, seg: Segment): void {
  const rcv = tcb.rcv;
  if (has(tcb, Flag.TIMESTAMPS)) {
    const options = seg.options;
    if (options.tsEcr == rcv.rttMark || seg.textLength < rcv.mss) return;
    rcv.rttMark = options.tsEcr;
    const echoed = echoedRoundTrip(tcb, options);
    if (echoed != 0) takeEcho(tcb, echoed);
    return;
  }
  if (rcv.rttAt != 0 && lt(rcv.nxt, rcv.rttMark)) return;
  const millis = millisNow();
  if (rcv.rttAt != 0) {
    // Only the shortest counts: the peer need not have filled the window in one round trip.
    const window = max(min(millis - rcv.rttAt, LONGEST), 1) * <u32>MILLISECOND;
    if (rcv.rtt == 0 || window < rcv.rtt) rcv.rtt = window;
  }
  rcv.rttMark = rcv.nxt + rcv.wnd;
  rcv.rttAt = max(millis, 1);
}

/**
 * A shorter round trip counts at once; a longer one by an eighth, where it is more than a turn and
 * no text waits for its reader. Below a tick of the timestamps' clock the handshake knows better.
 */
function takeEcho(tcb: Tcb, echoed: Micros): void {
  const rcv = tcb.rcv;
  if (echoed <= <Micros>MILLISECOND && tcb.rtt.srtt != 0) echoed = min(echoed, tcb.rtt.srtt);
  if (rcv.rtt == 0 || echoed < rcv.rtt) rcv.rtt = echoed;
  else if (echoed > TURN && unreadText(tcb) == 0) rcv.rtt += (echoed - rcv.rtt) / 8;
}

/** Once a round trip, as the user reads: the buffer grows if more was read in it than ever. */
export function tuneReceive(tcb: Tcb): void {
  const tuning = tcb.tuning;
  const rcv = tcb.rcv;
  const elapsed = <Micros>now() - tuning.at;
  const read = tcb.incoming.start - tuning.seq;
  // More than a window holds has come because of an acknowledgment since: the round trip is shorter
  // than a tick of the timestamps' clock, or a turn, has it. How much shorter nobody knows; taken
  // for what a turn brings, it does not seem to grow with the window.
  if (elapsed < rcv.rtt && read > rcv.buffer + MAX_ROUNDING)
    rcv.rtt = max(<u32>((<u64>elapsed * A_TURNS) / read), 1);
  if (elapsed < rcv.rtt || rcv.rtt == 0) return;
  noteReading(read, tuning.at);
  if (read > tuning.space) growReceive(tcb, read, elapsed);
  tuning.seq = tcb.incoming.start;
  tuning.at = <Micros>now();
}

/**
 * Twice what was read, for what is read now was sent a round trip ago. Where that was more than
 * before, twice the difference again: the peer may double its rate with each round trip.
 */
function growReceive(tcb: Tcb, read: u32, elapsed: Micros): void {
  const tuning = tcb.tuning;
  let wanted = 2 * <u64>read + 4 * <u64>min(read - tuning.space, tuning.space);
  // The path's shortest round trip, where it is known: a queue makes the receiver's longer.
  const least = tcb.rtt.least != 0 ? min(tcb.rtt.least, tcb.rcv.rtt) : tcb.rcv.rtt;
  if (least < TURN && read > A_TURNS) {
    read = max(<u32>((<u64>read * least) / elapsed), A_TURNS);
    wanted = <u64>read + A_TURNS;
  }
  tuning.space = max(tuning.space, read);
  if (tcb.fixed & Fixed.RECEIVE) return;
  const size = <u32>min<u64>(wanted, fair(setting(Setting.RMEM_MAX)));
  if (size > tcb.rcv.buffer) tcb.rcv.buffer = size;
}

// The sender's --------------------------------------------------------------------

/**
 * Lets the send buffer hold two windows (cwnd, or what the peer takes if that is less); where a
 * round trip is shorter than a turn, one and what a turn can bring.
 */
export function tuneSend(tcb: Tcb): void {
  const window = min(tcb.cc.cwnd, tcb.snd.wnd);
  if (window <= tcb.snd.buffer / 2 || tcb.fixed & Fixed.SEND) return;
  const next = tcb.rtt.srtt < TURN ? min(window, A_TURNS) : window;
  const wanted = <u32>min<u64>(<u64>window + next, fair(setting(Setting.WMEM_MAX)));
  if (wanted > tcb.snd.buffer) tcb.snd.buffer = wanted;
}
