/**
 * Time as the core knows it: a number the host hands in with `poll`, and nothing else (law 1).
 *
 * An Instant counts microseconds since the host's epoch; zero means "never", so a host's clock
 * starts at one or later. Durations are Micros. Milliseconds as f64 exist at the door only
 * (`index.ts`).
 */
import { CLOCK } from './memory';

/** Microseconds since the host's epoch; 0 is "not set". */
export type Instant = u64;
/** A duration in microseconds, at most 71 minutes; longer ones are computed as Instant. */
export type Micros = u32;

/** Microseconds in a millisecond. */
export const MILLISECOND: u32 = 1_000;
/** Microseconds in a second. */
export const SECOND: u32 = 1_000_000;

/** The Instant of the latest `poll`. */
export function now(): Instant {
  return load<u64>(CLOCK);
}

/** The same in milliseconds, modulo 2^32. */
export function millisNow(): u32 {
  return load<u32>(CLOCK, 8);
}

/** The same in seconds, modulo 2^32. */
export function secondsNow(): u32 {
  return load<u32>(CLOCK, 12);
}

/** Sets the clock; it never runs backwards, so a host whose clock jumps back stands still here. */
export function setNow(at: Instant): void {
  if (at <= now()) return;
  store<u64>(CLOCK, at);
  // Divided once, for each segment asks for one or the other.
  store<u32>(CLOCK, <u32>(at / MILLISECOND), 8);
  store<u32>(CLOCK, <u32>(at / SECOND), 12);
}

/** The Instant `millis` milliseconds from now. */
export function afterMillis(millis: u32): Instant {
  return now() + <u64>millis * MILLISECOND;
}
