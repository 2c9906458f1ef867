/** Errors in Node's shape: `code`, `errno`, `syscall`, `address`, `port`, as programs compare. */
import { constants } from 'node:os';
import { SocketError } from '../host-web/errors.ts';

export interface NodeError extends Error {
  code: string;
  errno?: number;
  syscall?: string;
  address?: string;
  port?: number;
}

/** libuv's number of an errno: negated, as Node shows it. */
function numberOf(code: string): number | undefined {
  const number = (constants.errno as Record<string, number>)[code];
  return number === undefined ? undefined : -number;
}

/** Makes an error with a code; `sentence` says what happened. */
export function nodeError(code: string, syscall: string | undefined, sentence: string): NodeError {
  const isSystem = !code.startsWith('ERR_');
  const message = isSystem ? `${syscall} ${code}: ${sentence}` : sentence;
  const error = new Error(message) as NodeError;
  error.code = code;
  if (syscall !== undefined && isSystem) error.syscall = syscall;
  const errno = numberOf(code);
  if (errno !== undefined) error.errno = errno;
  return error;
}

/** The stack's error with what Node's have besides. */
export function asNodeError(error: unknown): Error {
  if (!(error instanceof SocketError)) return error as Error;
  const errno = numberOf(error.code);
  return errno === undefined ? error : Object.assign(error, { errno });
}
