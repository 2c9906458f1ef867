/** Every scenario there is, in the order a course would take them. */
import type { Scenario } from '../scenario.ts';
import handshake from './handshake.ts';

export const SCENARIOS: readonly Scenario[] = [handshake];
