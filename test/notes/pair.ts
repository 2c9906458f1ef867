/**
 * Two cores joined at their doors, or by a wire as long as `delayMs` says, on virtual time and
 * without a log: for scenes with more packets than anybody will read.
 *
 * `exchange` carries packets to and fro until neither has any left. Whoever wants to see them sets
 * `watch`; whoever wants to lose some answers false there.
 */
import { type Counter, PacketFlag, Memory, type Setting, StatusField } from '../../host-web/abi.ts';
import { type Core, createCore, type Limits, setEndpoint } from '../../host-web/core.ts';
import { coreModule } from '../core-module.ts';
import { mapped, octetsOf } from '../dsl/stack.ts';

/** Milliseconds: zero would mean "never" to a core. */
const EPOCH = 1000;

/** Which of the two a packet comes from. */
export type Side = 'a' | 'b';

/** A core with one address. */
export function door(
  address: string,
  seed: number,
  limits: Limits = {},
  settings: Partial<Record<Setting, number>> = {},
): Core {
  const core = createCore(coreModule, limits, new Uint8Array(32).fill(seed));
  for (const [setting, value] of Object.entries(settings)) core.set(Number(setting), value);
  core.poll(EPOCH);
  setEndpoint(core, mapped(octetsOf(address)), 0, null, 0);
  if (core.addAddress(8) !== 0) throw new Error(`no address ${address}`);
  return core;
}

export class Pair {
  readonly a: Core;
  readonly b: Core;
  /** Milliseconds since the scene began. */
  now = 0;
  /** Sees each packet in its sender's transmit window; false loses it. */
  watch: ((from: Side, packet: Uint8Array) => boolean) | undefined;
  /** Milliseconds each packet is on its way. */
  delayMs = 0;
  /** Milliseconds between the ends of two packets: with none, a batch is acknowledged as one. */
  gapMs = 0;
  /** Whether the wire vouches for checksums, and leaves them out: for scenes of many octets. */
  isTrusted = false;
  readonly #wire: { at: number; to: Core; length: number; octets: Uint8Array }[] = [];
  /** Octets of packets that have arrived, for those to come. */
  readonly #spare: Uint8Array[] = [];

  constructor(limits: Limits = {}, settings: Partial<Record<Setting, number>> = {}) {
    this.a = door('10.0.0.1', 1, limits, settings);
    this.b = door('10.0.0.2', 2, limits, settings);
  }

  /** Carries packets until neither has any. */
  exchange(): void {
    while (this.#carry('a', this.a, this.b) + this.#carry('b', this.b, this.a) > 0);
  }

  #carry(side: Side, from: Core, to: Core): number {
    let count = 0;
    for (let length = from.output(); length !== 0; length = from.output()) {
      count++;
      const packet = from.transmitWindow.subarray(0, length);
      if (this.watch !== undefined && !this.watch(side, packet)) continue;
      if (this.delayMs > 0) {
        const octets = this.#spare.pop() ?? new Uint8Array(to.receiveWindow.length);
        octets.set(packet);
        const behind = (this.#wire.at(-1)?.at ?? 0) + this.gapMs;
        this.#wire.push({ at: Math.max(this.now + this.delayMs, behind), to, length, octets });
        continue;
      }
      this.input(to, packet);
    }
    // Nobody here looks at the news, but it must not pile up.
    while (from.signal() !== 0);
    return count;
  }

  /** Lets time pass, through every deadline in order. */
  wait(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const timer = Math.min(this.a.deadlineMs(), this.b.deadlineMs()) - EPOCH;
      const due = Math.min(timer, this.#wire[0]?.at ?? timer);
      this.now = Math.min(Math.max(due, this.now), end);
      // What has arrived comes before a timeout is believed.
      this.#arrive();
      this.a.poll(this.now + EPOCH);
      this.b.poll(this.now + EPOCH);
      this.exchange();
      if (this.now === end) return;
    }
  }

  /** Hands in what has reached the end of the wire. */
  #arrive(): void {
    for (let first = this.#wire[0]; first !== undefined; first = this.#wire[0]) {
      if (first.at > this.now) return;
      this.#wire.shift();
      first.to.time(this.now + EPOCH);
      this.input(first.to, first.octets.subarray(0, first.length));
      this.#spare.push(first.octets);
    }
  }

  /** Loses all that is on its way. */
  cut(): void {
    this.#wire.length = 0;
  }

  /** Hands a packet in. */
  input(to: Core, packet: Uint8Array): void {
    to.receiveWindow.set(packet);
    to.input(packet.length, this.isTrusted ? PacketFlag.CHECKSUM_TRUSTED : 0);
  }

  /** B listens; answers the listener's handle. */
  listen(port: number, backlog: number): number {
    const handle = this.b.create();
    setEndpoint(this.b, null, port, null, 0);
    if (this.b.listen(handle, backlog) !== 0) throw new Error(`can not listen on ${port}`);
    return handle;
  }

  /** A opens a connection to B; answers the handle, or a negated Result. */
  connect(port: number, localPort = 0): number {
    const handle = this.a.create();
    setEndpoint(this.a, null, localPort, mapped(octetsOf('10.0.0.2')), port);
    const result = handle > 0 ? this.a.connect(handle) : handle;
    if (result !== 0 && handle > 0) this.a.release(handle);
    return result === 0 ? handle : result;
  }
}

/** One number of STATUS of a handle. */
export function look(core: Core, handle: number, field: keyof typeof StatusField): number {
  if (core.status(handle) !== 0) throw new Error(`no handle ${handle}`);
  return core.view.getUint32(Memory.STATUS + StatusField[field], true);
}

/** Records of each pool in use: TCBs, SYN queue, TIME-WAIT, ranges, replies, pages. */
export const used = (core: Core): number[] => [0, 1, 2, 3, 4, 5].map((pool) => core.used(pool));

/** One counter of a core. */
export const counted = (core: Core, counter: Counter): number =>
  Number(core.view.getBigUint64(Memory.COUNTERS + 8 * counter, true));
