/**
 * The door: every export of the core, grouped; no logic.
 *
 * Time is milliseconds as f64, addresses and records cross in the windows of `memory.ts`, handles
 * and lengths are u32, and what a call answers is a positive number or a negated Result. Nothing
 * here is called back from inside: signals wait in a queue until `signal` fetches them.
 */
import {
  Call,
  Decision,
  SignalRecord,
  Option,
  Reason,
  Result,
  Setting,
  Signal,
  State,
  TraceKind,
} from './abi';
import { sockets, stale } from './door';
import { addLocalAddress } from './ip/address';
import { sendEcho } from './ip/icmp';
import { pathsChanged } from './ip/path-mtu';
import { config, defaultSettings, setSetting, settleConfig, setting } from './limits';
import {
  growTo,
  isReady,
  POOLS_BEGIN,
  READY,
  SIGNAL,
  TEXT,
  TEXT_SIZE,
} from './memory';
import { layPools } from './pools';
import { seedKeys } from './random';
import * as stack from './stack';
import { abort as abortTcb } from './tcp/abort';
import { close as closeTcb, release as releaseTcb } from './tcp/close';
import { asked as askedOf, decide as decideAbout } from './tcp/decide';
import { fromHandle } from './tcp/fetch';
import { accept as acceptFrom, create as createTcb, openActive, openPassive } from './tcp/open';
import { setOption as setTcbOption } from './tcp/option';
import { peek as peekText, receive as receiveText, take as takeText } from './tcp/receive';
import { commit as commitText, lend as lendRoom, markUrgent, send as sendText } from './tcp/send';
import { setSourceRoute } from './tcp/source-route';
import { nextStatus as nextStatusOf, status as statusOf } from './tcp/status';
import { forgetAllPorts } from './tcp/taken-ports';
import { handleOf, Tcb } from './tcp/tcb';
import { Instant, setNow } from './time';
import { trace } from './trace';
import { nextUdpSignal } from './udp/status';

export * from './datagrams';
export * from './observe';

/** The clock ends there: 285 years, and beyond it f64 has no whole microseconds. */
const MAX_MICROS: u64 = 1 << 53;

// Life ---------------------------------------------------------------------------

/** Makes sure of the fixed part of memory; call it first, before the CONFIG window is written. */
export function open(): i32 {
  assert(__heap_base <= 0x1_0000);
  return growTo(POOLS_BEGIN) ? Result.OK : -Result.INSUFFICIENT_RESOURCES;
}

/** Lays memory out as the CONFIG window says (zero: the default); memory never grows again. */
export function init(): i32 {
  if (isReady() || config().seeded != 1) return -Result.NOT_INITIALISED;
  if (!settleConfig()) return -Result.INVALID_ARGUMENT;
  if (!layPools()) return -Result.INSUFFICIENT_RESOURCES;
  seedKeys();
  defaultSettings();
  store<u32>(READY, 1);
  return Result.OK;
}

// Packets and time ---------------------------------------------------------------

/**
 * Sets the clock, in milliseconds since an epoch of the host's (never 0), and runs what is due.
 *
 * What is no moment (NaN, Infinity, 2^53 microseconds and more) leaves the clock where it is: it
 * never goes back, so one such call would be the last.
 */
export function poll(nowMs: f64): void {
  if (isReady()) stack.poll(instant(nowMs));
}

/**
 * Sets the clock as `poll` does and runs nothing: before `input` and the user's calls, so that what
 * has arrived counts before a timeout that has come true meanwhile.
 */
export function time(nowMs: f64): void {
  if (isReady()) setNow(instant(nowMs));
}

function instant(nowMs: f64): Instant {
  const micros = <u64>nearest<f64>(nowMs * 1000.0);
  return micros < MAX_MICROS ? micros : 0;
}

/**
 * Processes the packet of `length` octets in the receive window; `flags` are PacketFlag.
 *
 * @returns with SHARED, octets of the packet that now lies in that window, if it is for a
 *   connection or listener nobody has here: it was neither answered nor counted, and is to be
 *   offered to the others, and put in here once more without SHARED when none of them took it.
 *   Of an echo reply only the host knows. Else 0
 */
export function input(length: u32, flags: u32): u32 {
  return isReady() ? stack.input(length, flags) : 0;
}

/** Writes the next packet into the transmit window; answers its octets, 0 when there is none. */
export function output(): u32 {
  return isReady() ? stack.output() : 0;
}

/** When `poll` is due, in milliseconds; Infinity when nothing is. */
export function deadlineMs(): f64 {
  const at = isReady() ? stack.deadline() : 0;
  return at == 0 ? Infinity : <f64>at / 1000.0;
}

/** Puts the next signal into the SIGNAL window; answers its handle, 0 when there is none. */
export function signal(): u32 {
  const record = changetype<SignalRecord>(SIGNAL);
  const tcb = isReady() ? stack.nextSignaled() : null;
  if (tcb == null) return isReady() ? nextUdpSignal(record) : 0;
  record.handle = handleOf(tcb);
  record.events = tcb.signals;
  record.result = tcb.signals & Signal.CLOSED ? tcb.result : tcb.softError;
  record.reason = tcb.reason;
  tcb.signals = 0;
  return record.handle;
}

// The stack ----------------------------------------------------------------------

/** Adds the local address of the ENDPOINT window, with a prefix of so many bits of its family. */
export function addAddress(prefixLength: u32): i32 {
  if (!isReady()) return -Result.NOT_INITIALISED;
  const at = sockets();
  return -addLocalAddress(at.local0, at.local1, prefixLength);
}

/** Changes a setting of the stack; INVALID_ARGUMENT when the value is out of its bounds. */
export function set(which: Setting, value: u32): i32 {
  if (!isReady()) return -Result.NOT_INITIALISED;
  if (!setSetting(which, value)) return -Result.INVALID_ARGUMENT;
  if (which == Setting.MTU) pathsChanged();
  if (which == Setting.PORT_SHARES || which == Setting.PORT_SHARE) forgetAllPorts();
  return Result.OK;
}

/** A setting of the stack; 0 where there is none of that number. */
export function get(which: Setting): u32 {
  return <u32>which < <u32>Setting.COUNT ? setting(which) : 0;
}

/**
 * Queues an ICMP echo request to the remote address of the ENDPOINT window, with `length` octets of
 * text.
 */
export function ping(sequence: u32, length: u32): i32 {
  if (!isReady()) return -Result.NOT_INITIALISED;
  if (length > <u32>TEXT_SIZE) return -Result.INVALID_ARGUMENT;
  return -sendEcho(sockets(), sequence, length);
}

// User calls (RFC 9293 §3.10.1 to §3.10.6) ------------------------------------------

/** Makes a connection in CLOSED, for `setOption` and then OPEN; answers its handle. */
export function create(): i32 {
  return isReady() ? createTcb() : -Result.NOT_INITIALISED;
}

/**
 * Gives a connection in CLOSED the IPv4 source route of its active OPEN (§3.9.2.1): the text window
 * holds the IP option, LSRR or SSRR, of `length` octets, with one to nine hops and without the
 * destination. No octets take the route away.
 */
export function sourceRoute(handle: u32, length: u32): i32 {
  const tcb = fromHandle(handle);
  return tcb == null ? stale() : -setSourceRoute(tcb, TEXT, length);
}

/** Active OPEN to the sockets of the ENDPOINT window (§3.10.1). OPENED or CLOSED follows. */
export function connect(handle: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  return called(tcb, Call.OPEN, -openActive(tcb, sockets()));
}

/** Passive OPEN on the local socket of the ENDPOINT window (§3.10.1). ACCEPTABLE follows. */
export function listen(handle: u32, backlog: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  return called(tcb, Call.OPEN, -openPassive(tcb, sockets(), backlog));
}

/**
 * The next SYN that a listener's user is to decide about (Option.ASK): answers 1, and the ENDPOINT
 * window has its sockets; 0 when there is none.
 */
export function asked(handle: u32): i32 {
  const tcb = fromHandle(handle);
  return tcb == null ? stale() : askedOf(tcb, sockets());
}

/**
 * Decides about the SYN between the sockets of the ENDPOINT window; CONNECTION_DOES_NOT_EXIST when
 * it waits no more.
 */
export function decide(decision: Decision): i32 {
  return isReady() ? -decideAbout(sockets(), decision) : -Result.NOT_INITIALISED;
}

/** Takes the oldest connection of a listener; answers its handle, 0 when there is none. */
export function accept(handle: u32): i32 {
  const tcb = fromHandle(handle);
  return tcb == null ? stale() : acceptFrom(tcb);
}

/** SEND (§3.10.2) of `length` octets of the text window; answers octets taken. */
export function send(handle: u32, length: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  if (length > <u32>TEXT_SIZE) return -Result.INVALID_ARGUMENT;
  return called(tcb, Call.SEND, sendText(tcb, TEXT, length));
}

/**
 * Lends room for SEND (§3.10.2): the PIECES window lists where up to `length` octets may be
 * written, and the answer is how many, as SEND's. They are the host's until `commit`, which is to
 * be the next call of this connection.
 */
export function lend(handle: u32, length: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  if (length > <u32>TEXT_SIZE) return -Result.INVALID_ARGUMENT;
  return lendRoom(tcb, length);
}

/** SEND (§3.10.2) of the first `length` octets of what `lend` has listed. */
export function commit(handle: u32, length: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  return called(tcb, Call.SEND, commitText(tcb, length));
}

/** Marks what SEND has taken so far as urgent (§3.8.5); SHLD-13: new applications should not. */
export function urgent(handle: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  return called(tcb, Call.URGENT, -markUrgent(tcb));
}

/** RECEIVE (§3.10.3) of up to `length` octets into the text window; answers octets received. */
export function receive(handle: u32, length: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  return called(tcb, Call.RECEIVE, receiveText(tcb, TEXT, min<u32>(length, <u32>TEXT_SIZE)));
}

/**
 * What RECEIVE would give: the PIECES window lists where up to `length` octets of text lie, until
 * the next call of this connection.
 */
export function peek(handle: u32, length: u32): i32 {
  const tcb = fromHandle(handle);
  return tcb == null ? stale() : peekText(tcb, min<u32>(length, <u32>TEXT_SIZE));
}

/** RECEIVE (§3.10.3) of up to `length` octets that are copied nowhere; answers how many. */
export function take(handle: u32, length: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  return called(tcb, Call.RECEIVE, takeText(tcb, min<u32>(length, 0x7fff_ffff)));
}

/** CLOSE (§3.10.4): no more text will be sent. */
export function close(handle: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  return called(tcb, Call.CLOSE, -closeTcb(tcb));
}

/** ABORT (§3.10.5): the connection ends at once, with a RST. */
export function abort(handle: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  return called(tcb, Call.ABORT, -abortTcb(tcb, Reason.USER_ABORT));
}

/** Lets go of a handle, which is stale from here on; the connection ends in its own time. */
export function release(handle: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  called(tcb, Call.RELEASE, Result.OK);
  releaseTcb(tcb);
  return Result.OK;
}

/** STATUS (§3.10.6): fills the STATUS window. */
export function status(handle: u32): i32 {
  const tcb = fromHandle(handle);
  if (tcb == null) return stale();
  statusOf(tcb);
  return Result.OK;
}

/**
 * Fills STATUS with the next record of all; begin with 0, go on with what it answers until that is
 * 0.
 */
export function nextStatus(cursor: u32): u32 {
  return isReady() ? nextStatusOf(cursor) : 0;
}

/** Sets an option of a connection or listener. */
export function setOption(handle: u32, option: Option, value: u32): i32 {
  const tcb = fromHandle(handle);
  return tcb == null ? stale() : -setTcbOption(tcb, option, value);
}

function called(tcb: Tcb, call: Call, result: i32): i32 {
  trace(TraceKind.CALL, handleOf(tcb), <State>tcb.state, Reason.NONE, call, result, result, 0);
  return result;
}
