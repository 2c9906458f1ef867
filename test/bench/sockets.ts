/**
 * What the benches ask of the kernel's sockets: blocking calls through koffi, with one large buffer
 * each. Node's streams would be measured otherwise, and not the kernel.
 */
import { type Libc, SystemError } from '../../host-node/libc.ts';
import { parseAddress } from '../../host-web/address.ts';

export const AF_INET = 2;
export const EAGAIN = 11;
/** Octets given to one `send` or `recv`. */
export const BUFFER_SIZE = 256 * 1024;

const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_INFO = 11;
const TCP_CONGESTION = 13;
/** `tcpi_total_retrans` of struct tcp_info (linux/tcp.h). */
const TOTAL_RETRANS = 100;

/** struct sockaddr_in. */
export function socketAddress(address: string, port: number): Uint8Array {
  const octets = new Uint8Array(16);
  new Uint16Array(octets.buffer)[0] = AF_INET;
  new DataView(octets.buffer).setUint16(2, port);
  octets.set(parseAddress(address) ?? [], 4);
  return octets;
}

/** What a call answered. @throws SystemError where that is an error */
export function check(result: number, c: Libc, syscall: string): number {
  if (result < 0) throw new SystemError(`${syscall} failed`, syscall, c.errno());
  return result;
}

/**
 * Chooses a socket's congestion control; answers what it really uses: a namespace may not be
 * allowed to choose.
 */
export function chooseCongestion(c: Libc, fd: number, name: string): string {
  const wanted = new TextEncoder().encode(name);
  c.setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, wanted, wanted.length);
  const actual = new Uint8Array(16);
  const length = new Uint32Array([actual.length]);
  check(c.getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, actual, length), c, 'getsockopt');
  return new TextDecoder().decode(actual).replace(/\0.*$/s, '');
}

/** Has a socket send a short text at once (TCP_NODELAY). */
export function sendAtOnce(c: Libc, fd: number): void {
  const on = new Uint8Array(new Int32Array([1]).buffer);
  check(c.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, on, on.length), c, 'setsockopt');
}

/** Lets `recv` on a socket wait no longer than that; it fails with EAGAIN then. */
export function limitReceiving(c: Libc, fd: number, ms: number): void {
  const time = new BigInt64Array([BigInt(Math.floor(ms / 1000)), BigInt((ms % 1000) * 1000)]);
  const octets = new Uint8Array(time.buffer);
  check(c.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, octets, octets.length), c, 'setsockopt');
}

/** Segments a connection has sent again. */
export function retransmissionsOf(c: Libc, fd: number): number {
  const info = new Uint8Array(256);
  const length = new Uint32Array([info.length]);
  check(c.getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, length), c, 'getsockopt');
  return new Uint32Array(info.buffer)[TOTAL_RETRANS / 4]!;
}
