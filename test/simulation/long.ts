/**
 * A connection that carries 5 GiB each way over weeks, and copies of both its cores from the way,
 * to go back to (law 2).
 */
import { expect } from 'vitest';
import { type Counter, Setting, type StatusField } from '../../host-web/abi.ts';
import { type Core } from '../../host-web/core.ts';
import { encode } from '../dsl/segment.ts';
import { octetsOf } from '../dsl/stack.ts';
import { counted, look, Pair, type Side } from '../notes/pair.ts';

/** Octets. */
export const GIB = 2 ** 30;
const MIB = 2 ** 20;
export const WINDOW = 2 * MIB;
/** Octets after which a copy of both cores is taken. */
export const PLACES = [2 * GIB + 3 * MIB, 3.5 * GIB, 4 * GIB - MIB / 2, 4 * GIB + 3 * MIB, 5 * GIB];
/** Milliseconds of a way; a packet and its ACK take two. */
export const DELAY = 5;
export const DAY = 86_400_000;
/** 5 GiB take four weeks, so timestamps wrap while the second half goes back. */
const PAUSE = DAY;
const PAUSE_EVERY = (5 * GIB) / 28;
const LIMITS = {
  connections: 4,
  listeners: 1,
  children: 1,
  timeWaits: 4,
  pages: 1536,
  ranges: 256,
  replies: 8,
  traceEvents: 64,
  sendBuffer: WINDOW,
  receiveBuffer: WINDOW,
  mtu: 65_535,
};

export const other = (side: Side): Side => (side === 'a' ? 'b' : 'a');

/** The connection: the side that sends at a time is named in each call. */
export class Long {
  readonly pair: Pair;
  readonly handles: Record<Side, number>;
  /** Octets that have arrived, by who has sent them. */
  readonly carried: Record<Side, number> = { a: 0, b: 0 };
  /** Control bits that have been seen in any packet. */
  control = 0;
  /** Packets of A, from its first octets and from behind 1 GiB, to be sent once more. */
  readonly old: Uint8Array[] = [];

  constructor(settings: Partial<Record<Setting, number>>) {
    this.pair = new Pair(LIMITS, { [Setting.CHECKSUM_BY_LINK]: 1, ...settings });
    this.pair.delayMs = DELAY;
    this.pair.isTrusted = true;
    const listener = this.pair.listen(80, 1);
    const a = this.pair.connect(80);
    this.pair.exchange();
    this.pair.wait(4 * DELAY);
    this.handles = { a, b: this.pair.b.accept(listener) };
    expect(this.handles.b).toBeGreaterThan(0);
    this.pair.watch = (side, packet) => {
      this.note(packet);
      const isOld = side === 'a' && packet.length > 1000 && this.carried.a % GIB < 6 * MIB;
      if (isOld && this.carried.a < 2 * GIB) this.old.push(packet.slice());
      return true;
    };
  }

  /** Notes which control bits a packet has. */
  note(packet: Uint8Array): true {
    this.control |= packet[33] as number;
    return true;
  }

  core(side: Side): Core {
    return side === 'a' ? this.pair.a : this.pair.b;
  }

  look(side: Side, field: keyof typeof StatusField): number {
    return look(this.core(side), this.handles[side], field);
  }

  counted(side: Side, counter: Counter): number {
    return counted(this.core(side), counter);
  }

  /** Writes so many octets, or as many as there is room for. */
  send(side: Side, octets = Infinity): number {
    let sent = 0;
    while (sent < octets) {
      const taken = this.core(side).send(this.handles[side], Math.min(65_536, octets - sent));
      if (taken <= 0) break;
      sent += taken;
    }
    return sent;
  }

  /** Reads all that is there; answers how many octets. */
  read(side: Side): number {
    let octets = 0;
    for (;;) {
      const taken = this.core(side).receive(this.handles[side], 65_536);
      if (taken <= 0) return octets;
      octets += taken;
      this.carried[other(side)] += taken;
    }
  }

  /** Lets a round trip pass. */
  turn(): void {
    this.pair.exchange();
    this.pair.wait(2 * DELAY);
  }

  /** Brings a direction to so many octets in all. */
  carry(from: Side, total: number): void {
    while (this.carried[from] < total) {
      const pauses = Math.floor(this.carried[from] / PAUSE_EVERY);
      this.send(from);
      this.turn();
      this.read(other(from));
      if (Math.floor(this.carried[from] / PAUSE_EVERY) > pauses) this.pair.wait(PAUSE);
    }
    this.settle(from);
  }

  /** Fills windows until the pipe is full, after a pause and at the beginning. */
  warm(from: Side): void {
    for (let i = 0; i < 10; i++) {
      this.send(from);
      this.turn();
      this.read(other(from));
    }
    this.settle(from);
  }

  /** Lets everything that was written arrive. */
  settle(from: Side): void {
    do {
      this.turn();
      this.read(other(from));
    } while (this.look(from, 'sendQueue') > 0);
    this.turn();
  }
}

/** Both cores at one place. */
export interface Place {
  readonly name: string;
  /** Who has sent until then. */
  readonly sender: Side;
  readonly memory: Readonly<Record<Side, Uint8Array>>;
  readonly now: number;
}

function placeOf(long: Long, sender: Side, name: string): Place {
  const memory = { a: long.pair.a.octets.slice(), b: long.pair.b.octets.slice() };
  return { name, sender, memory, now: long.pair.now };
}

export function goTo(long: Long, { memory, now }: Place): void {
  for (const side of ['a', 'b'] as const) long.core(side).octets.set(memory[side]);
  long.control = 0;
  long.pair.gapMs = 0;
  long.pair.watch = (_, packet) => long.note(packet);
  long.pair.cut();
  long.pair.now = now;
}

/** Carries 5 GiB from A to B, then as many back; the places on the way. */
export function live(settings: Partial<Record<Setting, number>>) {
  const long = new Long(settings);
  const places: Place[] = [];
  for (const sender of ['a', 'b'] as const) {
    for (const at of PLACES) {
      long.carry(sender, at);
      places.push(placeOf(long, sender, `${at / GIB} GiB from ${sender}`));
    }
  }
  const control = long.control;
  return { long, places, control };
}

/** Marks a packet as a congested router would: CE, and the header's checksum made right again. */
export function markCongested(packet: Uint8Array): void {
  packet[1] = (packet[1] as number) | 3;
  packet[10] = packet[11] = 0;
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += (packet[at]! << 8) | packet[at + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  packet[10] = (~sum >> 8) & 255;
  packet[11] = ~sum & 255;
}

/** A segment that somebody else sends to one side in the other's name. */
export function forge(long: Long, to: Side, ctl: number, seq: number): void {
  const status = { localPort: long.look(to, 'localPort'), remotePort: long.look(to, 'remotePort') };
  const packet = encode(
    { ctl, seq: seq >>> 0, win: 1000 },
    {
      source: octetsOf(to === 'a' ? '10.0.0.2' : '10.0.0.1'),
      destination: octetsOf(to === 'a' ? '10.0.0.1' : '10.0.0.2'),
      sourcePort: status.remotePort,
      destinationPort: status.localPort,
    },
  );
  long.pair.input(long.core(to), packet);
  long.turn();
}
