/**
 * The ends of the loss bench, each in a process of its own.
 *
 *   receive PORT SECONDS            Linux accepts, reads for so long, and says how much
 *   linux ADDRESS PORT CONGESTION   Linux sends as much as goes
 *   netcell ADDRESS PORT ECN        netcell does, behind a TUN of its own
 *
 * Each says `ready`, the senders wait for a line before they begin, and all end with one line of
 * JSON. The receiver's end resets the connection, which ends the sender.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Libc, libc, SOCK_STREAM } from '../../../host-node/libc.ts';
import { openTun } from '../../../host-node/tun.ts';
import { TunLink } from '../../../host-node/tun-link.ts';
import { createStack } from '../../../host-web/index.ts';
import {
  AF_INET,
  BUFFER_SIZE,
  check,
  chooseCongestion,
  EAGAIN,
  limitReceiving,
  retransmissionsOf,
  socketAddress,
} from '../sockets.ts';
import { comeFirst, endWithParent } from './processes.ts';
import { CELL_NETWORK, ROUTER_SIDE, type Sent } from './place.ts';

/** The longest that `recv` may wait, milliseconds: the end comes no later. */
const WAIT = 50;

function receive(c: Libc, port: number, seconds: number): void {
  const listener = check(c.socket(AF_INET, SOCK_STREAM, 0), c, 'socket');
  const address = socketAddress('0.0.0.0', port);
  check(c.bind(listener, address, address.length), c, 'bind');
  check(c.listen(listener, 1), c, 'listen');
  console.log('ready');
  const fd = check(c.accept(listener, null, null), c, 'accept');
  limitReceiving(c, fd, WAIT);
  const startedAt = performance.now();
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  let octets = 0;
  while (performance.now() - startedAt < seconds * 1000) {
    const length = c.recv(fd, at, buffer.length, 0);
    if (length === 0) throw new Error('the sender has ended too early');
    if (length > 0) octets += length;
    else if (c.errno() !== EAGAIN) check(length, c, 'recv');
  }
  const bitsPerSecond = (8000 * octets) / (performance.now() - startedAt);
  console.log(JSON.stringify({ bitsPerSecond }));
}

function linux(c: Libc, to: Uint8Array, congestion: string): Sent {
  const fd = check(c.socket(AF_INET, SOCK_STREAM, 0), c, 'socket');
  const actual = chooseCongestion(c, fd, congestion);
  check(c.connect(fd, to, to.length), c, 'connect');
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  while (c.send(fd, at, buffer.length, 0) > 0);
  return { congestion: actual, retransmissions: retransmissionsOf(c, fd), ...dropsHere() };
}

async function netcell(address: string, port: number, ecn: number): Promise<Sent> {
  const stack = await createStack({ address: CELL_NETWORK.stack, sysctl: { tcp_ecn: ecn } });
  const chunk = new Uint8Array(65_536);
  stack.attach(new TunLink(openTun({ addresses: [CELL_NETWORK.kernel], queueLength: 10_000 })));
  await begin();
  const connection = stack.openConnection(`${address}:${port}`);
  const fill = () => {
    while (connection.send(chunk) === chunk.length);
  };
  connection.onOpened = fill;
  connection.onWritable = fill;
  await new Promise<void>((resolve) => {
    connection.onClosed = () => resolve();
  });
  const retransmissions = Number(stack.counters()['TcpRetransSegs'] ?? 0n);
  return { congestion: 'netcell', retransmissions, ...dropsHere() };
}

/** Waits for the line that starts both ends. */
async function begin(): Promise<void> {
  console.log('ready');
  await once(process.stdin, 'data');
}

/** Packets that did not reach the router: its queue was full. */
function dropsHere(): { drops: number } {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n');
  const fields = lines.find((line) => line.trim().startsWith(`${ROUTER_SIDE}:`))?.split(/[:\s]+/);
  // Interface, eight fields of what was received, and of what was sent: octets, packets, errors.
  return { drops: Number(fields?.filter(Boolean)[12] ?? 0) };
}

endWithParent();
comeFirst();
const [role = '', ...args] = process.argv.slice(2);
if (role === 'receive') receive(libc(), Number(args[0]), Number(args[1]));
else if (role === 'linux') {
  await begin();
  const to = socketAddress(args[0]!, Number(args[1]));
  console.log(JSON.stringify(linux(libc(), to, args[2]!)));
} else if (role === 'netcell') {
  console.log(JSON.stringify(await netcell(args[0]!, Number(args[1]), Number(args[2]))));
} else throw new Error(`no role ${role}`);
process.exit(0);
