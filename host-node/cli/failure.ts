/**
 * Exit codes, and the failures that have one: a sentence for the user, and often the command that
 * helps.
 *
 * Here is also the line between what the world outside did (a full disk, an unknown name, a server
 * that speaks no HTTP) and what can only be a slip of ours: the former has a code of the system, of
 * the resolver, of HTTP's reader or of TLS; the latter has none, or one of Node's for misuse.
 */
import { getSystemErrorMap } from 'node:util';
import { SocketError } from '../../host-web/errors.ts';

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

/** What Node says of a resolver's answers is a code alone. */
const LOOKUPS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  EAI_NONAME: 'there is no such name',
  EAI_NODATA: 'the name has no address',
  EAI_ADDRFAMILY: 'the name has no address of that family',
  EAI_AGAIN: 'no name server answers',
  EAI_FAIL: 'the name server fails',
};

/** Errors Node gives a code of its own, and which others cause. */
const OUTSIDE: readonly (readonly [code: RegExp, sentence: string])[] = [
  [/^HPE_/, 'what came is not HTTP'],
  [/^(EPROTO|ERR_(SSL|TLS)_.*)$/, 'TLS could not be agreed on'],
  // OpenSSL's names of what is wrong with a certificate, as Node's manual of tls lists them.
  [/^(CERT|CRL)_/, 'the certificate is not trusted'],
  [/SELF_SIGNED|^UNABLE_TO_|^ERROR_IN_C/, 'the certificate is not trusted'],
  [/^(INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/, 'the certificate is not trusted'],
  [/^HOSTNAME_MISMATCH$/, 'the certificate is for another name'],
  [/^ERR_STREAM_PREMATURE_CLOSE$/, 'the other side ended in the middle'],
];

interface Coded extends Error {
  readonly code: string;
  readonly errno?: number | string;
  readonly syscall?: string;
  readonly hostname?: string;
  readonly reason?: string;
}

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
    if (!isCoded(error)) return undefined;
    const sentence = sentenceOf(error);
    if (sentence === undefined) return undefined;
    return new Failure(sentence, CODES[error.code] ?? Exit.FAILED, error);
  }

  /** As `from`, of an error that came while doing `what`: "cannot write big". */
  static while(what: string, error: unknown, exitCode?: number): Failure {
    const { code } = error as { code?: string };
    return new Failure(
      `${what}: ${reasonOf(error)}`,
      exitCode ?? CODES[code ?? ''] ?? Exit.FAILED,
      error,
    );
  }
}

function isCoded(error: unknown): error is Coded {
  return error instanceof Error && typeof (error as { code?: unknown }).code === 'string';
}

/** What happened, for the end of a sentence: "no space left on device (ENOSPC)". */
export function reasonOf(error: unknown): string {
  if (!isCoded(error)) return error instanceof Error ? error.message : String(error);
  const { code, message } = error;
  const known = nameOfErrno(code);
  if (known === undefined && message.includes(code)) return message;
  return `${known ?? message} (${code})`;
}

/** The system's words for an errno's name. */
function nameOfErrno(code: string): string | undefined {
  for (const [name, sentence] of getSystemErrorMap().values()) {
    if (name === code) return sentence;
  }
  return undefined;
}

function sentenceOf(error: Coded): string | undefined {
  const { code, syscall, hostname, reason } = error;
  if (syscall === 'getaddrinfo' || code.startsWith('EAI_')) {
    const what = `cannot look up ${hostname === undefined ? 'the name' : `'${hostname}'`}`;
    const why = LOOKUPS[code] ?? nameOfErrno(code);
    const help = hostname === undefined ? '' : `\n  getent hosts ${hostname}`;
    return `${what}: ${why === undefined ? code : `${why} (${code})`}${help}`;
  }
  const outside = OUTSIDE.find(([pattern]) => pattern.test(code));
  if (outside !== undefined) {
    // OpenSSL's message is for its own people, but for one part.
    const [, said = error.message] = /:SSL routines:[^:]*:([^:]+)/.exec(error.message) ?? [];
    return `${outside[1]}: ${reason ?? said} (${code})`;
  }
  // Errors of the system and of sockets; of ours the stack knows why.
  if (!/^(E[A-Z0-9]+|UNKNOWN)$/.test(code)) return undefined;
  const why = error.cause instanceof SocketError ? error.cause.reason : '';
  return `${error.message || reasonOf(error)}${why === '' ? '' : `: ${why}`}`;
}
