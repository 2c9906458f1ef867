/**
 * Sampling: after every step of a host, what is different in its connections and counters goes
 * into the timeline.
 *
 * The core names connections by handles, SYN-queue entries and TIME-WAIT records by nothing but
 * their sockets; a timeline gives each one row from first sight to CLOSED, wherever the core keeps
 * it. That book-keeping is here. It is not part of the universe: a run without a timeline has none.
 */
import { Counter, Memory, State, StatusField } from '../../abi.ts';
import { formatMapped } from '../../address.ts';
import type { Core } from '../../core.ts';
import type { Timeline, Variable } from './timeline.ts';

/** Which numbers of STATUS are which variable, for a connection with a TCB. */
const OF_TCB: readonly (readonly [Variable, keyof typeof StatusField, number])[] = [
  ['ISS', 'iss', 1],
  ['IRS', 'irs', 1],
  ['SND.UNA', 'sndUna', 1],
  ['SND.NXT', 'sndNxt', 1],
  ['SND.WND', 'sndWnd', 1],
  ['RCV.NXT', 'rcvNxt', 1],
  ['RCV.WND', 'rcvWnd', 1],
  ['cwnd', 'cwnd', 1],
  ['ssthresh', 'ssthresh', 1],
  ['FlightSize', 'flightSize', 1],
  ['SMSS', 'smss', 1],
  ['RMSS', 'rmss', 1],
  ['SRTT', 'srtt', 1e-3],
  ['RTTVAR', 'rttvar', 1e-3],
  ['RTO', 'rto', 1e-3],
  ['retransmits', 'retransmits', 1],
  ['retransmitted', 'retransTotal', 1],
  ['Snd.Wind.Shift', 'sndShift', 1],
  ['Rcv.Wind.Shift', 'rcvShift', 1],
  ['options', 'flags', 1],
  ['send queue', 'sendQueue', 1],
  ['receive queue', 'receiveQueue', 1],
];
const OF_ENTRY: typeof OF_TCB = [
  ['ISS', 'iss', 1],
  ['IRS', 'irs', 1],
  ['SND.WND', 'sndWnd', 1],
  ['retransmits', 'retransmits', 1],
];
const OF_TIME_WAIT: typeof OF_TCB = [
  ['SND.NXT', 'sndNxt', 1],
  ['RCV.NXT', 'rcvNxt', 1],
];
const OF_LISTENER: typeof OF_TCB = [
  ['accept queue', 'receiveQueue', 1],
  ['backlog', 'sendQueue', 1],
  ['SYN queue', 'synQueue', 1],
];

const STATUS_WORDS = StatusField.size >> 2;

/** A row of the timeline that still lives. */
interface Known {
  readonly id: number;
  readonly key: string;
  readonly isListener: boolean;
  handle: number;
  state: State;
  /** The timer as last written: which, and when. */
  timer: number;
  timerAt: number;
  /** Last seen in this round of sampling. */
  round: number;
}

/** A sampler as plain data. */
export interface SamplerState {
  readonly known: readonly Known[];
  readonly rows: readonly (readonly [number, number])[];
  readonly counters: readonly number[];
}

export class Sampler {
  readonly #core: Core;
  readonly #host: number;
  #byKey = new Map<string, Known>();
  #byHandle = new Map<number, Known>();
  /** Rows of all handles ever seen: a connection's last signal comes after its end. */
  #rows = new Map<number, number>();
  /** Rows of what ended at the time `#endedAt`, by its sockets: its RST is still to be sent. */
  #ended = new Map<string, number>();
  #endedAt = -1;
  /** Words of STATUS as last written for each row; only to be quick. */
  readonly #seen = new Map<number, Float64Array>();
  #counters: number[] = new Array(Counter.COUNT).fill(0);
  #round = 0;
  #u32: Uint32Array;

  constructor(core: Core, host: number) {
    this.#core = core;
    this.#host = host;
    this.#u32 = new Uint32Array(core.memory.buffer, 0, Memory.POOLS_BEGIN >> 2);
  }

  get state(): SamplerState {
    const known = [...this.#byKey.values()].map((one) => ({ ...one, round: 0 }));
    return { known, rows: [...this.#rows], counters: [...this.#counters] };
  }

  set state({ known, rows, counters }: SamplerState) {
    const copies = known.map((one) => ({ ...one }));
    this.#byKey = new Map(copies.map((one) => [one.key, one]));
    this.#byHandle = new Map(
      copies.filter(({ handle }) => handle !== 0).map((one) => [one.handle, one]),
    );
    this.#rows = new Map(rows);
    this.#ended.clear();
    this.#seen.clear();
    this.#counters = [...counters];
    this.#round = 0;
  }

  /** Row of the connection a handle names, or named; -1 when it has not been seen yet. */
  ofHandle(handle: number): number {
    return this.#rows.get(handle) ?? -1;
  }

  /** Row of the connection with these sockets, or of one that ended just now; -1 when none. */
  ofSockets(localPort: number, remote: string, remotePort: number, now: number): number {
    const key = `${localPort} ${remote} ${remotePort}`;
    const ended = this.#endedAt === now ? this.#ended.get(key) : undefined;
    return this.#byKey.get(key)?.id ?? ended ?? -1;
  }

  /** Row of the record of that state, without a handle, whose time is up; -1 when none. */
  takeExpired(state: State): number {
    let first: Known | undefined;
    for (const known of this.#byKey.values()) {
      if (known.handle !== 0 || known.state !== state) continue;
      if (first === undefined || known.timerAt < first.timerAt) first = known;
    }
    if (first === undefined) return -1;
    first.state = State.CLOSED;
    return first.id;
  }

  /** Gives everything the host has its row, without any value yet. */
  identify(timeline: Timeline): void {
    const core = this.#core;
    for (let cursor = core.nextStatus(0); cursor !== 0; cursor = core.nextStatus(cursor >>> 0)) {
      this.#find(timeline, this.#field('handle'), this.#field('state'));
    }
  }

  /** Looks at everything the host has, and writes what is different. */
  sample(timeline: Timeline, now: number, hasUser: (handle: number) => boolean): void {
    const core = this.#core;
    this.#round++;
    for (let cursor = core.nextStatus(0); cursor !== 0; cursor = core.nextStatus(cursor >>> 0)) {
      this.#read(timeline, now, hasUser);
    }
    for (const known of this.#byKey.values()) {
      if (known.round === this.#round) continue;
      if (this.#endedAt !== now) this.#ended.clear();
      this.#endedAt = now;
      this.#ended.set(known.key, known.id);
      timeline.change(known.id, 'state', State.CLOSED);
      timeline.change(known.id, 'timer', 0);
      timeline.change(known.id, 'timer at', 0);
      this.#byKey.delete(known.key);
      if (this.#byHandle.get(known.handle) === known) this.#byHandle.delete(known.handle);
    }
    this.#count(timeline);
  }

  #field(name: keyof typeof StatusField): number {
    return this.#u32[(Memory.STATUS + StatusField[name]) >> 2]!;
  }

  #read(timeline: Timeline, now: number, hasUser: (handle: number) => boolean): void {
    const handle = this.#field('handle');
    const state = this.#field('state') as State;
    const known = this.#find(timeline, handle, state);
    known.round = this.#round;
    known.state = state;
    const { id } = known;
    if (known.isListener) {
      timeline.change(id, 'state', state);
      this.#write(timeline, id, OF_LISTENER);
      return;
    }
    const isEntry = handle === 0 && state === State.SYN_RECEIVED;
    const isRecord = handle === 0 && state === State.TIME_WAIT;
    // A record's sequence numbers come before its state, so that a reader of both sees them.
    this.#write(timeline, id, isEntry ? OF_ENTRY : isRecord ? OF_TIME_WAIT : OF_TCB);
    timeline.change(id, 'state', state);
    const released = (this.#field('flags') & 16) !== 0;
    const place = isEntry ? 1 : isRecord ? 3 : released || hasUser(handle) ? 0 : 2;
    timeline.change(id, 'kept in', place);
    this.#timer(timeline, known, now);
  }

  /** Most numbers are as they were: those are found out before the timeline is asked. */
  #write(timeline: Timeline, id: number, fields: typeof OF_TCB): void {
    let seen = this.#seen.get(id);
    if (seen === undefined) this.#seen.set(id, (seen = new Float64Array(STATUS_WORDS).fill(-1)));
    for (const [variable, field, factor] of fields) {
      const place = StatusField[field] >> 2;
      const value = this.#u32[(Memory.STATUS >> 2) + place]!;
      if (seen[place] === value) continue;
      seen[place] = value;
      timeline.change(id, variable, value * factor);
    }
  }

  /**
   * STATUS tells a timer's rest in whole milliseconds; the time it rings does not move with them.
   */
  #timer(timeline: Timeline, known: Known, now: number): void {
    const timer = this.#field('timer');
    const at = timer === 0 ? 0 : now + this.#field('timerMs');
    if (timer === known.timer && Math.abs(at - known.timerAt) < 1.001) return;
    known.timer = timer;
    known.timerAt = at;
    timeline.change(known.id, 'timer', timer);
    timeline.change(known.id, 'timer at', at);
  }

  #find(timeline: Timeline, handle: number, state: State): Known {
    const own = this.#byHandle.get(handle);
    if (handle !== 0 && own !== undefined) return own;
    const isListener = state === State.LISTEN;
    const remoteAddress = isListener ? '' : this.#address('remote0');
    const [localPort, remotePort] = [this.#field('localPort'), this.#field('remotePort')];
    const key = `${localPort} ${remoteAddress} ${remotePort}`;
    const same = this.#byKey.get(key);
    const isNew =
      same === undefined || (same.state === State.TIME_WAIT && state !== State.TIME_WAIT);
    if (!isNew) {
      same.handle = handle;
      if (handle !== 0) this.#name(handle, same);
      return same;
    }
    if (same !== undefined) timeline.change(same.id, 'state', State.CLOSED);
    const id = timeline.addConnection({
      host: timeline.hosts[this.#host]!.id,
      kind: isListener ? 'listener' : 'connection',
      localAddress: this.#address('local0'),
      localPort,
      remoteAddress,
      remotePort,
      since: Math.max(timeline.eventCount - 1, 0),
    });
    const known = { id, key, isListener, handle, state, timer: 0, timerAt: 0, round: 0 };
    this.#byKey.set(key, known);
    if (handle !== 0) this.#name(handle, known);
    return known;
  }

  #name(handle: number, known: Known): void {
    this.#byHandle.set(handle, known);
    this.#rows.set(handle, known.id);
  }

  #address(field: 'local0' | 'remote0'): string {
    const at = Memory.STATUS + StatusField[field];
    return formatMapped(this.#core.octets.subarray(at, at + 16));
  }

  #count(timeline: Timeline): void {
    for (let counter = 0; counter < Counter.COUNT; counter++) {
      const value = this.#u32[(Memory.COUNTERS >> 2) + 2 * counter]!;
      if (value === this.#counters[counter]) continue;
      this.#counters[counter] = value;
      timeline.count(this.#host, counter, value);
    }
  }
}
