/** What every verb is to the command line. */
import type { Arguments, Flags } from './arguments.ts';

/** One verb: its help, its flags, and what it does. */
export interface Verb {
  /** At most 24 lines, with two examples. */
  readonly help: string;
  readonly flags: Flags;
  /** Answers the exit code. */
  run(args: Arguments): Promise<number>;
}
