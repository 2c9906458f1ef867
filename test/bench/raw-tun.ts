/**
 * The raw path, with no stack in it: what the machine allows, to hold our figures against.
 *
 * - `measureReceive`: packets a second from the kernel into a receive window, through `watch`.
 * - `measureTransmit`: packets a second from a transmit window into the kernel, up to a UDP socket.
 * - `measureRoundTrip`: an idle round trip: a datagram out of a socket, through the TUN, and back.
 * - `measureLoopbackTcp`: what the kernel's own TCP does over `lo`, with all its offloads.
 *
 * Call them one after another inside a namespace of one's own (`enterNamespace()`): each makes an
 * interface with the same address and takes it away again.
 *
 * The congestion control of the TCP figure is chosen per socket and reported as found: where the
 * machine's default is BBR, its pacing and not the stack would be measured (`tcp_congestion` in
 * tcp(7); cubic needs CAP_NET_ADMIN in the namespace unless the administrator allows it to all).
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { bringUpLoopback } from '../../host-node/netlink.ts';
import { openTun, type Tun } from '../../host-node/tun.ts';
import { bundle, run } from '../host/bundle.ts';

const PEER = 'test/bench/raw-tun-peer.ts';
/** TEST-NET-2 (RFC 5737): in a namespace of its own nothing else can live there. */
const KERNEL = '198.51.100.1';
const STACK = '198.51.100.2';
const PORT = 7000;
const IP_HEADER = 20;
const UDP_HEADER = 8;
const RECEIVE_AT = 128;
const TRANSMIT_AT = 0x20000 + 128;
/** Packets drained before the event loop gets its turn. */
const BATCH = 512;

export interface PacketRate {
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number;
  /** Octets of a packet, IP header included. */
  readonly packetSize: number;
}

export interface MeasureOptions {
  /** Octets of a packet, IP header included. Default 1400. */
  readonly packetSize?: number;
  /** How long to measure. Default 2. */
  readonly seconds?: number;
}

/** Receive UDP datagrams that another process sends into the link, and count them. */
export async function measureReceive(options: MeasureOptions = {}): Promise<PacketRate> {
  const { packetSize = 1400, seconds = 2 } = options;
  const tun = openMeasured();
  let count = 0;
  tun.watch(() => {
    for (let left = BATCH; left > 0; left--) {
      // Router solicitations and the like are shorter.
      const length = tun.receive();
      if (length === 0) return;
      if (length === packetSize) count++;
    }
  });
  const size = packetSize - IP_HEADER - UDP_HEADER;
  const { child, outcome } = run(
    bundle(PEER),
    ['flood', STACK, String(PORT), String(size), String(seconds + 2)],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  await until(() => count > 0);
  await pause(300);
  const before = count;
  const startedAt = performance.now();
  await pause(seconds * 1000);
  const elapsed = (performance.now() - startedAt) / 1000;
  const rate = (count - before) / elapsed;
  child.kill();
  await outcome;
  tun.close();
  return { packetsPerSecond: rate, bitsPerSecond: rate * packetSize * 8, packetSize };
}

/** Send UDP datagrams to a kernel's socket that nobody reads: a full queue is the cheap end. */
export async function measureTransmit(options: MeasureOptions = {}): Promise<PacketRate> {
  const { packetSize = 1400, seconds = 2 } = options;
  const memory = new ArrayBuffer(0x40000);
  const tun = openMeasured(memory);
  const socket = createSocket('udp4');
  socket.bind(PORT, KERNEL);
  await once(socket, 'listening');
  socket.setRecvBufferSize(4096);
  writeDatagram(new DataView(memory, TRANSMIT_AT), packetSize);
  let count = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  // The event loop gets no turn: Node would read the socket, and that would be measured too.
  while (performance.now() < endsAt) {
    for (let left = BATCH; left > 0; left--) if (tun.transmit(packetSize)) count++;
  }
  const rate = count / ((performance.now() - startedAt) / 1000);
  socket.close();
  tun.close();
  return { packetsPerSecond: rate, bitsPerSecond: rate * packetSize * 8, packetSize };
}

export interface RoundTrip {
  readonly medianMicroseconds: number;
  readonly p99Microseconds: number;
}

/** Time a datagram from a socket to the window, turned round there, and back to the socket. */
export async function measureRoundTrip(count = 5000): Promise<RoundTrip> {
  const memory = new ArrayBuffer(0x40000);
  const tun = openMeasured(memory);
  const octets = new Uint8Array(memory);
  const socket = createSocket('udp4');
  socket.bind(PORT, KERNEL);
  await once(socket, 'listening');
  tun.watch(() => {
    for (let length = tun.receive(); length > 0; length = tun.receive()) {
      // Only what our socket sent: IPv4, UDP.
      if (octets[RECEIVE_AT] !== 0x45 || octets[RECEIVE_AT + 9] !== 17) continue;
      octets.copyWithin(TRANSMIT_AT, RECEIVE_AT, RECEIVE_AT + length);
      turnRound(octets);
      tun.transmit(length);
    }
  });
  const samples: number[] = [];
  await new Promise<void>((resolve) => {
    let sentAt = 0;
    const send = () => {
      sentAt = performance.now();
      socket.send('x', PORT, STACK);
    };
    socket.on('message', () => {
      samples.push((performance.now() - sentAt) * 1000);
      if (samples.length === count) resolve();
      else send();
    });
    send();
  });
  socket.close();
  tun.close();
  samples.sort((a, b) => a - b);
  return {
    medianMicroseconds: samples[count >> 1]!,
    p99Microseconds: samples[Math.floor(count * 0.99)]!,
  };
}

export interface TcpRate {
  readonly bitsPerSecond: number;
  /** What the sending socket really used. */
  readonly congestion: string;
}

/** Measure the kernel's TCP against itself over `lo`, in two processes. */
export async function measureLoopbackTcp(seconds = 2, congestion = 'cubic'): Promise<TcpRate> {
  bringUpLoopback();
  const peer = bundle(PEER);
  const sink = run(peer, ['sink'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(sink.child.stdout!, 'data')) as [string];
  const source = run(peer, ['source', port.trim(), String(seconds), congestion], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const sent = JSON.parse((await source.outcome).stdout) as { congestion: string };
  const lines = (await sink.outcome).stdout.trim().split('\n');
  const received = JSON.parse(lines[1] ?? '') as { octets: number; seconds: number };
  return {
    bitsPerSecond: (received.octets * 8) / received.seconds,
    congestion: sent.congestion,
  };
}

function openMeasured(memory = new ArrayBuffer(0x40000)): Tun {
  const tun = openTun({ addresses: [`${KERNEL}/24`] });
  tun.attach({
    memory,
    receiveAt: RECEIVE_AT,
    receiveSize: TRANSMIT_AT - RECEIVE_AT - 128,
    transmitAt: TRANSMIT_AT,
  });
  return tun;
}

/** An IPv4 UDP datagram from the stack's address to the kernel's, both checksums right. */
function writeDatagram(view: DataView, size: number): void {
  view.setUint8(0, 0x45);
  view.setUint16(2, size);
  view.setUint8(8, 64);
  view.setUint8(9, 17);
  const addresses = [...STACK.split('.'), ...KERNEL.split('.')].map(Number);
  for (const [at, octet] of addresses.entries()) view.setUint8(12 + at, octet);
  view.setUint16(10, ~sum(view, 0, IP_HEADER));
  view.setUint16(20, PORT);
  view.setUint16(22, PORT);
  view.setUint16(24, size - IP_HEADER);
  const pseudoHeader = 17 + size - IP_HEADER;
  view.setUint16(26, ~fold(sum(view, 12, size) + pseudoHeader));
}

/** Swap the addresses and the ports: no checksum changes. */
function turnRound(octets: Uint8Array): void {
  swap(octets, TRANSMIT_AT + 12, TRANSMIT_AT + 16, 4);
  swap(octets, TRANSMIT_AT + 20, TRANSMIT_AT + 22, 2);
}

function swap(octets: Uint8Array, a: number, b: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const kept = octets[a + i]!;
    octets[a + i] = octets[b + i]!;
    octets[b + i] = kept;
  }
}

/** RFC 1071's sum over an even number of octets. */
function sum(view: DataView, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += view.getUint16(at);
  return fold(total);
}

function fold(total: number): number {
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; !condition(); await pause(10)) {
    if (performance.now() > end) throw new Error('no packet arrived within five seconds');
  }
}
