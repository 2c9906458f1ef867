/**
 * The other process of the raw measurements: the kernel's side, driven as hard as it goes.
 *
 *   flood ADDRESS PORT SIZE SECONDS     UDP datagrams of SIZE octets, as fast as it goes
 *   sink                                accept one TCP connection on 127.0.0.1, read it to its end
 *   source PORT SECONDS CONGESTION [ADDRESS]   connect to that sink, or elsewhere, and write
 *   drain PORT ADDRESS                  connect and read to the end
 *
 * `sink` and `source` say what they did as one line of JSON.
 */
import { closeSync } from 'node:fs';
import { type Libc, libc, SOCK_DGRAM, SOCK_STREAM, SystemError } from '../../host-node/libc.ts';
import { stayOn } from './core.ts';
import { AF_INET, BUFFER_SIZE, check, chooseCongestion, EAGAIN, socketAddress } from './sockets.ts';

const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const ECONNREFUSED = 111;
const ENOBUFS = 105;

function flood(c: Libc, address: string, port: number, size: number, seconds: number): void {
  const fd = check(c.socket(AF_INET, SOCK_DGRAM, 0), c, 'socket');
  const to = socketAddress(address, port);
  check(c.connect(fd, to, to.length), c, 'connect');
  // One call, many datagrams (udp(7), UDP_SEGMENT): the sender must not be what is measured.
  const batch = Math.min(64, Math.floor(65000 / size));
  const segment = new Uint8Array(new Int32Array([size]).buffer);
  const segmented = c.setsockopt(fd, SOL_UDP, UDP_SEGMENT, segment, 4) === 0;
  const buffer = new Uint8Array(batch * size);
  const at = c.address(buffer);
  const length = segmented ? batch * size : size;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    for (let count = 0; count < 64; count++) {
      if (c.send(fd, at, length, 0) >= 0) continue;
      const errno = c.errno();
      if (errno === EAGAIN || errno === ENOBUFS || errno === ECONNREFUSED) continue;
      throw new SystemError('send failed', 'send', errno);
    }
  }
  closeSync(fd);
}

function sink(c: Libc): void {
  const listener = check(c.socket(AF_INET, SOCK_STREAM, 0), c, 'socket');
  const address = socketAddress('127.0.0.1', 0);
  check(c.bind(listener, address, address.length), c, 'bind');
  check(c.listen(listener, 1), c, 'listen');
  check(c.getsockname(listener, address, new Uint32Array([address.length])), c, 'getsockname');
  console.log(new DataView(address.buffer).getUint16(2));
  const fd = check(c.accept(listener, null, null), c, 'accept');
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  let octets = 0;
  let startedAt = 0;
  for (;;) {
    const length = check(c.recv(fd, at, buffer.length, 0), c, 'recv');
    if (length === 0) break;
    if (octets === 0) startedAt = performance.now();
    octets += length;
  }
  console.log(JSON.stringify({ octets, seconds: (performance.now() - startedAt) / 1000 }));
  closeSync(fd);
  closeSync(listener);
}

function source(c: Libc, port: number, seconds: number, congestion: string, address: string): void {
  const fd = check(c.socket(AF_INET, SOCK_STREAM, 0), c, 'socket');
  const actual = chooseCongestion(c, fd, congestion);
  const to = socketAddress(address, port);
  check(c.connect(fd, to, to.length), c, 'connect');
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    for (let count = 0; count < 16; count++) {
      check(c.send(fd, at, buffer.length, 0), c, 'send');
    }
  }
  closeSync(fd);
  console.log(JSON.stringify({ congestion: actual }));
}

function drain(c: Libc, port: number, from: string): void {
  const fd = check(c.socket(AF_INET, SOCK_STREAM, 0), c, 'socket');
  const address = socketAddress(from, port);
  check(c.connect(fd, address, address.length), c, 'connect');
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  let octets = 0;
  const startedAt = performance.now();
  for (;;) {
    const length = check(c.recv(fd, at, buffer.length, 0), c, 'recv');
    if (length === 0) break;
    octets += length;
  }
  console.log(JSON.stringify({ octets, seconds: (performance.now() - startedAt) / 1000 }));
  closeSync(fd);
}

// The stack under measurement has the first core.
stayOn(1);
const [role = '', ...args] = process.argv.slice(2);
if (role === 'flood') flood(libc(), args[0]!, Number(args[1]), Number(args[2]), Number(args[3]));
else if (role === 'sink') sink(libc());
else if (role === 'source') {
  source(libc(), Number(args[0]), Number(args[1]), args[2] ?? 'cubic', args[3] ?? '127.0.0.1');
} else if (role === 'drain') drain(libc(), Number(args[0]), args[1] ?? '127.0.0.1');
else throw new Error(`no role ${role}`);
