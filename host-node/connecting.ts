/**
 * Where a socket connects to: what `net.connect` accepts, made into an address and a port.
 *
 * An address is taken as it is, synchronously. A name is looked up by the caller's `lookup` or by
 * `dns.lookup`, which asks the machine's resolver: the stack has none. Without a host, and for
 * `localhost`, it is the stack itself, by its loopback. Not here: happy eyeballs; the first address
 * that fits is taken.
 */
import { lookup as systemLookup } from 'node:dns';
import { isIP } from '../host-web/address.ts';
import { call } from '../host-web/callback.ts';
import type { TuningOptions } from '../host-web/raw/tuning.ts';
import { nodeError } from './node-error.ts';

/** As `dns.lookup` with one address. */
export type Lookup = (
  host: string,
  options: { family?: number; all?: false; hints?: number },
  done: (error: Error | null, address: string, family: number) => void,
) => void;

export interface ConnectOptions {
  readonly port?: number | string;
  readonly host?: string | null;
  readonly path?: string | null;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly family?: number;
  readonly lookup?: Lookup;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
  readonly timeout?: number;
  readonly allowHalfOpen?: boolean;
  readonly signal?: AbortSignal;
  readonly highWaterMark?: number;
  /** Options that `node:net` has no word for. */
  readonly tuning?: TuningOptions;
}

export interface Destination {
  readonly address: string;
  readonly port: number;
  readonly family: number;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/** The one name that needs no resolver (RFC 6761 §6.3): the stack itself, by its loopback. */
export const LOCALHOST = 'localhost';

/** The loopback's address of a family; IPv4's where none is asked for. */
export function loopbackOf(family: number | undefined): string {
  return family === 6 ? '::1' : '127.0.0.1';
}

type LookedUp = (error: Error | null, address?: string, family?: number) => void;

/**
 * Finds where to connect.
 *
 * @throws TypeError or RangeError for what no `net` would accept
 */
export function destinationOf(
  options: ConnectOptions,
  lookedUp: LookedUp,
): Destination | Promise<Destination> {
  if (typeof options.path === 'string') {
    throw withCode(new TypeError('there are no pipes in a TCP/IP stack'), 'ERR_INVALID_ARG_VALUE');
  }
  const port = readPort(options.port);
  const { localAddress, localPort } = options;
  const complete = (address: string): Destination => ({
    address,
    port,
    family: isIP(address),
    localAddress,
    localPort,
  });
  const host = options.host ?? LOCALHOST;
  if (isIP(host) !== 0) return complete(host);
  if (host === LOCALHOST && options.lookup === undefined) {
    return complete(loopbackOf(options.family));
  }
  return lookUp(host, options, lookedUp).then(complete);
}

function lookUp(host: string, options: ConnectOptions, lookedUp: LookedUp): Promise<string> {
  const lookup = options.lookup ?? (systemLookup as unknown as Lookup);
  const family = options.family ?? 0;
  return new Promise((resolve, reject) => {
    lookup(host, { family, all: false }, (error, address, found) => {
      call(() => lookedUp(error, address, found));
      if (error !== null && error !== undefined) reject(error);
      else if (isIP(address) === 0) reject(badAddress(host, address));
      else resolve(address);
    });
  });
}

function badAddress(host: string, address: string): Error {
  return nodeError('ERR_INVALID_IP_ADDRESS', undefined, `${host} has no IP address but ${address}`);
}

/** A port as `net` takes it: a number, or its text. @throws RangeError ERR_SOCKET_BAD_PORT */
export function readPort(port: unknown, least = 0): number {
  const isNumber = typeof port === 'number' || (typeof port === 'string' && port.trim() !== '');
  const number = isNumber ? Number(port) : Number.NaN;
  if (Number.isInteger(number) && number >= least && number <= 65_535) return number;
  const sentence = `Port should be >= ${least} and < 65536. Received ${String(port)}.`;
  throw withCode(new RangeError(sentence), 'ERR_SOCKET_BAD_PORT');
}

export function withCode<E extends Error>(error: E, code: string): E & { code: string } {
  return Object.assign(error, { code });
}

type ConnectListener = () => void;

/** `connect(port[, host][, listener])` and `connect(options[, listener])`. */
export function connectArguments(args: unknown[]): {
  options: ConnectOptions;
  listener: ConnectListener | undefined;
} {
  const last = args.at(-1);
  const listener = typeof last === 'function' ? (last as ConnectListener) : undefined;
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) {
    return { options: first as ConnectOptions, listener };
  }
  const host = typeof second === 'string' ? { host: second } : {};
  return { options: { port: first as number | string, ...host }, listener };
}
