/**
 * How long a packet is on the way over a scenario's link: what the ladder's scale is made of.
 */
import { duration } from '../../units.ts';
import type { Scenario } from '../../sim/scenario.ts';

/** Milliseconds, of the slower way. */
export function flightOf(spec: Scenario | undefined): number {
  const { delay = 0, ways } = spec?.link ?? {};
  const own = Object.values(ways ?? {}).map((way) => duration(way.delay ?? delay));
  return Math.max(duration(delay), ...own);
}
