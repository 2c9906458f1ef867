/** What a verb said, without its words about a long wait: on a busy machine any wait can be one. */
import type { Outcome } from './bundle.ts';

const PROGRESS = /^ {2}.* … \d+ s\n/gm;

export function withoutProgress(outcome: Outcome): Outcome {
  return { ...outcome, stderr: outcome.stderr.replace(PROGRESS, '') };
}
