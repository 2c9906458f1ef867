/**
 * The receiving end of the loss bench: Linux, with blocking calls.
 */
import { closeSync } from 'node:fs';
import { type Libc, SOCK_STREAM } from '../../../host-node/libc.ts';
import { AF_INET, BUFFER_SIZE, check, EAGAIN, limitReceiving, socketAddress } from '../sockets.ts';
import { type End, portOf, type Received, type Reply } from './place.ts';

/** The longest that `recv` may wait for a stream, milliseconds: the end comes no later. */
const WAIT = 50;

/** Accepts what the sender opens, and takes in what there is to be taken. */
export function receive(c: Libc, end: End): Received {
  const listener = check(c.socket(AF_INET, SOCK_STREAM, 0), c, 'socket');
  const address = socketAddress('0.0.0.0', portOf(end));
  check(c.bind(listener, address, address.length), c, 'bind');
  check(c.listen(listener, 1), c, 'listen');
  console.log('ready');
  const accept = () => check(c.accept(listener, null, null), c, 'accept');
  const buffer = new Uint8Array(BUFFER_SIZE);
  const { work } = end;
  if (work.kind === 'stream') {
    const { seconds, from = 0 } = work;
    return { bitsPerSecond: stream(c, accept(), buffer, 1000 * from, 1000 * seconds), took: [] };
  }
  const took = Array.from({ length: work.connections }, () =>
    askFor(c, accept(), buffer, work.replies),
  );
  return { bitsPerSecond: 0, took };
}

/** Octets a millisecond, as bits a second, between two times after the connection's begin. */
function stream(c: Libc, fd: number, buffer: Uint8Array, from: number, until: number): number {
  limitReceiving(c, fd, WAIT);
  const startedAt = performance.now();
  const at = c.address(buffer);
  let octets = 0;
  let now = startedAt;
  let countedFrom = startedAt;
  while (now - startedAt < until) {
    const length = c.recv(fd, at, buffer.length, 0);
    now = performance.now();
    if (length === 0) throw new Error('the sender has ended too early');
    if (length < 0 && c.errno() !== EAGAIN) check(length, c, 'recv');
    if (now - startedAt < from) countedFrom = now;
    else if (length > 0) octets += length;
  }
  return (8000 * octets) / (now - countedFrom);
}

/** Asks for replies; answers how long the last of them took, in milliseconds. */
function askFor(c: Libc, fd: number, buffer: Uint8Array, replies: readonly Reply[]): number {
  const at = c.address(buffer);
  let askedAt = 0;
  for (const { octets, pause } of replies) {
    if (pause > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    askedAt = performance.now();
    check(c.send(fd, at, 1, 0), c, 'send');
    for (let left = octets; left > 0; ) {
      const length = check(c.recv(fd, at, Math.min(left, buffer.length), 0), c, 'recv');
      if (length === 0) throw new Error('the sender has ended too early');
      left -= length;
    }
  }
  const took = performance.now() - askedAt;
  closeSync(fd);
  return took;
}
