/**
 * netcell behind a TUN against the kernel's TCP, from one moment to the next: MTU 1500, one
 * connection, and a stack in this process, which stays warm (`tun-bulk.ts` has one of its own).
 *
 * The kernel's side is a process of its own (`peer.ts`), so that what is measured is the two stacks
 * and the device. Call it inside a namespace of one's own.
 */
import { openTun } from '../../host-node/tun.ts';
import { TunLink } from '../../host-node/tun-link.ts';
import { createStack, END, type RawConnection } from '../../host-web/index.ts';
import { bundle } from '../host/bundle.ts';
import { stayOn } from './core.ts';
import type { Moved } from './kernel.ts';
import { KERNEL, PORT, PREFIX, STACK, type Task } from './place.ts';
import { Process } from './process.ts';

const PEER = 'test/bench/peer.ts';
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
  const listener = bench.stack.openListener({ port: PORT });
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
  const { octets, seconds: taken } = await peer('drain', seconds);
  return bench.close(octets, taken);
}

/** The kernel sends for so long; netcell reads and forgets. */
export async function measureReceiving(seconds = 3): Promise<TunRate> {
  const bench = await open();
  const into = new Uint8Array(CHUNK);
  const listener = bench.stack.openListener({ port: PORT });
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
  await peer('pour', seconds);
  const { octets, taken } = await done;
  return bench.close(octets, taken);
}

/** What the kernel says of its side. */
function peer(kind: Task['kind'], seconds: number): Promise<Moved> {
  const task: Task = { kind, address: STACK, flows: 1, seconds };
  return new Process<Moved>(bundle(PEER), [JSON.stringify(task)]).outcome();
}

function drainInto(from: RawConnection, into: Uint8Array, take: (length: number) => void): number {
  for (;;) {
    const n = from.receive(into);
    if (n <= 0) return n;
    take(n);
  }
}

async function open() {
  const tun = openTun({ addresses: [`${KERNEL}/${PREFIX}`] });
  stayOn(0);
  const stack = await createStack({ address: `${STACK}/${PREFIX}` });
  stack.attach(new TunLink(tun));
  const close = async (octets: number, seconds: number): Promise<TunRate> => {
    const retransmissions = Number(stack.counters()['TcpRetransSegs'] ?? 0n);
    await stack.close();
    return { bitsPerSecond: (octets * 8) / seconds, octets, retransmissions };
  };
  return { stack, close };
}
