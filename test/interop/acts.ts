/** Every sequence there is, by the act it belongs to. */
import { ABORT } from './abort.ts';
import { CLOSE } from './close.ts';
import { HALF_OPEN } from './half-open.ts';
import { OPEN } from './open.ts';
import type { Sequence } from './scene.ts';

export const ACTS = {
  open: [...OPEN, ...HALF_OPEN],
  close: CLOSE,
  abort: ABORT,
} as const satisfies Record<string, readonly Sequence[]>;
