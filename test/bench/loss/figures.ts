/**
 * Figures of the loss bench's runs.
 */
import type { Outcome } from './place.ts';

/** The middle one of some. */
export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}

/** Mbit/s that reached the receiver's user. */
export function goodputOf({ bitsPerSecond }: Outcome): number {
  return bitsPerSecond / 1e6;
}

/** Share of the round trip that the router may be late by before the row says so. */
const LATE = 0.1;
/** … and milliseconds that are always allowed. */
const LATE_MS = 0.5;

/** … and for how long it may stand still: half of the least that RTO is above SRTT. */
const STOOD_MS = 100;

/** Says where the router was late or stood still, which is then part of what was measured. */
export function latenessOf(rtt: number, outcomes: readonly Outcome[]): string {
  const late = Math.max(...outcomes.map((outcome) => outcome.late));
  const stood = Math.max(...outcomes.map((outcome) => outcome.stood));
  const remarks = [
    late > Math.max(LATE * rtt, LATE_MS) ? `router late by ${late.toFixed(1)} ms` : '',
    stood > STOOD_MS ? `router stood still for ${stood.toFixed(0)} ms` : '',
  ];
  return remarks.filter(Boolean).join('; ');
}
