/**
 * What the kernel's sockets do in a bench, at either end: the clients of whatever is measured, and
 * the servers behind a pair of virtual devices that it is measured against.
 */
import { closeSync } from 'node:fs';
import { koffi, type Libc, libc, SOCK_STREAM, SystemError } from '../../host-node/libc.ts';
import { PollSet, POLLIN, POLLOUT } from './poll.ts';
import {
  AF_INET,
  BUFFER_SIZE,
  check,
  chooseCongestion,
  EAGAIN,
  retransmissionsOf,
  sendAtOnce,
  socketAddress,
} from './sockets.ts';
import { quantile } from './statistics.ts';

const SOCK_NONBLOCK = 0o4000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const EINPROGRESS = 115;
const ECONNRESET = 104;
const BACKLOG = 511;

export interface Moved {
  readonly octets: number;
  readonly seconds: number;
  /** Segments the kernel has sent again. */
  readonly retransmissions: number;
}

export interface Asked {
  /** Replies a second. */
  readonly rate: number;
  /** Microseconds from a request to its reply. */
  readonly p50: number;
  readonly p99: number;
}

export interface Opened {
  /** Connections a second that were opened and closed. */
  readonly rate: number;
  readonly failed: number;
}

function open(c: Libc, address: string, port: number, type = SOCK_STREAM): number {
  const fd = check(c.socket(AF_INET, type, 0), c, 'socket');
  const to = socketAddress(address, port);
  check(c.connect(fd, to, to.length), c, 'connect');
  return fd;
}

function openMany(
  c: Libc,
  address: string,
  port: number,
  count: number,
  type = SOCK_STREAM,
): number[] {
  return Array.from({ length: count }, () => open(c, address, port, type));
}

/** A result of `send` or `recv` that does not wait: octets, or 0 where it would have to. */
function moved(c: Libc, result: number, syscall: string): number {
  if (result >= 0) return result;
  const errno = c.errno();
  if (errno === EAGAIN) return 0;
  throw new SystemError(`${syscall} failed`, syscall, errno);
}

// Clients -------------------------------------------------------------------------

/** Sends as much as goes on so many connections, until the other side has had all of it. */
export function pour(
  address: string,
  port: number,
  flows: number,
  seconds: number,
  congestion: string,
): Moved {
  const c = libc();
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  const fds = openMany(c, address, port, flows);
  for (const fd of fds) chooseCongestion(c, fd, congestion);
  const shutdown = koffi().load(null).func('int shutdown(int fd, int how)');
  const set = new PollSet(flows);
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let octets = 0;
  let retransmissions = 0;
  const end = (fd: number) => {
    retransmissions += retransmissionsOf(c, fd);
    shutdown(fd, SHUT_WR);
    // Closed by the other side once it has read everything.
    c.recv(fd, at, 1, 0);
    return false;
  };
  for (const fd of fds) {
    set.add(fd, POLLOUT, () => {
      if (performance.now() >= endsAt) return end(fd);
      octets += moved(c, c.send(fd, at, buffer.length, MSG_DONTWAIT | MSG_NOSIGNAL), 'send');
      return true;
    });
  }
  set.serve();
  return { octets, seconds: (performance.now() - startedAt) / 1000, retransmissions };
}

/** Reads so many connections to their ends. */
export function drain(address: string, port: number, flows: number): Moved {
  const c = libc();
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  const set = new PollSet(flows);
  const startedAt = performance.now();
  let octets = 0;
  for (const fd of openMany(c, address, port, flows)) {
    set.add(fd, POLLIN, () => {
      const length = check(c.recv(fd, at, buffer.length, 0), c, 'recv');
      octets += length;
      return length > 0;
    });
  }
  set.serve();
  return { octets, seconds: (performance.now() - startedAt) / 1000, retransmissions: 0 };
}

/**
 * Asks on so many connections, on each again when the reply is whole. All replies are as long as
 * the first, which is what has come when nothing more does for a while.
 */
export function ask(
  address: string,
  port: number,
  flows: number,
  seconds: number,
  request: Uint8Array,
  type = SOCK_STREAM,
): Asked {
  const c = libc();
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  const asking = c.address(request);
  const fds = openMany(c, address, port, flows, type);
  if (type === SOCK_STREAM) for (const fd of fds) sendAtOnce(c, fd);
  const length = lengthOfReply(c, fds[0]!, request, at);
  const set = new PollSet(flows);
  const took: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  for (const fd of fds) {
    let left = length;
    let askedAt = performance.now();
    check(c.send(fd, asking, request.length, 0), c, 'send');
    set.add(fd, POLLIN, () => {
      const got = check(c.recv(fd, at, left, 0), c, 'recv');
      if (got === 0) throw new Error('a connection has ended too early');
      left -= got;
      if (left > 0) return true;
      const now = performance.now();
      took.push(1000 * (now - askedAt));
      if (now >= endsAt) return false;
      left = length;
      askedAt = now;
      check(c.send(fd, asking, request.length, 0), c, 'send');
      return true;
    });
  }
  set.serve();
  const rate = (1000 * took.length) / (performance.now() - startedAt);
  return { rate, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}

/** Octets of one reply; the first requests are also the ones that nothing is warm for. */
function lengthOfReply(c: Libc, fd: number, request: Uint8Array, at: number): number {
  check(c.send(fd, c.address(request), request.length, 0), c, 'send');
  let length = check(c.recv(fd, at, BUFFER_SIZE, 0), c, 'recv');
  const endsAt = performance.now() + 100;
  while (performance.now() < endsAt) {
    length += moved(c, c.recv(fd, at, BUFFER_SIZE, MSG_DONTWAIT), 'recv');
  }
  return length;
}

/** Opens connections that the other side closes at once, so many at a time. */
export function openAndClose(
  address: string,
  port: number,
  atOnce: number,
  seconds: number,
): Opened {
  const c = libc();
  const to = socketAddress(address, port);
  const octet = new Uint8Array(1);
  const at = c.address(octet);
  const set = new PollSet(2 * atOnce);
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let done = 0;
  let failed = 0;
  const begin = () => {
    const fd = check(c.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), c, 'socket');
    if (c.connect(fd, to, to.length) < 0 && c.errno() !== EINPROGRESS) check(-1, c, 'connect');
    set.add(fd, POLLIN, () => {
      if (c.recv(fd, at, octet.length, 0) === 0) done++;
      else failed++;
      if (performance.now() < endsAt) begin();
      return false;
    });
  };
  for (let i = 0; i < atOnce; i++) begin();
  // A second more for those that are under way.
  set.serve(endsAt + 1000);
  return { rate: done / seconds, failed };
}

// Servers -------------------------------------------------------------------------

/** A listener; what it accepts is `serve`d, and it says so when it is there. */
function listen(port: number, serve: (fd: number, set: PollSet) => void): PollSet {
  const c = libc();
  const listener = check(c.socket(AF_INET, SOCK_STREAM, 0), c, 'socket');
  const address = socketAddress('0.0.0.0', port);
  check(c.bind(listener, address, address.length), c, 'bind');
  check(c.listen(listener, BACKLOG), c, 'listen');
  const set = new PollSet(1024);
  set.add(listener, POLLIN, () => {
    serve(check(c.accept(listener, null, null), c, 'accept'), set);
    return true;
  });
  return set;
}

/** Reads what comes on each connection, and closes it at its end. */
export function sink(port: number): PollSet {
  const c = libc();
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  return listen(port, (fd, set) => {
    set.add(fd, POLLIN, () => check(c.recv(fd, at, buffer.length, 0), c, 'recv') > 0);
  });
}

/** Sends as much as goes on each connection, for so long. */
export function source(port: number, seconds: number): PollSet {
  const c = libc();
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  return listen(port, (fd, set) => {
    const endsAt = performance.now() + seconds * 1000;
    set.add(fd, POLLOUT, () => {
      moved(c, c.send(fd, at, buffer.length, MSG_DONTWAIT | MSG_NOSIGNAL), 'send');
      return performance.now() < endsAt;
    });
  });
}

/** Sends back what comes. */
export function echo(port: number): PollSet {
  const c = libc();
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  return listen(port, (fd, set) => {
    sendAtOnce(c, fd);
    set.add(fd, POLLIN, () => {
      const length = c.recv(fd, at, buffer.length, 0);
      if (length < 0 && c.errno() === ECONNRESET) return false;
      return length > 0 && check(c.send(fd, at, length, MSG_NOSIGNAL), c, 'send') > 0;
    });
  });
}

/** Closes each connection at once. */
export function closer(port: number): PollSet {
  return listen(port, (fd) => closeSync(fd));
}
