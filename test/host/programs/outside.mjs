/**
 * A program that speaks with servers of its machine in the ways `net` and `tls` know, and says what
 * its sockets say: an echo at port 9000 that first says who comes, and one of TLS at 9443.
 */
import { get } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';

const NOT_CHECKED = { rejectUnauthorized: false };

/** Tells of a socket what it is once it is connected, and what it has heard by its end. */
async function say(what, socket, end = () => {}) {
  let ends = '';
  socket.once('connect', () => {
    const { localAddress, remoteAddress, remotePort, remoteFamily, connecting } = socket;
    ends = `${localAddress} ${remoteAddress} ${remotePort} ${remoteFamily} ${connecting}`;
    end();
  });
  const heard = await text(socket);
  console.log(`${what}: ${heard} ${ends} ${socket.bytesRead} ${socket.bytesWritten}`);
}

/** Asks for all there is to ask for before the socket can be connected, and ends. */
async function early(what, options) {
  const socket = connect({ port: 9000, ...options });
  socket.setNoDelay(true).setKeepAlive(true, 5000).setTimeout(60_000);
  socket.end('early');
  await say(what, socket);
}

async function second(what, options) {
  const socket = connect({ port: 9000, ...options });
  await say(what, socket, () => socket.end('late'));
}

async function intoBuffer() {
  const parts = [];
  const take = (size, buffer) => parts.push(String(buffer.subarray(0, size)));
  const onread = { buffer: Buffer.alloc(4), callback: take };
  const socket = connect({ port: 9000, host: '127.0.0.1', onread });
  socket.end('into a buffer');
  await new Promise((resolve) => socket.once('close', resolve));
  console.log(`buffer: ${parts.join('')} ${parts.every(({ length }) => length <= 4)}`);
}

async function encrypted(what, options) {
  const socket = connectTls({ ...NOT_CHECKED, ...options });
  const sessions = [];
  socket.on('session', (session) => sessions.push(session));
  let isReused;
  socket.once('secureConnect', () => {
    isReused = socket.isSessionReused();
    socket.end('secret');
  });
  await say(what, socket);
  // Behind a first attempt that failed, Node itself tells of no session.
  if (!options.autoSelectFamily) console.log(`  sessions: ${sessions.length > 0} ${isReused}`);
  return sessions[0];
}

async function refused(options) {
  const { port, code, syscall, address, message, errors } = await new Promise((resolve) => {
    connect(options).once('error', resolve);
  });
  console.log(`refused: ${port} ${code} ${syscall} ${address} ${message}`);
  for (const error of errors ?? []) console.log(`  ${error.message}`);
}

await early('address', { host: '127.0.0.1' });
await early('name', { host: 'localhost' });
await early('from', { host: '127.0.0.1', localAddress: '127.0.0.9' });
const both = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];
const lookup = (_, { all }, done) => (all ? done(null, both) : done(null, '127.0.0.1', 4));
// The echo has no address of IPv6.
const eager = { lookup, autoSelectFamily: true };
await second('second', { host: 'localhost', ...eager });
await intoBuffer();
const at = { host: 'localhost', port: 9443, servername: 'netcell', lookup };
const session = await encrypted('tls', { ...at, autoSelectFamily: false });
await encrypted('again', { ...at, autoSelectFamily: false, session });
await encrypted('tls second', { ...at, ...eager });
await encrypted('over one that connects', { socket: connect(9443, '127.0.0.1') });
await refused({ port: 1, host: '127.0.0.1' });
await refused({ port: 1, host: 'localhost', ...eager });
const reset = connect(9000, '127.0.0.1', () => reset.resetAndDestroy());
await new Promise((resolve) => reset.once('close', resolve));
const request = get('http://localhost:9000');
const { code } = await new Promise((resolve) => request.once('error', resolve));
console.log(`http: ${code}`);
// Holds nobody.
connect(9000, '127.0.0.1').unref();
