/**
 * Exit codes, and the failures that have one: a sentence for the user, and often the command that
 * helps.
 */

/** What the command line exits with. */
export const Exit = {
  OK: 0,
  FAILED: 1,
  USAGE: 2,
  NO_PERMISSION: 3,
  REFUSED: 4,
  TIMED_OUT: 5,
  INTERRUPTED: 130,
} as const;

const CODES: Readonly<Record<string, number>> = {
  ECONNREFUSED: Exit.REFUSED,
  ETIMEDOUT: Exit.TIMED_OUT,
  EPERM: Exit.NO_PERMISSION,
  EACCES: Exit.NO_PERMISSION,
};

/** Something that went wrong outside of netcell, said in a sentence. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = Exit.FAILED, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }

  /** The failure an error stands for; undefined when it is not one the outside world caused. */
  static from(error: unknown): Failure | undefined {
    if (error instanceof Failure) return error;
    if (!(error instanceof Error)) return undefined;
    const { code } = error as { code?: unknown };
    // Errors of the system and of sockets have such codes; slips of ours do not, or ERR_…
    if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return undefined;
    return new Failure(error.message, CODES[code] ?? Exit.FAILED, error);
  }
}
