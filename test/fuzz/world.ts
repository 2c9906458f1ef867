/**
 * One core, its clock and its users, with the oracle around each step.
 *
 * All of a core's state lies in its memory (law 2), so a starting point is a copy of it: `save` and
 * `restore` take the fuzzer back to a state in microseconds. What is checked after every step is
 * written in `settle`: what leaves is sound, the numbers of STATUS keep their order, no deadline
 * lies behind.
 */
import { Memory, PieceField, State, StatusField } from '../../host-web/abi.ts';
import { type Core, createCore, type Limits, setEndpoint } from '../../host-web/core.ts';
import { coreModuleSync } from '../../host-web/wasm.ts';
import { Emitted } from './emitted.ts';
import { LIMITS } from './limits.ts';
import { type Family, mapped, octetAt, V4, V6, Writer } from './wire.ts';

export const EPOCH = 1_000;
export const LOCAL_PORT = 80;
export const REMOTE_PORT = 5_000;
/**
 * Packets one step may send: every octet of a send buffer in segments of the smallest MSS, and
 * more.
 */
const MAX_BURST = 600;
const MAX_HANDLES = 12;

/** What went wrong; the message is a sentence of the oracle's. */
export class Fault extends Error {}

/** A starting point: memory without the packet windows, and what the fuzzer knew there. */
export interface Saved {
  readonly small: Uint8Array;
  readonly pools: Uint8Array;
  readonly now: number;
  readonly family: Family;
  readonly handles: Int32Array;
  readonly handleCount: number;
  readonly main: number;
  readonly listener: number;
  readonly aim: Uint32Array;
}

/** Indices of `World.aim`: where the connection stands, for those who aim at it. */
export const Aim = {
  una: 0,
  nxt: 1,
  rcvNxt: 2,
  rcvWnd: 3,
  sndWnd: 4,
  iss: 5,
  irs: 6,
  flags: 7,
  state: 8,
  mss: 9,
  tsVal: 10,
  peerTs: 11,
  localPort: 12,
  remotePort: 13,
  shift: 14,
  edge: 15,
  hasEdge: 16,
  readSeq: 17,
} as const;

export class World {
  readonly core: Core;
  readonly octets: Uint8Array;
  readonly writer: Writer;
  readonly emitted: Emitted;
  readonly aim = new Uint32Array(18);
  readonly handles = new Int32Array(MAX_HANDLES);
  handleCount = 0;
  now = EPOCH;
  main = 0;
  listener = 0;
  family: Family = V4;
  /** Packets sent in the latest step, those without text, and whether a RST was among them. */
  burst = 0;
  bareCount = 0;
  hasReset = false;
  /** Text in flight may not be what its sequence number says: a packet was spoilt on purpose. */
  isTainted = false;
  /** Called with each packet that leaves, when a run is told. */
  tell: ((arrow: '>' | '<' | ' ', text: string | number) => void) | undefined;
  #calls = 0;
  inputs = 0;
  outputs = 0;

  constructor(seed = 1, limits: Limits = LIMITS) {
    this.core = createCore(coreModuleSync(), limits, new Uint8Array(32).fill(seed));
    this.octets = this.core.octets;
    this.writer = new Writer(this.octets);
    this.emitted = new Emitted(this.octets);
    this.core.poll(this.now);
    for (const family of [V4, V6]) {
      setEndpoint(this.core, mapped(family.local), 0, null, 0);
      if (this.core.addAddress(family.isV4 ? 24 : 64) !== 0) throw new Fault('addAddress');
    }
  }

  // Starting points ------------------------------------------------------------------

  save(): Saved {
    return {
      small: this.octets.slice(Memory.CONFIG, Memory.RECEIVE - Memory.HEADROOM),
      pools: this.octets.slice(Memory.POOLS_BEGIN),
      now: this.now,
      family: this.family,
      handles: this.handles.slice(),
      handleCount: this.handleCount,
      main: this.main,
      listener: this.listener,
      aim: this.aim.slice(),
    };
  }

  restore(saved: Saved): void {
    this.octets.set(saved.small, Memory.CONFIG);
    this.octets.set(saved.pools, Memory.POOLS_BEGIN);
    this.handles.set(saved.handles);
    this.handleCount = saved.handleCount;
    this.now = saved.now;
    this.family = saved.family;
    this.main = saved.main;
    this.listener = saved.listener;
    this.aim.set(saved.aim);
    this.isTainted = false;
    this.#calls = 0;
    // What lies in the window was sent elsewhere, and may have been spoilt there.
    this.octets[Memory.RECEIVE] = 0;
    this.writer.length = 0;
    this.writer.family = saved.family;
    this.writer.destinationPort = this.aim[Aim.localPort]!;
    this.writer.sourcePort = this.aim[Aim.remotePort]!;
  }

  // Steps ----------------------------------------------------------------------------

  /** Hands in the packet that lies in the receive window. */
  input(length: number, flags = 0): void {
    this.tell?.('<', length);
    this.inputs++;
    this.core.input(length, flags);
  }

  /** Sends the writer's segment. */
  segment(): void {
    this.input(this.writer.tcp());
  }

  /** Takes everything out and judges it, and what STATUS says now. */
  settle(): void {
    this.bareCount = 0;
    this.hasReset = false;
    this.#takeOut();
    if (!this.checkDeadline()) return;
    // What a timeout sends is no answer to what has just come in.
    const { bareCount, hasReset } = this;
    this.#takeOut();
    this.bareCount = bareCount;
    this.hasReset = hasReset;
  }

  #takeOut(): void {
    this.burst = 0;
    for (let n = this.core.output(); n !== 0; n = this.core.output()) {
      this.tell?.('>', n);
      if (++this.burst > MAX_BURST) throw new Fault('output never runs dry');
      const fault = this.emitted.read(n);
      if (fault !== '') throw new Fault(`the core sent a bad packet: ${fault}`);
      this.#judge(n);
    }
    this.outputs += this.burst;
    while (this.core.signal() !== 0);
    this.refresh();
  }

  #judge(length: number): void {
    const e = this.emitted;
    if (e.protocol !== 6) {
      this.bareCount++;
      return;
    }
    if (e.textLength === 0) this.bareCount++;
    if (e.isRst) this.hasReset = true;
    if (length > 1500) throw new Fault(`a packet of ${length} octets on an MTU of 1500`);
    const a = this.aim;
    if (e.localPort !== a[Aim.localPort] || e.remotePort !== a[Aim.remotePort]) return;
    if (e.isV4 !== this.family.isV4) return;
    if (e.hasTimestamps) a[Aim.tsVal] = e.tsVal;
    if (!e.hasRightText()) throw new Fault(`wrong octets in ${e.seq}(${e.textLength})`);
    const state = a[Aim.state]!;
    if (e.isRst || e.isSyn || this.main === 0 || state < State.ESTABLISHED) return;
    if (state === State.TIME_WAIT) return;
    this.#judgeEdge();
  }

  /** The right edge of the receive window never moves left (SHLD-14). */
  #judgeEdge(): void {
    const a = this.aim;
    const e = this.emitted;
    const edge = (e.ack + e.wnd * 2 ** a[Aim.shift]!) >>> 0;
    if (a[Aim.hasEdge] === 1 && ((edge - a[Aim.edge]!) | 0) < 0) {
      throw new Fault(`the right edge moves left by ${(a[Aim.edge]! - edge) >>> 0} (SHLD-14)`);
    }
    a[Aim.edge] = edge;
    a[Aim.hasEdge] = 1;
  }

  field(offset: number): number {
    return this.core.view.getUint32(Memory.STATUS + offset, true);
  }

  /** Reads where the connection stands, and holds it against where it stood. */
  refresh(): void {
    if (this.main === 0 || this.core.status(this.main) !== 0) {
      if (this.main !== 0) this.aim[Aim.state] = State.CLOSED;
      return;
    }
    const a = this.aim;
    const state = this.field(StatusField.state);
    const before = a[Aim.state]!;
    if (state >= State.SYN_SENT && state <= State.LAST_ACK && before >= State.SYN_SENT) {
      this.#compare(state);
    }
    if (before !== state && state !== State.CLOSED) a[Aim.hasEdge] &= before === 3 ? 0 : 1;
    a[Aim.state] = state;
    if (state === State.CLOSED) return;
    if (before === State.SYN_SENT) a[Aim.readSeq] = this.field(StatusField.irs) + 1;
    a[Aim.una] = this.field(StatusField.sndUna);
    a[Aim.nxt] = this.field(StatusField.sndNxt);
    a[Aim.rcvNxt] = this.field(StatusField.rcvNxt);
    a[Aim.rcvWnd] = this.field(StatusField.rcvWnd);
    a[Aim.sndWnd] = this.field(StatusField.sndWnd);
    a[Aim.iss] = this.field(StatusField.iss);
    a[Aim.irs] = this.field(StatusField.irs);
    a[Aim.flags] = this.field(StatusField.flags);
    a[Aim.mss] = this.field(StatusField.smss);
    a[Aim.shift] = this.field(StatusField.rcvShift);
  }

  #compare(state: number): void {
    const a = this.aim;
    const una = this.field(StatusField.sndUna);
    const nxt = this.field(StatusField.sndNxt);
    if (((nxt - una) | 0) < 0) throw new Fault(`SND.UNA ${una} lies beyond SND.NXT ${nxt}`);
    if (((una - a[Aim.una]!) | 0) < 0) throw new Fault('SND.UNA moves left');
    if (((nxt - a[Aim.nxt]!) | 0) < 0) throw new Fault('SND.NXT moves left');
    const flight = this.field(StatusField.flightSize);
    if (flight > (nxt - una) >>> 0) throw new Fault(`FlightSize ${flight} of ${nxt - una}`);
    if (state < State.ESTABLISHED) return;
    if (((this.field(StatusField.rcvNxt) - a[Aim.rcvNxt]!) | 0) < 0 && a[Aim.state]! >= 3) {
      throw new Fault('RCV.NXT moves left');
    }
    const mss = this.field(StatusField.smss);
    // The floor is 64, timestamps included.
    if (mss < 52) throw new Fault(`SMSS ${mss}`);
    // In SYN-RECEIVED, CLOSE goes to FIN-WAIT-1 before congestion control has begun.
    if (una === this.field(StatusField.iss)) return;
    if (this.field(StatusField.cwnd) < mss) throw new Fault(`cwnd ${this.field(StatusField.cwnd)}`);
    if (this.field(StatusField.cwnd) > 0x7fff_ffff) throw new Fault('cwnd beyond 2^31');
    if (this.field(StatusField.ssthresh) < mss) throw new Fault('ssthresh below SMSS');
    const rto = this.field(StatusField.rto);
    if (rto === 0 || rto > 60_000_000) throw new Fault(`RTO ${rto}`);
    if (this.field(StatusField.rcvWnd) > 1 << 30) throw new Fault('RCV.WND beyond 2^30');
    if (this.field(StatusField.sndWnd) > 1 << 30) throw new Fault('SND.WND beyond 2^30');
    this.#checkWatch();
    if (this.field(StatusField.sendQueue) > 1 << 30) throw new Fault('the send queue is negative');
    if (this.field(StatusField.receiveQueue) > 1 << 30) throw new Fault('a negative receive queue');
  }

  /**
   * Whoever has something outstanding, or to send, is watched by a timer: else it stalls for ever.
   */
  #checkWatch(): void {
    if (this.field(StatusField.timer) !== 0) return;
    const flight = (this.field(StatusField.sndNxt) - this.field(StatusField.sndUna)) >>> 0;
    const queued = this.field(StatusField.sendQueue);
    if (flight + queued > 0) {
      throw new Fault(`no timer, with ${flight} octets in flight and ${queued} in the send queue`);
    }
  }

  // Time -----------------------------------------------------------------------------

  /**
   * After `poll` and `output` nothing may be due (the host would spin); answers whether something
   * was.
   */
  checkDeadline(): boolean {
    const due = this.core.deadlineMs();
    if (due > this.now) return false;
    this.core.poll(this.now);
    if (this.core.deadlineMs() <= this.now)
      throw new Fault(`the deadline ${due} stays in the past`);
    return true;
  }

  /** Lets time pass: through at most `steps` deadlines in order, then straight to the end. */
  wait(ms: number, steps: number): void {
    const end = this.now + ms;
    for (let step = 0; step < steps; step++) {
      const due = this.core.deadlineMs();
      if (due > end) break;
      this.now = Math.max(due, this.now);
      this.core.poll(this.now);
      this.settle();
    }
    this.now = end;
    this.core.poll(end);
    this.settle();
  }

  // Users ----------------------------------------------------------------------------

  remember(handle: number): void {
    if (handle > 0 && this.handleCount < MAX_HANDLES) this.handles[this.handleCount++] = handle;
  }

  forget(handle: number): void {
    for (let i = 0; i < this.handleCount; i++) {
      if (this.handles[i] === handle) this.handles[i--] = this.handles[--this.handleCount]!;
    }
    if (handle === this.main) this.main = 0;
    if (handle === this.listener) this.listener = 0;
  }

  /** SEND of so many octets, each as its sequence number says; answers what the core does. */
  send(handle: number, length: number): number {
    if (this.core.status(handle) !== 0) return this.core.send(handle, length);
    // The send queue ends where the next octet goes; a SYN not acknowledged stands before it.
    const una = this.field(StatusField.sndUna);
    const first = una === this.field(StatusField.iss) ? una + 1 : una;
    const end = first + this.field(StatusField.sendQueue);
    if (this.#isByAddress()) return this.#sendByAddress(handle, length, end);
    for (let i = 0; i < length; i++) this.octets[Memory.TEXT + i] = octetAt(end + i);
    return this.core.send(handle, length);
  }

  #sendByAddress(handle: number, length: number, end: number): number {
    const lent = this.core.lend(handle, length);
    let octet = end;
    this.#eachPiece(lent, (at) => (this.octets[at] = octetAt(octet++)));
    // Lent and not taken, it is lent again.
    const kept = this.#calls % 5 === 0 ? lent % 7 : 0;
    return lent < 0 ? lent : this.core.commit(handle, lent - kept);
  }

  /** Text goes by the window and by address, in turn. */
  #isByAddress(): boolean {
    return this.#calls++ % 2 === 0;
  }

  /** Calls with the address of each of so many octets that the core has listed. */
  #eachPiece(octets: number, use: (at: number) => void): void {
    for (let i = Memory.PIECES, left = octets; left > 0; i += PieceField.size) {
      const at = this.core.view.getUint32(i + PieceField.at, true);
      const length = this.core.view.getUint32(i + PieceField.length, true);
      if (length === 0) throw new Fault(`${left} octets of ${octets} are listed nowhere`);
      for (let j = 0; j < length; j++) use(at + j);
      left -= length;
    }
  }

  /** RECEIVE; what comes from the main connection must be the text of its place. */
  receive(handle: number, length: number): number {
    const isByAddress = this.#isByAddress();
    const n = isByAddress ? this.core.peek(handle, length) : this.core.receive(handle, length);
    if (n > 0 && handle === this.main) {
      let i = 0;
      const check = (at: number) => {
        if (!this.isTainted && this.octets[at] !== octetAt(this.aim[Aim.readSeq]! + i)) {
          throw new Fault(`octet ${i} of ${n} read is not the one sent`);
        }
        i++;
      };
      if (isByAddress) this.#eachPiece(n, check);
      else while (i < n) check(Memory.TEXT + i);
      this.aim[Aim.readSeq] += n;
    }
    return isByAddress && n > 0 ? this.core.take(handle, n) : n;
  }

  used(pool: number): number {
    return this.core.used(pool);
  }
}
