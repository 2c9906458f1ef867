/**
 * netcell behind a TUN against the kernel's TCP: MTU 1500, no offload, one connection.
 *
 * The kernel's side is a process of its own with blocking calls (`raw-tun-peer.ts`), so that what
 * is measured is the two stacks and the device. Call it inside a namespace of one's own.
 */
import { cpus } from 'node:os';
import { openTun } from '../../host-node/tun.ts';
import { TunLink } from '../../host-node/tun-link.ts';
import { createStack, END, type RawConnection } from '../../host-web/index.ts';
import { bundle, run } from '../host/bundle.ts';
import { stayOn } from './core.ts';

const PEER = 'test/bench/raw-tun-peer.ts';
/** TEST-NET-2 (RFC 5737). */
const KERNEL = '198.51.100.1';
const STACK = '198.51.100.2';
const SOURCE_PORT = 9001;
const SINK_PORT = 9002;
const CHUNK = 65_536;

export interface TunRate {
  readonly bitsPerSecond: number;
  readonly octets: number;
  readonly retransmissions: number;
}

/** netcell sends as much as goes for so long; the kernel reads. */
export async function measureSending(seconds = 3): Promise<TunRate> {
  const bench = await open();
  const chunk = new Uint8Array(CHUNK);
  const listener = bench.stack.openListener({ port: SOURCE_PORT });
  listener.onAcceptable = () => {
    const connection = listener.accept();
    if (connection === null) return;
    const endsAt = performance.now() + seconds * 1000;
    const fill = () => {
      if (performance.now() > endsAt) connection.close();
      else while (connection.send(chunk) === CHUNK);
    };
    connection.onWritable = fill;
    fill();
  };
  const { outcome } = run(bundle(PEER), ['drain', String(SOURCE_PORT), STACK], PIPED);
  const { octets, seconds: taken } = JSON.parse((await outcome).stdout) as Drained;
  return bench.close(octets, taken);
}

/** The kernel sends for so long; netcell reads and forgets. */
export async function measureReceiving(seconds = 3, congestion = 'cubic'): Promise<TunRate> {
  const bench = await open();
  const into = new Uint8Array(CHUNK);
  const listener = bench.stack.openListener({ port: SINK_PORT });
  const done = new Promise<{ octets: number; taken: number }>((resolve) => {
    listener.onAcceptable = () => {
      const connection = listener.accept();
      if (connection === null) return;
      const startedAt = performance.now();
      let octets = 0;
      const drain = () => {
        const n = drainInto(connection, into, (length) => (octets += length));
        if (n !== END) return;
        connection.close();
        resolve({ octets, taken: (performance.now() - startedAt) / 1000 });
      };
      connection.onReadable = drain;
      drain();
    };
  });
  const args = ['source', String(SINK_PORT), String(seconds), congestion, STACK];
  const { outcome } = run(bundle(PEER), args, PIPED);
  await outcome;
  const { octets, taken } = await done;
  return bench.close(octets, taken);
}

const PIPED = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] };

interface Drained {
  readonly octets: number;
  readonly seconds: number;
}

function drainInto(from: RawConnection, into: Uint8Array, take: (length: number) => void): number {
  for (;;) {
    const n = from.receive(into);
    if (n <= 0) return n;
    take(n);
  }
}

async function open() {
  const tun = openTun({ addresses: [`${KERNEL}/24`] });
  stayOn(0);
  const stack = await createStack({ address: `${STACK}/24` });
  stack.attach(new TunLink(tun));
  const close = async (octets: number, seconds: number): Promise<TunRate> => {
    const retransmissions = Number(stack.counters()['TcpRetransSegs'] ?? 0n);
    await stack.close();
    return { bitsPerSecond: (octets * 8) / seconds, octets, retransmissions };
  };
  return { stack, close };
}

/** Cores the figures were taken on. */
export const cores = cpus().length;
