/**
 * Drives the core through a cell: from a copy of its memory, for all it knows lies there (law 2).
 *
 * What a cell leads to is read from four places that do not know of each other: the packets that
 * leave, the signals its user gets, the trace's changes of state, and STATUS.
 */
import {
  Memory,
  SignalRecordField,
  Reason,
  Result,
  Signal,
  State,
  TraceKind,
} from '../../../host-web/abi.ts';
import { type Core } from '../../../host-web/core.ts';
import { SocketError } from '../../../host-web/errors.ts';
import { readTrace, stateName } from '../../dsl/ladder.ts';
import { ACK, decode, encode, SYN } from '../../dsl/segment.ts';
import { type Status } from '../../dsl/stack.ts';
import { type Arrival, type Connection, type Facts, isTold, wire } from './model.ts';
import { EPOCH, type Made, type Row, verify } from './rows.ts';

/** Events the trace ring of a test's stack holds. */
const TRACE_EVENTS = 1024;
/** Milliseconds a delayed acknowledgment waits by default. */
const DELAY = 40;
const TWO_MSL = 60_000;
/** Longer than anything waits: R2 is five minutes, a keep-alive's idle time two hours. */
const DAY = 86_400_000;

/** The name of how something ended: that of an error, or that there was none. */
export const named = (result: number): string =>
  result === 0 ? 'in order' : new SocketError({ syscall: 'read', result }).code;

/** A row's stack, its memory saved. */
export class Bench {
  readonly made: Made;
  readonly at: Connection;
  readonly core: Core;
  readonly #small: Uint8Array;
  readonly #pools: Uint8Array;
  /** Octets that wait for RECEIVE as the row begins. */
  readonly unread: number;
  readonly #traced: number;
  now: number;

  constructor(row: Row) {
    this.made = row.make();
    this.at = row.at;
    verify(row, this.made);
    this.core = this.made.stack.core;
    this.#small = this.core.octets.slice(Memory.CONFIG, Memory.RECEIVE - Memory.HEADROOM);
    this.#pools = this.core.octets.slice(Memory.POOLS_BEGIN);
    this.#traced = this.core.traceCount() >>> 0;
    this.unread = this.#record()?.receiveQueue ?? 0;
    this.now = this.#begin();
  }

  #begin(): number {
    return EPOCH + this.made.stack.now;
  }

  /** Goes back to where the row begins. */
  restore(): void {
    this.core.octets.set(this.#small, Memory.CONFIG);
    this.core.octets.set(this.#pools, Memory.POOLS_BEGIN);
    this.now = this.#begin();
  }

  /** Lets a segment arrive. */
  arrive(seg: Arrival, window = this.made.peer.window): void {
    const { isn, iss, flow } = this.made.peer;
    const packet = encode(
      {
        ctl: seg.ctl,
        seq: (isn + seg.seq) >>> 0,
        ack: seg.ctl & ACK ? (iss + seg.ack) >>> 0 : 0,
        win: window,
        up: seg.up,
        text: seg.text,
      },
      flow,
    );
    this.packet(packet);
  }

  packet(packet: Uint8Array): void {
    this.core.receiveWindow.set(packet);
    this.core.input(packet.length, 0);
  }

  /** One event from the row's beginning, and what comes of it. */
  cell(event: () => string): Facts {
    this.restore();
    const result = event();
    const answers = this.sent();
    const signals = this.signals();
    const path = this.#path();
    const record = this.#record();
    const variables = record ? this.#variables(record) : null;
    const restarts = this.at.state === 'TIME-WAIT' && record?.timerMs === TWO_MSL;
    const state = this.#state(record);
    return { state, path, answers, later: this.#later(), signals, result, variables, restarts };
  }

  #later(): string[] {
    if (this.core.deadlineMs() > this.now + DELAY) return [];
    this.pass(this.now + DELAY);
    return this.sent();
  }

  /** Sets the clock to a moment, and what is due then runs. */
  pass(to: number): void {
    this.now = to;
    this.core.poll(to);
  }

  /**
   * Lets time pass, deadline by deadline, until `isOver` says so; what was sent before is thrown
   * away. False when a day passes, or nothing is due any more.
   */
  until(isOver: () => boolean): boolean {
    const end = this.now + DAY;
    for (let due = this.core.deadlineMs(); due <= end; due = this.core.deadlineMs()) {
      this.pass(Math.max(due, this.now));
      if (isOver()) return true;
      while (this.core.output() !== 0);
      while (this.core.signal() !== 0);
    }
    return false;
  }

  /** Events of the trace since the row began, or since event number `from`. */
  trace(from = this.#traced) {
    return readTrace(this.core, from, TRACE_EVENTS);
  }

  /** What the stack sends now, as the wire's log prints it. */
  sent(): string[] {
    const lines: string[] = [];
    for (let n = this.core.output() >>> 0; n !== 0; n = this.core.output() >>> 0) {
      const segment = decode(this.core.transmitWindow.subarray(0, n));
      // Where nothing was sent before, our SYN says what our numbers are relative to.
      const isFirst = ['CLOSED', 'LISTEN', 'TIME-WAIT'].includes(this.at.state);
      const iss = isFirst && segment.ctl & SYN ? segment.seq : this.made.peer.iss;
      const ack = (segment.ack - this.made.peer.isn) | 0;
      lines.push(wire({ ...segment, seq: (segment.seq - iss) | 0, ack }));
    }
    return lines;
  }

  /** Signals for the user, by name. */
  signals(): string[] {
    const names: string[] = [];
    while (this.core.signal() !== 0) {
      const events = this.core.view.getUint32(Memory.SIGNAL + SignalRecordField.events, true);
      const result = this.core.view.getUint32(Memory.SIGNAL + SignalRecordField.result, true);
      for (let bit = 1; bit <= events; bit <<= 1) {
        if ((events & bit) === 0) continue;
        const saysHow = bit === Signal.CLOSED || bit === Signal.SOFT_ERROR;
        names.push(saysHow ? `${Signal[bit]} ${named(result)}` : `${Signal[bit]}`);
      }
    }
    return names.sort();
  }

  /**
   * Arrows of the state diagram, in order. An entry that ends while its listener stands has
   * returned to LISTEN; that it gets a TCB when it opens is no arrow.
   */
  #path(): string[] {
    const arrows: string[] = [];
    for (const { kind, handle, reason, numbers } of this.trace()) {
      if (kind !== TraceKind.STATE) continue;
      const [from, to] = numbers;
      if (from === State.CLOSED && to === State.SYN_RECEIVED) continue;
      if (this.at.isEntry && from === State.LISTEN) continue;
      // A wait is its record's; the TCB that stands for it to its user only follows.
      if (from === State.TIME_WAIT && handle !== 0) continue;
      const isReturn =
        handle === 0 && from === State.SYN_RECEIVED && reason !== Reason.LISTENER_CLOSED;
      const target = isReturn && to === State.CLOSED ? State.LISTEN : to;
      arrows.push(`${stateName(from)} -> ${stateName(target)}`);
    }
    return arrows;
  }

  /** The record of the row's tuple. */
  #record(): Status | undefined {
    const { remotePort } = this.made.peer.ports;
    return this.made.stack.records().find((record) => record.remotePort === remotePort);
  }

  /** The state of the row's tuple, as STATUS has it. */
  #state(record: Status | undefined): string {
    if (record) return stateName(record.state);
    const isListening = this.made.stack.records().some(({ state }) => state === State.LISTEN);
    const mayListen = this.at.isEntry || ['CLOSED', 'LISTEN'].includes(this.at.state);
    return isListening && mayListen ? 'LISTEN' : 'CLOSED';
  }

  #variables(record: Status): Facts['variables'] {
    if (!isTold(stateName(record.state))) return null;
    const { isn, iss } = this.made.peer;
    return [
      (record.sndUna - iss) | 0,
      (record.sndNxt - iss) | 0,
      (record.rcvNxt - isn) | 0,
      record.receiveQueue - this.unread,
    ];
  }
}

/** What a call answers, in the table's words: `ok`, octets, or the Result's own name. */
export function answered(answer: number): string {
  if (answer > 0) return `${answer}`;
  return answer === 0 ? 'ok' : (Result[-answer] ?? `${answer}`);
}
