/**
 * Errors: the one table from the core's `Result` to the codes POSIX and Node use, and
 * `SocketError`.
 *
 * The core says what happened in RFC 9293's words (`Result`) and why (`Reason`); here both become
 * one error with a code to compare and a sentence to read. Programmer errors are not here: they are
 * `TypeError` and `RangeError`, thrown before the door is touched.
 */
import { Reason, REASONS, Result } from './abi.ts';

/** The POSIX name of every result; `OK` has none. */
const CODES: Readonly<Record<Result, string>> = {
  [Result.OK]: '',
  [Result.CONNECTION_DOES_NOT_EXIST]: 'ENOTCONN',
  [Result.CONNECTION_ALREADY_EXISTS]: 'EADDRINUSE',
  [Result.CONNECTION_CLOSING]: 'EPIPE',
  [Result.CONNECTION_RESET]: 'ECONNRESET',
  [Result.CONNECTION_REFUSED]: 'ECONNREFUSED',
  [Result.REMOTE_SOCKET_UNSPECIFIED]: 'EDESTADDRREQ',
  [Result.CONNECTION_ILLEGAL_FOR_THIS_PROCESS]: 'EINVAL',
  [Result.INSUFFICIENT_RESOURCES]: 'ENOBUFS',
  [Result.ABORTED_DUE_TO_USER_TIMEOUT]: 'ETIMEDOUT',
  [Result.CONNECTION_ABORTED]: 'ECONNABORTED',
  [Result.NO_PORT_AVAILABLE]: 'EADDRNOTAVAIL',
  [Result.HOST_UNREACHABLE]: 'EHOSTUNREACH',
  [Result.NETWORK_UNREACHABLE]: 'ENETUNREACH',
  [Result.ADDRESS_NOT_AVAILABLE]: 'EADDRNOTAVAIL',
  [Result.ADDRESS_IN_USE]: 'EADDRINUSE',
  [Result.INVALID_ARGUMENT]: 'EINVAL',
  [Result.NOT_SUPPORTED_IN_THIS_STATE]: 'EOPNOTSUPP',
  [Result.NOT_INITIALISED]: 'EINVAL',
  [Result.DATAGRAM_TOO_LONG]: 'EMSGSIZE',
  [Result.BROADCAST_NOT_ALLOWED]: 'EACCES',
};

/** The POSIX name of a result: `ECONNRESET`. */
export function codeOf(result: Result): string {
  return CODES[result];
}

/** What happened where the core gave no reason of its own. */
const SENTENCES: Readonly<Partial<Record<Result, string>>> = {
  [Result.CONNECTION_DOES_NOT_EXIST]: 'there is no such connection',
  [Result.CONNECTION_ALREADY_EXISTS]: 'a connection between these two sockets exists already',
  [Result.CONNECTION_CLOSING]: 'this side of the connection has been closed',
  [Result.REMOTE_SOCKET_UNSPECIFIED]: 'the remote port is 0',
  [Result.CONNECTION_ILLEGAL_FOR_THIS_PROCESS]: 'the remote address is not one host',
  [Result.INSUFFICIENT_RESOURCES]: 'a limit chosen when the stack was created has been reached',
  [Result.NO_PORT_AVAILABLE]: 'no local port is free towards that remote socket',
  [Result.NETWORK_UNREACHABLE]: 'the stack has no address of that family',
  [Result.ADDRESS_NOT_AVAILABLE]: 'the local address is not one of the stack',
  [Result.ADDRESS_IN_USE]: 'another listener holds that local socket',
  [Result.ABORTED_DUE_TO_USER_TIMEOUT]: 'no answer came in time',
  [Result.CONNECTION_ABORTED]: 'this side has ended it',
  [Result.NOT_SUPPORTED_IN_THIS_STATE]: 'the call is not defined for that state',
  [Result.DATAGRAM_TOO_LONG]: 'no datagram is that long',
  [Result.BROADCAST_NOT_ALLOWED]: 'it is for everybody, which takes the option broadcast',
};

/** The call an error came from, as Node names it. */
export type Syscall =
  | 'connect'
  | 'listen'
  | 'accept'
  | 'read'
  | 'write'
  | 'close'
  | 'ping'
  | 'bind'
  | 'send';

/** What a `SocketError` is made of. */
export interface SocketErrorInit {
  syscall: Syscall;
  result: Result;
  /** Where POSIX has another name for it than for the result. */
  code?: string;
  reason?: Reason;
  address?: string;
  port?: number;
  cause?: unknown;
  /** What happened, where more is known than `result` and `reason` say. */
  detail?: string;
}

/** A connection, listener or call that failed. */
export class SocketError extends TypeError {
  override readonly name = 'SocketError';
  /** `ECONNREFUSED`, `ETIMEDOUT` …: the names of POSIX, as in Node. */
  readonly code: string;
  /** What happened, in a sentence. */
  readonly reason: string;
  /** Where the rule stands: `RFC 9293 §3.10.7.3`; empty where no rule is behind it. */
  readonly rfc: string;
  readonly syscall: Syscall;
  /** The core's own number. */
  readonly result: Result;
  readonly address: string | undefined;
  readonly port: number | undefined;

  constructor(init: SocketErrorInit) {
    const { syscall, result, address, port } = init;
    const code = init.code ?? CODES[result];
    const explained = explain(result, init.reason ?? Reason.NONE);
    const { rfc } = explained;
    const sentence = init.detail ?? explained.sentence;
    const where = address === undefined ? '' : ` ${host(address, port)}`;
    super(
      `${syscall} ${code}${where}${sentence === '' ? '' : `: ${sentence}`}`,
      init.cause === undefined ? undefined : { cause: init.cause },
    );
    this.code = code;
    this.reason = sentence;
    this.rfc = rfc;
    this.syscall = syscall;
    this.result = result;
    this.address = address;
    this.port = port;
  }
}

/**
 * Makes an error when it is first asked for, and answers the same from then on: to note where it
 * was made costs more than a connection's end, and often nobody looks.
 */
export function once<T>(make: () => T): () => T {
  let made: { readonly error: T } | undefined;
  return () => (made ??= { error: make() }).error;
}

function host(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const SENTENCE = /^(?<sentence>.*?)\.?(?: \((?<rfc>[^()]*(?:\(\d\))?[^()]*)\))?$/;

/** Splits "Sentence. (Source)" of the core's table. */
export function explain(result: Result, reason: Reason): { sentence: string; rfc: string } {
  const match = SENTENCE.exec(REASONS[reason] ?? '');
  const sentence = match?.groups?.['sentence'] ?? '';
  if (sentence === '') return { sentence: SENTENCES[result] ?? '', rfc: '' };
  return { sentence, rfc: match?.groups?.['rfc'] ?? '' };
}
