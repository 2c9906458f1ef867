/**
 * A core with a user: it writes one stream and reads another, in pieces of its own liking, at the
 * door.
 *
 * What it writes is a stretch of a known pattern, and what it reads is compared octet by octet. It
 * is driven by packets, by its alarm (the core's deadline) and by its user's whims; nothing awaits.
 */
import {
  Memory,
  SignalRecordField,
  Option,
  Result,
  Setting,
  Signal,
  State,
  StatusField,
} from '../../host-web/abi.ts';
import type { Alarm, VirtualClock } from '../../host-web/clock.ts';
import { type Core, createCore, setEndpoint } from '../../host-web/core.ts';
import { coreModuleSync } from '../../host-web/wasm.ts';
import { POOLS } from '../pools.ts';
import type { Dice } from './dice.ts';

/** What the seed says of one side. */
export interface Manner {
  address: Uint8Array;
  peer: Uint8Array;
  port: number;
  peerPort: number;
  /** Both true: simultaneous OPEN. */
  isActive: boolean;
  mtu: number;
  mss: number;
  receiveBuffer: number;
  sendBuffer: number;
  timestamps: number;
  scaling: number;
  sack: number;
  ecn: number;
  nagle: number;
  delayedAckMs: number;
  keepAlive: number;
  /** Longest piece of a SEND and of a RECEIVE. */
  writes: number;
  reads: number;
  /** Milliseconds between two looks at what has arrived; 0 reads at once. */
  readsEveryMs: number;
  /** CLOSE as soon as everything is written, or only when the peer's end has come. */
  closesFirst: boolean;
  /** Octets to write. */
  total: number;
  /** Pages of the shared pool; 0 is as many as the buffers can fill. */
  pages: number;
}

/** What must not happen; the message says what did. */
export class Stall extends Error {}

export class Node {
  readonly name: string;
  readonly core: Core;
  readonly manner: Manner;
  sent = 0;
  received = 0;
  /** The peer's FIN has been read. */
  isEnded = false;
  /** The connection is over, and how. */
  result: number | undefined;
  reason = 0;
  handle = 0;
  packets = 0;
  /** Takes a packet that leaves; set by the wire. */
  send: (octets: Uint8Array, length: number) => void = () => {};
  flush: () => void = () => {};
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #alarm: Alarm;
  readonly #user: Alarm;
  readonly #outgoing: Buffer;
  readonly #incoming: Buffer;
  readonly #memory: Buffer;
  #listener = 0;
  #isClosed = false;
  #isReleased = false;
  #lateCount = 0;

  constructor(
    name: string,
    clock: VirtualClock,
    dice: Dice,
    manner: Manner,
    outgoing: Buffer,
    incoming: Buffer,
  ) {
    this.name = name;
    this.#clock = clock;
    this.#dice = dice;
    this.manner = manner;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    const full = ((manner.receiveBuffer + manner.sendBuffer) >> 12) + 40;
    const pages = manner.pages === 0 ? full : manner.pages;
    const seed = Uint8Array.from({ length: 32 }, () => dice.below(256));
    this.core = createCore(
      coreModuleSync(),
      {
        connections: 4,
        listeners: 2,
        children: 4,
        timeWaits: 4,
        pages,
        ranges: 4096,
        replies: 32,
        traceEvents: 16,
        receiveBuffer: manner.receiveBuffer,
        sendBuffer: manner.sendBuffer,
        mtu: manner.mtu,
      },
      seed,
    );
    this.#memory = Buffer.from(this.core.memory.buffer);
    this.#alarm = clock.alarm(() => this.#ring());
    this.#user = clock.alarm(() => {
      this.#read();
      this.#pump();
    });
    this.#begin();
  }

  #begin(): void {
    const { core, manner } = this;
    core.poll(this.#clock.now());
    setEndpoint(core, manner.address, 0, null, 0);
    this.#demand(core.addAddress(manner.address[0] === 0 ? 24 : 64), 'addAddress');
    core.set(Setting.TIMESTAMPS, manner.timestamps);
    core.set(Setting.WINDOW_SCALING, manner.scaling);
    core.set(Setting.SACK, manner.sack);
    core.set(Setting.ECN, manner.ecn);
    const handle = core.create();
    core.setOption(handle, Option.NAGLE, manner.nagle);
    core.setOption(handle, Option.DELAYED_ACK_MS, manner.delayedAckMs);
    core.setOption(handle, Option.KEEP_ALIVE, manner.keepAlive);
    core.setOption(handle, Option.KEEP_ALIVE_IDLE_MS, 5_000);
    this.#demand(core.setOption(handle, Option.MAX_SEGMENT_SIZE, manner.mss), 'MAX_SEGMENT_SIZE');
    if (manner.isActive) {
      this.handle = handle;
      this.#connect();
    } else {
      this.#listener = handle;
      setEndpoint(core, null, manner.port, null, 0);
      this.#demand(core.listen(handle, 2), 'listen');
    }
  }

  #connect(): void {
    const { manner } = this;
    setEndpoint(this.core, null, manner.port, manner.peer, manner.peerPort);
    this.#demand(this.core.connect(this.handle), 'connect');
  }

  #demand(result: number, what: string): void {
    if (result !== 0) throw new Stall(`${this.name}: ${what} answers ${Result[-result]}`);
  }

  // Events ---------------------------------------------------------------------------

  /** Begins: whoever opens actively sends its SYN. */
  start(): void {
    this.#pump();
  }

  /** A packet arrives; it is answered at `delivered`. */
  deliver(octets: Uint8Array, length: number): void {
    this.core.poll(this.#clock.now());
    this.core.receiveWindow.set(octets.length === length ? octets : octets.subarray(0, length));
    this.core.input(length, 0);
    this.packets++;
  }

  delivered(): void {
    this.#pump();
  }

  #ring(): void {
    const now = this.#clock.now();
    const due = this.core.deadlineMs();
    this.core.poll(now);
    if (due <= now && this.core.deadlineMs() <= now) this.#lateCount++;
    else this.#lateCount = 0;
    if (this.#lateCount > 1) throw new Stall(`${this.name}: the deadline stays in the past`);
    this.#pump();
  }

  #pump(): void {
    const { core } = this;
    core.poll(this.#clock.now());
    for (;;) {
      for (let n = core.output(); n !== 0; n = core.output()) this.send(core.transmitWindow, n);
      if (!this.#serve()) break;
    }
    this.flush();
    this.#alarm.set(core.deadlineMs());
  }

  /** Lets the user act on the signals; answers whether there may be more to send. */
  #serve(): boolean {
    const { core } = this;
    let hadSignals = false;
    while (core.signal() !== 0) {
      hadSignals = true;
      this.#signals(
        core.view.getUint32(Memory.SIGNAL + SignalRecordField.handle, true),
        core.view.getUint32(Memory.SIGNAL + SignalRecordField.events, true),
      );
    }
    return hadSignals;
  }

  #signals(handle: number, events: number): void {
    if (events & Signal.ACCEPTABLE) {
      this.handle = this.core.accept(this.#listener);
      this.#write();
      // What came before ACCEPT has no signal of its own.
      this.#look();
      return;
    }
    if (handle !== this.handle) return;
    if (events & Signal.CLOSED) {
      this.result ??= this.core.view.getUint32(Memory.SIGNAL + SignalRecordField.result, true);
      this.reason = this.core.view.getUint32(Memory.SIGNAL + SignalRecordField.reason, true);
    } else if (events & (Signal.OPENED | Signal.WRITABLE)) this.#write();
    if (events & (Signal.READABLE | Signal.CONNECTION_CLOSING)) this.#look();
  }

  // The user -------------------------------------------------------------------------

  #look(): void {
    if (this.manner.readsEveryMs === 0) this.#read();
    else this.#user.set(this.#clock.now() + this.manner.readsEveryMs);
  }

  #write(): void {
    const { core, manner } = this;
    while (this.sent < manner.total) {
      const length = Math.min(1 + this.#dice.below(manner.writes), manner.total - this.sent);
      this.#memory.set(this.#outgoing.subarray(this.sent, this.sent + length), Memory.TEXT);
      const taken = core.send(this.handle, length);
      if (taken < 0) throw new Stall(`${this.name}: SEND answers ${Result[-taken]}`);
      this.sent += taken;
      if (taken < length) return;
    }
    if (manner.closesFirst || this.isEnded) this.#close();
  }

  #read(): void {
    const { core } = this;
    if (this.isEnded || this.handle === 0) return;
    for (;;) {
      const n = core.receive(this.handle, 1 + this.#dice.below(this.manner.reads));
      if (n === 0) return;
      if (n === -Result.CONNECTION_CLOSING) break;
      if (n < 0) throw new Stall(`${this.name}: RECEIVE answers ${Result[-n]}`);
      this.#check(n);
    }
    this.isEnded = true;
    if (this.sent === this.manner.total) this.#close();
  }

  #check(n: number): void {
    const at = Memory.TEXT;
    const end = this.received + n;
    if (this.#memory.compare(this.#incoming, this.received, end, at, at + n) !== 0) {
      throw new Stall(`${this.name}: octets ${this.received} to ${end} are not those sent`);
    }
    this.received = end;
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#demand(this.core.close(this.handle), 'CLOSE');
  }

  // The end --------------------------------------------------------------------------

  /** Everything is read, and the core has said that the connection is over. */
  get isDone(): boolean {
    return this.result !== undefined && (this.isEnded || this.result !== Result.OK);
  }

  /** Lets go of the handles. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.core.poll(this.#clock.now());
    if (this.handle !== 0) this.core.release(this.handle);
    if (this.#listener !== 0) this.core.release(this.#listener);
    this.#pump();
  }

  /** What has not come back to its pool. */
  leaks(): string {
    const counts = POOLS.map((name, pool) => `${this.core.used(pool)} ${name}`);
    return counts.filter((count) => !count.startsWith('0 ')).join(', ');
  }

  field(offset: number): number {
    return this.core.view.getUint32(Memory.STATUS + offset, true);
  }

  /** The connection in a line, for the report of a failing run. */
  describe(): string {
    const { manner } = this;
    const head = `${this.name}: wrote ${this.sent} of ${manner.total}, read ${this.received}`;
    if (this.result !== undefined) return `${head}, over: ${Result[this.result]}`;
    if (this.handle === 0 || this.core.status(this.handle) !== 0) return `${head}, no connection`;
    const field = (name: keyof typeof StatusField) => this.field(StatusField[name]);
    const iss = field('iss');
    const timer =
      field('timer') === 0 ? 'no timer' : `timer ${field('timer') - 1} ${field('timerMs')} ms`;
    return (
      `${head}, ${State[field('state')]} SND ${(field('sndUna') - iss) >>> 0}..` +
      `${(field('sndNxt') - iss) >>> 0} wnd ${field('sndWnd')} cwnd ${field('cwnd')} ` +
      `RCV ${(field('rcvNxt') - field('irs')) >>> 0} wnd ${field('rcvWnd')} ` +
      `queues ${field('receiveQueue')}/${field('sendQueue')} RTO ${field('rto')} ${timer}`
    );
  }
}
