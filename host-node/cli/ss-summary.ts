/**
 * `ss -s`: how many sockets there are, in the lines and by the rules of ss(8).
 *
 * Its rules are the kernel's: a connection counts as established in CLOSE-WAIT too, one that waits
 * in TIME-WAIT as closed, and one in a SYN queue is no socket yet. Not here: the row of fragments,
 * of which a process does not tell.
 */
import type { TcpInfo } from '../../host-web/inspect.ts';

/** Counts of sockets, by the words of `ss -s`. */
export interface SocketCounts {
  readonly total: number;
  readonly estab: number;
  readonly closed: number;
  readonly orphaned: number;
  readonly timewait: number;
  /** Those that are not closed, by the family of their address. */
  readonly ip: number;
  readonly ipv6: number;
}

/** Counts them. */
export function countSockets(sockets: readonly TcpInfo[]): SocketCounts {
  const held = sockets.filter(({ state, handle }) => state !== 'SYN-RECEIVED' || handle !== 0);
  const count = (is: (socket: TcpInfo) => boolean) => held.filter(is).length;
  const isClosed = ({ state }: TcpInfo) => state === 'CLOSED' || state === 'TIME-WAIT';
  const isIpv6 = ({ localAddress }: TcpInfo) => localAddress.includes(':');
  return {
    total: held.length,
    estab: count(({ state }) => state === 'ESTABLISHED' || state === 'CLOSE-WAIT'),
    closed: count(isClosed),
    orphaned: count((socket) => socket.released === true && !isClosed(socket)),
    timewait: count(({ state }) => state === 'TIME-WAIT'),
    ip: count((socket) => !isClosed(socket) && !isIpv6(socket)),
    ipv6: count((socket) => !isClosed(socket) && isIpv6(socket)),
  };
}

/** Prints them. */
export function summaryTable({
  total,
  estab,
  closed,
  orphaned,
  timewait,
  ip,
  ipv6,
}: SocketCounts): string {
  const row = (name: string, ...cells: readonly (number | string)[]) =>
    `${name}\t  ${cells.map((cell) => String(cell).padEnd(9)).join(' ')}`;
  const tcp = [ip + ipv6, ip, ipv6];
  const kinds = `estab ${estab}, closed ${closed}, orphaned ${orphaned}, timewait ${timewait}`;
  return [
    `Total: ${total}`,
    `TCP:   ${total} (${kinds})`,
    '',
    'Transport Total     IP        IPv6',
    row('RAW', 0, 0, 0),
    row('UDP', 0, 0, 0),
    row('TCP', ...tcp),
    row('INET', ...tcp),
    '',
  ].join('\n');
}
