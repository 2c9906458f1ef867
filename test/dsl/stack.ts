/**
 * One core on a virtual clock, with a log of all that passes its link.
 *
 * Time moves only when a test says so, and then through every deadline in order: `poll` comes
 * exactly when the core asked for it. When the test is over every connection is let go, time runs
 * until nothing is due any more, and every pool must be back where it started.
 */
import { expect, onTestFailed, onTestFinished } from 'vitest';
import {
  Controller,
  type Counter,
  Memory,
  SignalRecordField,
  Option,
  Reason,
  Result,
  RouteAdviceField,
  Setting,
  State,
  StatusField,
  TraceKind,
} from '../../host-web/abi.ts';
import { type Core, createCore, type Limits, setEndpoint } from '../../host-web/core.ts';
import { coreModule } from '../core-module.ts';
import { POOLS } from '../pools.ts';
import {
  printLadder,
  readTrace,
  type Rung,
  rungOf,
  stateName,
  type TraceRecord,
} from './ladder.ts';
import { writePcap } from './pcap.ts';

/** The host's epoch is not zero, which would mean "never" to the core. */
const EPOCH = 1000;
const TRACE_EVENTS = 1024;

const SMALL: Limits = {
  connections: 64,
  listeners: 16,
  children: 32,
  timeWaits: 16,
  pages: 1024,
  ranges: 512,
  replies: 64,
  traceEvents: TRACE_EVENTS,
  receiveBuffer: 65_535,
  sendBuffer: 1 << 20,
};

/** What a test may choose about a stack. */
export interface StackOptions {
  limits?: Limits;
  settings?: Partial<Record<Setting, number>>;
  /** Milliseconds between the host's epoch and the beginning of the test. */
  epoch?: number;
  seed?: number;
  /** Its only address; left out, 10.0.0.1 and fd00::1; null, none. */
  ownAddress?: string | null;
}

export type Status = Record<keyof typeof StatusField, number>;
export interface Signals {
  events: number;
  result: number;
  reason: number;
}

/** Octets of '10.0.0.1' or 'fd00::1' (with at most one '::'). */
export function octetsOf(address: string): Uint8Array {
  if (address.includes('.')) return Uint8Array.from(address.split('.').map(Number));
  const [left = '', right = ''] = address.split('::');
  const groups = (half: string) =>
    half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));
  const head = groups(left);
  const tail = groups(right);
  const words = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]));
}

/** The form addresses have at the door. */
export function mapped(octets: Uint8Array): Uint8Array {
  if (octets.length === 16) return octets;
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...octets);
}

export class Stack {
  readonly core: Core;
  readonly log: Rung[] = [];
  readonly packets: { at: number; packet: Uint8Array }[] = [];
  /** Packets no peer took. */
  readonly strays: Uint8Array[] = [];
  /** Whoever takes packets the stack sends: true when it was theirs. */
  readonly sinks: ((packet: Uint8Array) => boolean)[] = [];
  readonly signals = new Map<number, Signals>();
  readonly handles = new Set<number>();
  /** Events of the trace that tell of a packet or segment dropped. */
  readonly dropped: TraceRecord[] = [];
  /** Milliseconds since the test began. */
  now = 0;
  readonly #epoch: number;
  readonly #start: number[];
  #traced = 0;
  #isReported = false;

  constructor(options: StackOptions = {}) {
    this.#epoch = options.epoch ?? EPOCH;
    const seed = new Uint8Array(32).fill(options.seed ?? 1);
    this.core = createCore(coreModule, { ...SMALL, ...options.limits }, seed);
    this.core.set(Setting.TRACE, 1);
    // Half a window is easier to count than seven tenths of one.
    this.core.set(Setting.CONGESTION_CONTROL, Controller.RENO);
    for (const [setting, value] of Object.entries(options.settings ?? {})) {
      expect(this.core.set(Number(setting), value)).toBe(0);
    }
    this.core.poll(this.#epoch);
    const { ownAddress } = options;
    if (ownAddress !== null) this.addAddress(ownAddress ?? '10.0.0.1', 24);
    if (ownAddress === undefined) this.addAddress('fd00::1', 64);
    this.#start = this.used();
    onTestFailed(() => {
      if (!this.#isReported) console.error(this.report('the test failed'));
    });
    onTestFinished(({ task }) => {
      if (task.result?.state !== 'fail') this.#checkLeaks();
    });
  }

  addAddress(address: string, prefixLength: number): void {
    expect(this.tryAddress(address, prefixLength)).toBe(0);
  }

  /** Answers what the core does. */
  tryAddress(address: string, prefixLength: number): number {
    setEndpoint(this.core, mapped(octetsOf(address)), 0, null, 0);
    return this.core.addAddress(prefixLength);
  }

  // Packets and time -------------------------------------------------------------

  /** Hands a packet in, with bits of PacketFlag; nothing is sent before `pump`. */
  input(packet: Uint8Array, flags = 0): void {
    this.packets.push({ at: this.now, packet: packet.slice() });
    this.core.receiveWindow.set(packet);
    this.core.input(packet.length, flags);
    this.#harvest();
  }

  /** Takes everything the stack has to send, and its signals. */
  pump(): void {
    for (let sent = 0; ; sent++) {
      const length = this.core.output() >>> 0;
      this.#harvest();
      if (length === 0) break;
      if (sent > 100_000) this.fail('output never runs dry');
      const packet = this.core.transmitWindow.slice(0, length);
      this.packets.push({ at: this.now, packet });
      if (!this.sinks.some((take) => take(packet))) this.strays.push(packet);
    }
    this.#drainSignals();
  }

  /** Milliseconds until `poll` is due; Infinity when nothing is. */
  deadline(): number {
    const at = this.core.deadlineMs();
    return at > 1e15 ? Number.POSITIVE_INFINITY : at - this.#epoch;
  }

  /** Lets time pass, through every deadline in order. */
  wait(ms: number): void {
    const end = this.now + ms;
    let stuck = 0;
    for (let due = this.deadline(); due <= end; due = this.deadline()) {
      stuck = due <= this.now ? stuck + 1 : 0;
      if (stuck > 3) this.fail(`the deadline ${due} ms stays in the past`);
      this.#moveTo(Math.max(due, this.now));
    }
    this.#moveTo(end);
  }

  /** Lets the clock jump: what was due meanwhile is only due now. */
  jump(ms: number): void {
    this.note(`the clock jumps by ${ms} ms`);
    this.#moveTo(this.now + ms);
  }

  #moveTo(at: number): void {
    this.now = at;
    this.core.poll(this.#epoch + at);
    this.#harvest();
    this.pump();
  }

  #drainSignals(): void {
    for (let handle = this.core.signal() >>> 0; handle !== 0; handle = this.core.signal() >>> 0) {
      const word = (field: number) => this.core.view.getUint32(Memory.SIGNAL + field, true);
      const before = this.signals.get(handle);
      this.signals.set(handle, {
        events: (before?.events ?? 0) | word(SignalRecordField.events),
        result: word(SignalRecordField.result),
        reason: word(SignalRecordField.reason),
      });
    }
  }

  #harvest(): void {
    for (const record of readTrace(this.core, this.#traced, TRACE_EVENTS)) {
      if (record.kind === TraceKind.DROP) this.dropped.push(record);
      const rung = rungOf(record, false, this.#epoch);
      if (rung) this.log.push(rung);
    }
    this.#traced = this.core.traceCount() >>> 0;
  }

  // Observation ------------------------------------------------------------------

  /** Why packets and segments were dropped since the last look, by the reasons' names. */
  drops(): string[] {
    this.#harvest();
    return this.dropped.splice(0).map(({ reason }) => Reason[reason] ?? `${reason}`);
  }

  used(): number[] {
    return POOLS.map((_, pool) => this.core.used(pool) >>> 0);
  }

  /** Connections whose user has let go. */
  orphans(): number {
    return this.core.used(9);
  }

  counter(counter: Counter): number {
    return Number(this.core.view.getBigUint64(Memory.COUNTERS + 8 * counter, true));
  }

  readStatus(): Status {
    const status = {} as Status;
    for (const [name, offset] of Object.entries(StatusField)) {
      status[name as keyof Status] = this.core.view.getUint32(Memory.STATUS + offset, true);
    }
    return status;
  }

  /** The latest advice against a route: to whom, as at the door, and how many there were. */
  advice(): { to: Uint8Array; count: number } {
    const at = Memory.ROUTE_ADVICE;
    return {
      to: this.core.octets.slice(at, at + 16),
      count: this.core.view.getUint32(at + RouteAdviceField.count, true),
    };
  }

  /** STATUS of every record: connections, listeners, SYN-queue entries, TIME-WAIT. */
  records(): Status[] {
    const records: Status[] = [];
    for (let at = this.core.nextStatus(0) >>> 0; at !== 0; at = this.core.nextStatus(at) >>> 0) {
      records.push(this.readStatus());
    }
    return records;
  }

  // Failing ----------------------------------------------------------------------

  note(text: string): void {
    this.log.push({ at: this.now, arrow: ' ', text });
  }

  /** Fails the test, telling what led here. */
  fail(message: string, offending?: Rung): never {
    if (offending) offending.isOffending = true;
    throw new Error(this.report(message));
  }

  report(message: string): string {
    this.#isReported = true;
    const name = expect.getState().currentTestName ?? 'test';
    const records = this.records().map((s) => {
      const timer = s.timer === 0 ? 'no timer' : `timer ${s.timer - 1} in ${s.timerMs} ms`;
      return (
        `      ${stateName(s.state)} :${s.localPort} -> :${s.remotePort}` +
        ` SND ${(s.sndUna - s.iss) >>> 0}..${(s.sndNxt - s.iss) >>> 0} wnd ${s.sndWnd}` +
        ` RCV ${(s.rcvNxt - s.irs) >>> 0} wnd ${s.rcvWnd} queues ${s.receiveQueue}/${s.sendQueue}` +
        ` cwnd ${s.cwnd} ssthresh ${s.ssthresh} RTO ${s.rto / 1000} ms, ${timer}`
      );
    });
    const hidden = this.log.length - 80;
    return [
      message,
      '',
      ...(hidden > 0 ? [`    (${hidden} rungs before)`] : []),
      printLadder(this.log.slice(-80)),
      '',
      '    status:',
      ...records,
      `    pcap: ${writePcap(name, this.packets)}`,
    ].join('\n');
  }

  #checkLeaks(): void {
    this.note('the test is over: every handle is released');
    // A number is a connection's or a datagram socket's, never both.
    for (const handle of this.handles) this.core.release(handle) && this.core.udpClose(handle);
    this.pump();
    for (let steps = 0; this.deadline() < this.now + 86_400_000; steps++) {
      if (steps > 20_000) this.fail('timers go on for ever after the release of everything');
      this.#moveTo(Math.max(this.deadline(), this.now));
    }
    const used = this.used();
    const leaks = POOLS.flatMap((name, pool) =>
      used[pool] === this.#start[pool] ? [] : `${used[pool]} ${name}`,
    );
    if (this.orphans() !== 0) leaks.push(`${this.orphans()} orphans`);
    if (leaks.length > 0) this.fail(`leaked: ${leaks.join(', ')}`);
  }
}

export { Option, Reason, Result, Setting, State };
