/**
 * The router of the loss bench, a process of its own: two namespaces with a TUN each, and our
 * simulated link between the two.
 *
 * Time is the machine's. Node's timers keep milliseconds, which would be the whole round trip of a
 * short line, so the router waits in ppoll(2) for packets and for the link's next departure alike,
 * and moves a virtual clock by what has passed. How late it was is part of the outcome: a router
 * that is late is what was measured, and not the senders.
 *
 * Both namespaces end with the last process in them. Run as `router.ts TASK`, a task in JSON.
 */
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { CLONE_NEWNET, koffi, libc, SystemError } from '../../../host-node/libc.ts';
import { addRoute, bringUpLoopback } from '../../../host-node/netlink.ts';
import { openTun, type Tun } from '../../../host-node/tun.ts';
import { parseInterfaceAddress } from '../../../host-web/address.ts';
import { VirtualClock } from '../../../host-web/clock.ts';
import type { Link, LinkPort } from '../../../host-web/link/link.ts';
import { relay } from '../../../host-web/link/relay.ts';
import { simulatedLink } from '../../../host-web/link/simulated.ts';
import { Process } from '../process.ts';
import { lineOf } from './line.ts';
import { Observer } from './observer.ts';
import { comeFirst, endWithParent } from './processes.ts';
import {
  CELLS,
  type End,
  type Outcome,
  portOf,
  type Received,
  RECEIVER,
  ROUTER_SIDE,
  SENDER,
  type Sent,
  type Task,
} from './place.ts';

/** Packets taken from one device before the other has its turn. */
const BATCH = 64;
/** Milliseconds after which Node's event loop has a turn. */
const STRETCH = 5;
const POLLIN = 1;
const PR_SET_TIMERSLACK = 29;

/** A TUN that is asked for its packets. */
class PolledTun implements Link {
  readonly mtu: number;
  readonly fd: number;
  readonly #tun: Tun;
  #port!: LinkPort;

  constructor(address: string) {
    const before = new Set(tunDescriptors());
    this.#tun = openTun({ name: ROUTER_SIDE, addresses: [address], queueLength: 10_000 });
    this.fd = tunDescriptors().find((fd) => !before.has(fd))!;
    this.mtu = this.#tun.mtu;
  }

  attach(port: LinkPort): void {
    this.#port = port;
    this.#tun.attach(port);
  }

  send(length: number): boolean {
    return this.#tun.transmit(length);
  }

  drain(): void {
    for (let left = BATCH; left > 0; left--) {
      const length = this.#tun.receive();
      if (length === 0) break;
      this.#port.input(length, 0);
    }
    this.#port.pump();
  }

  close(): void {
    this.#tun.close();
  }
}

function tunDescriptors(): number[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).endsWith('tun') ? [Number(name)] : [];
    } catch {
      // The descriptor of this very listing.
      return [];
    }
  });
}

/** Moves this thread, and what it starts from here on, into a namespace without anything in it. */
function enterEmptyNamespace(): void {
  const c = libc();
  if (c.unshare(CLONE_NEWNET) !== 0) {
    throw new SystemError('no namespace for the bench', 'unshare', c.errno());
  }
  bringUpLoopback();
}

function routeTo(address: string): void {
  const { octets, prefix } = parseInterfaceAddress(address)!;
  const network = octets.slice();
  network[3]! &= 0xff << (32 - prefix);
  addRoute({ destination: { octets: network, prefix }, device: ROUTER_SIDE });
}

/** How late packets left, in hundredths of a millisecond, and how long the router stood still. */
class Lateness {
  readonly #counts = new Uint32Array(10_000);
  #total = 0;
  #lookedAt = 0;
  /** The longest that it has not looked at clock and packets, milliseconds. */
  stood = 0;

  look(now: number): void {
    this.stood = Math.max(this.stood, now - this.#lookedAt);
    this.#lookedAt = now;
  }

  add(ms: number): void {
    this.#counts[Math.min(Math.floor(100 * ms), this.#counts.length - 1)]!++;
    this.#total++;
  }

  /** Milliseconds that only one departure of a hundred exceeds. */
  get usual(): number {
    let above = this.#total / 100;
    let at = this.#counts.length;
    while (at > 0 && above >= this.#counts[at - 1]!) above -= this.#counts[--at]!;
    return at / 100;
  }
}

/** Carries packets until `isOver`. */
async function route(
  sides: readonly PolledTun[],
  clock: VirtualClock,
  isOver: () => boolean,
): Promise<Pick<Outcome, 'late' | 'stood'>> {
  const call = koffi().load(null);
  const ppoll = call.func('int ppoll(void *fds, ulong count, void *timeout, void *mask)');
  call.func('int prctl(int option, ulong a)')(PR_SET_TIMERSLACK, 1000);
  const waits = new Int32Array(2 * sides.length);
  sides.forEach(({ fd }, i) => waits.set([fd, POLLIN], 2 * i));
  const timeout = new BigInt64Array(2);
  const lateness = new Lateness();
  const begin = performance.now() - clock.now();
  while (!isOver()) {
    for (const end = performance.now() + STRETCH; performance.now() < end; ) {
      const rest = Math.min(clock.nextAt() - (performance.now() - begin), STRETCH);
      if (rest > 0) {
        timeout[1] = BigInt(Math.round(rest * 1e6));
        ppoll(waits, sides.length, timeout, null);
      }
      const now = performance.now() - begin;
      lateness.look(now);
      if (clock.nextAt() <= now) lateness.add(now - clock.nextAt());
      clock.advance(now - clock.now());
      for (const side of sides) side.drain();
    }
    await new Promise(setImmediate);
  }
  return { late: lateness.usual, stood: lateness.stood };
}

function setNetwork(name: string, value: number): void {
  writeFileSync(`/proc/sys/net/ipv4/${name}`, String(value));
}

/** The senders' namespace, and its side of the router. */
function makeSenders(ecn: number): PolledTun {
  enterEmptyNamespace();
  const side = new PolledTun(SENDER);
  routeTo(RECEIVER);
  setNetwork('ip_forward', 1);
  setNetwork('tcp_ecn', ecn);
  // What one connection has learned of the path is not the next one's.
  setNetwork('tcp_no_metrics_save', 1);
  return side;
}

function makeReceivers(): PolledTun {
  enterEmptyNamespace();
  const side = new PolledTun(RECEIVER);
  routeTo(SENDER);
  routeTo(CELLS);
  return side;
}

async function perform(task: Task, peer: string): Promise<Outcome[]> {
  const { cell, senders, work, congestion, seed, since = 0 } = task;
  const ecn = cell.marks === undefined ? 2 : 1;
  const ends = senders.map((role, flow): End => ({ role, flow, work, congestion, ecn }));
  const here = makeSenders(ecn);
  const from = ends.map((end) => new Process<Sent>(peer, [JSON.stringify(end)]));
  for (const sender of from) await sender.ready();
  const there = makeReceivers();
  const to = ends.map((end) => {
    return new Process<Received>(peer, [JSON.stringify({ ...end, role: 'receiver' })]);
  });
  for (const receiver of to) await receiver.ready();
  const clock = new VirtualClock();
  const observer = new Observer(cell.rtt, since);
  const link = simulatedLink({ clock, ...lineOf(cell, seed), watch: observer.watch });
  relay(here, link.a);
  relay(there, link.b);
  let isOver = false;
  const outcomes = ends.map(async (end, i) => {
    const [sent, received] = await Promise.all([from[i]!.outcome(), to[i]!.outcome()]);
    return { ...sent, ...received, ...observer.seenOf(portOf(end)) };
  });
  const done = Promise.all(outcomes).finally(() => (isOver = true));
  for (const sender of from) sender.begin();
  const lateness = await route([here, there], clock, () => isOver);
  return (await done).map((outcome) => ({ ...outcome, ...lateness }));
}

endWithParent();
comeFirst();
const [text = '', peer = ''] = process.argv.slice(2);
console.log(JSON.stringify(await perform(JSON.parse(text) as Task, peer)));
process.exit(0);
