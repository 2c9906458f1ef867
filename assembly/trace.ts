/**
 * The trace ring: what happened, in the order it happened, with the reason.
 *
 * Off by default; then each call costs one load and a branch. On, an event is 32 octets
 * (`TraceEvent` in `abi.ts`) in a ring whose capacity is a limit; the oldest are overwritten. The
 * host keeps its own reading position against `traceCount`, so nothing is lost silently: it sees
 * how many it missed.
 */
import { Reason, Setting, State, TraceEvent, TraceKind } from './abi';
import { setting } from './limits';
import { DROP_REASONS, DROPS, TRACER } from './memory';
import { now } from './time';

@unmanaged
class Tracer {
  base: u32;
  /** Events the ring holds, less one. */
  mask: u32;
  /** Events written since `init`. */
  written: u32;
}

/** Octets of an event in the ring. */
export const TRACE_EVENT_SIZE: u32 = 32;
if (offsetof<TraceEvent>() != TRACE_EVENT_SIZE) ERROR('a trace event is 32 octets');

function tracer(): Tracer {
  return changetype<Tracer>(TRACER);
}

/** Lays the ring at `base`; answers the address behind it. */
export function layTrace(base: u64, events: u32): u64 {
  const t = tracer();
  t.base = <u32>base;
  t.mask = events - 1;
  t.written = 0;
  return base + <u64>events * TRACE_EVENT_SIZE;
}

/** Events written since `init`, modulo 2^32. */
export function traceCount(): u32 {
  return tracer().written;
}

/** Address of the ring; event n lies at its n-th place modulo the configured capacity. */
export function traceBase(): u32 {
  return tracer().base;
}

/** Whether anybody looks; callers with work to do for an event ask first. */
export function tracing(): bool {
  return setting(Setting.TRACE) != 0;
}

/** Writes one event; the meaning of the four numbers stands at its TraceKind. */
export function trace(
  kind: TraceKind,
  handle: u32,
  state: State,
  reason: Reason,
  a: u32,
  b: u32,
  c: u32,
  d: u32,
): void {
  if (!tracing()) return;
  const t = tracer();
  assert(t.base != 0 && <u32>kind <= <u32>TraceKind.NOTE && <u32>reason < DROP_REASONS);
  const event = changetype<TraceEvent>(<usize>t.base + (t.written & t.mask) * TRACE_EVENT_SIZE);
  t.written++;
  event.at = now();
  event.handle = handle;
  event.kind = <u8>kind;
  event.state = <u8>state;
  event.reason = <u16>reason;
  event.a = a;
  event.b = b;
  event.c = c;
  event.d = d;
}

/** The third number of a segment's event. What is beyond 256 segments is not told. */
export function tracedLength(text: u32, segments: u32, ctl: u32): u32 {
  return (text << 16) | (min<u32>(segments - 1, 0xff) << 8) | (ctl & 0xff);
}

/** A packet, or a segment of no connection, was dropped. */
export function traceDrop(reason: Reason, a: u32, b: u32, c: u32): void {
  traceDropOf(0, State.CLOSED, reason, a, b, c);
}

/**
 * A segment for a record was dropped. All that is dropped, anywhere, comes through here, and is
 * counted by its reason whether anybody traces or not.
 */
export function traceDropOf(
  handle: u32,
  state: State,
  reason: Reason,
  a: u32,
  b: u32,
  c: u32,
): void {
  assert(<u32>reason < DROP_REASONS);
  const counter = DROPS + 8 * <usize>reason;
  store<u64>(counter, load<u64>(counter) + 1);
  trace(TraceKind.DROP, handle, state, reason, reason, a, b, c);
}
