/** The errors of calls that fail at once, and why no local port was free, with the numbers. */
import { Memory, Result, Setting } from '../abi.ts';
import { describeEndpoint, parseNamedEndpoint, type SocketAddress } from '../address.ts';
import type { Core } from '../core.ts';
import { SocketError, type Syscall } from '../errors.ts';
import { readSockets } from '../inspect.ts';

/** The error of a call that failed before anything was sent. */
export function failure(
  core: Core,
  syscall: Syscall,
  result: Result,
  address: string,
  port: number,
): SocketError {
  const init = { syscall, result, address, port };
  const isExhausted = result === Result.NO_PORT_AVAILABLE;
  return new SocketError(isExhausted ? { ...init, detail: exhaustion(core, address, port) } : init);
}

/** The error of a name where an address belongs. */
export function notFound(syscall: Syscall, hostname: string, port?: number): SocketError {
  return new SocketError({
    syscall,
    result: Result.INVALID_ARGUMENT,
    code: 'ENOTFOUND',
    address: hostname,
    ...(port !== undefined && { port }),
    detail: 'a stack has no resolver, give it the address',
  });
}

/**
 * The error of a host name and a port, where an address and a port belong.
 *
 * @throws TypeError where it is not that either
 */
export function noAddress(syscall: Syscall, given: string | SocketAddress): SocketError {
  const named = parseNamedEndpoint(given);
  if (named !== undefined) return notFound(syscall, named.hostname, named.port);
  throw new TypeError(
    `${describeEndpoint(given)} is not an address and a port, such as 10.0.0.2:80`,
  );
}

/**
 * Why every port towards a remote socket is taken (RFC 6056, RFC 6191): how many there are, how
 * many of them are in TIME-WAIT and for how long, and so how many connections a second that allows.
 */
function exhaustion(core: Core, address: string, port: number): string {
  const ports = Math.floor(Memory.EPHEMERAL_PORTS / core.get(Setting.PORT_SHARES));
  const seconds = core.get(Setting.TIME_WAIT_MS) / 1000;
  const waiting = readSockets(core).filter(
    ({ state, remoteAddress, remotePort }) =>
      state === 'TIME-WAIT' && remoteAddress === address && remotePort === port,
  ).length;
  if (waiting === 0) return `no local port is free towards it: ${ports} are all in use`;
  const reuse =
    core.get(Setting.TW_REUSE) === 1
      ? 'tcp_tw_reuse finds none of them that has timestamps and is a second old (RFC 6191)'
      : 'tcp_tw_reuse 1 lifts that where both sides have timestamps (RFC 6191)';
  return (
    `no local port is free towards it: of ${ports} ports ${waiting} are in TIME-WAIT for ` +
    `${seconds} s each, which allows ${Math.floor(ports / seconds)} connections a second; ${reuse}`
  );
}
