/** What every verb is to the command line. */
import type { Arguments, Flags } from './arguments.ts';
import type { Staying } from './foreground.ts';

/** One verb: its help, its flags, and what it does. */
export interface Verb {
  /** At most 24 lines, with two examples. */
  readonly help: string;
  readonly flags: Flags;
  /** Of a verb that stays up, what it adds to a stack: each of its threads starts that. */
  stay?(args: Arguments): Staying;
  /** Answers the exit code. */
  run(args: Arguments): Promise<number>;
}
