/**
 * A simulated host: one real core, its users, and a pump between them.
 *
 * What happens is told to the world as it happens — the user's calls, the core's trace, packets —
 * and everything the host is lies in the core's memory and in its users' plain state, so a copy of
 * both is a copy of the host. Not here: time and packets on the way (`universe.ts`), and writing
 * anything down (`sampler.ts`).
 */
import { Reason, type Result, Signal, State, TraceKind } from '../../abi.ts';
import { type Core, giveAddress, type Limits } from '../../core.ts';
import { Random } from '../../link/random.ts';
import type { WasmModule } from '../../platform.ts';
import { EPOCH, Pump, type Pumped } from '../../pump.ts';
import { createTuned } from '../../sysctl.ts';
import { type TraceEvent, TraceReader } from '../../trace.ts';
import type { UserAction } from '../action.ts';
import type { HostSpec } from '../scenario.ts';
import type { Note } from '../timeline/rows.ts';
import { App, type AppState, type Resolve, type SocketState } from './app.ts';
import { seedOf } from './network.ts';

/** Listens to a machine. */
export interface World {
  note(host: number, note: Note): void;
  /** The machine has taken in the packet that arrives now. */
  taken(host: number): void;
  /** The machine sends the first `length` octets. */
  send(host: number, octets: Uint8Array, length: number): void;
  /** Something may be different in its memory: before the next thing is told. */
  settled(host: number): void;
}

/** Small: a universe is copied often. */
const LIMITS: Limits = {
  connections: 64,
  listeners: 8,
  children: 256,
  timeWaits: 256,
  pages: 128,
  ranges: 256,
  replies: 64,
  // More than fill all pages, and datagrams that nobody sends: a keyframe is to cost little.
  segments: 2_048,
  datagramSockets: 1,
  datagrams: 1,
  traceEvents: 1024,
  receiveBuffer: 65_536,
  sendBuffer: 65_536,
};

export class Machine implements Pumped {
  readonly core: Core;
  readonly app: App;
  readonly #pump: Pump;
  readonly #host: number;
  readonly #world: World;
  #trace: TraceReader;
  /** What the core had traced when it was read last. */
  #traced = 0;
  #now = 0;

  constructor(
    module: WasmModule,
    place: { index: number; id: string; seed: number; mtu: number; prefix: string },
    spec: HostSpec,
    resolve: Resolve,
    world: World,
  ) {
    this.#host = place.index;
    this.#world = world;
    const random = new Random(seedOf(place.seed, `core ${place.id}`));
    const seed = Uint8Array.from({ length: 32 }, () => random.below(256));
    const limits = { ...LIMITS, mtu: place.mtu, ...spec.limits };
    this.core = createTuned(module, limits, { trace: 1, ...spec.sysctl }, seed);
    this.core.poll(EPOCH);
    giveAddress(this.core, place.prefix);
    this.app = new App(this.core, place.id, resolve, {
      // Told after the call was made, so that it has a connection; what it led to comes behind.
      called: (text, handle) => world.note(place.index, { kind: 'call', handle, text }),
      delivered: (socket, octets, strange) => this.#delivered(socket, octets, strange),
      signal: (socket, name) => this.#tell({ kind: 'signal', handle: socket.handle, text: name }),
    });
    this.#trace = new TraceReader(this.core, 0);
    this.#pump = new Pump(this.core, this);
  }

  /** Its users' state; the rest of it is memory. */
  get state(): AppState {
    return this.app.state;
  }

  /** Goes on from a state; memory has been written already. */
  set state(state: AppState) {
    this.app.state = state;
    this.#trace = new TraceReader(this.core, 0);
    this.#traced = this.core.traceCount();
  }

  /** When its alarm is to ring; NEVER when no timer is set. */
  get deadline(): number {
    return this.#pump.isUnfinished ? this.#now : this.#pump.deadline;
  }

  // What happens to it --------------------------------------------------------------

  /** A packet arrives. */
  input(now: number, octets: Uint8Array): void {
    this.#now = now;
    this.core.receiveWindow.set(octets);
    this.#pump.input(octets.length, 0);
    this.#world.taken(this.#host);
    this.#drain();
    this.#pump.pump();
  }

  /** Its deadline has come. */
  alarm(now: number): void {
    this.#now = now;
    this.#pump.ring();
  }

  /** Its user does something. */
  perform(now: number, action: UserAction): void {
    this.#now = now;
    this.#pump.refresh();
    this.app.perform(action);
    this.#drain();
    this.#pump.pump();
  }

  // What its pump asks ----------------------------------------------------------------

  now(): number {
    return this.#now;
  }

  rang(): void {
    this.#drain();
  }

  signal(handle: number, events: number, result: Result): void {
    if (this.app.ownerOf(handle) === undefined) return;
    if (events & Signal.OPENED) this.#tell({ kind: 'signal', handle, text: 'opened' });
    if (events & Signal.CLOSED) this.app.over(handle, result);
  }

  act(): boolean {
    let isAnything = false;
    while (this.app.react()) {
      isAnything = true;
      this.#drain();
    }
    return isAnything;
  }

  transmit(): void {
    for (let length = this.core.output(); length !== 0; length = this.core.output()) {
      this.#world.send(this.#host, this.core.transmitWindow, length);
      this.#drain();
    }
  }

  rested(): void {
    this.#drain();
    this.#world.settled(this.#host);
  }

  // What it tells -----------------------------------------------------------------------

  #delivered(socket: SocketState, octets: number, strange: number): void {
    const numbers = [octets, strange, socket.received, 0] as const;
    this.#tell({ kind: 'deliver', handle: socket.handle, numbers });
  }

  #tell(note: Note): void {
    this.#drain();
    this.#world.note(this.#host, note);
  }

  /** Passes on what the core has traced since. */
  #drain(): void {
    if (this.core.traceCount() === this.#traced) return;
    this.#traced = this.core.traceCount();
    let isAny = false;
    for (const event of this.#trace.read()) {
      const note = noteOf(event);
      if (note === undefined) continue;
      this.#world.note(this.#host, note);
      isAny = true;
    }
    if (isAny) this.#world.settled(this.#host);
  }
}

/** An event of the core's trace in the timeline's words; what is told otherwise is passed over. */
function noteOf(event: TraceEvent): Note | undefined {
  const { kind, handle, reason, a, b, c, d } = event;
  const common = { handle, reason, numbers: [a, b, c, d] as const };
  switch (kind) {
    case TraceKind.STATE:
      // A TCB made of a SYN-queue entry has been in SYN-RECEIVED all along.
      if (a === State.CLOSED && b === State.SYN_RECEIVED && reason === Reason.SYN_ARRIVED) {
        return undefined;
      }
      return { kind: 'state', ...common };
    case TraceKind.DROP:
      return { kind: 'drop', ...common };
    case TraceKind.TIMER:
      return { kind: 'timer', ...common };
    case TraceKind.CONGESTION:
      return { kind: 'reason', ...common };
    case TraceKind.NOTE:
      return {
        kind: 'reason',
        text: Reason[reason]!.toLowerCase().replaceAll('_', ' '),
        ...common,
      };
    default:
      return undefined;
  }
}
