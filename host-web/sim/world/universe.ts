/**
 * A universe: hosts with real cores, crafters, and a network between them, on a clock of its own.
 *
 * Everything that happens is a moment: one task of the agenda — a packet arrives, an alarm rings, a
 * step of the scenario is due — and all that follows at that host at once. Between two moments the
 * universe is the cores' memories and a little plain data, so `state` is an exact copy of it, and a
 * universe that was given a state goes on exactly as the first one did. Nothing here is random
 * beyond the scenario's seed, and nothing reads a clock.
 *
 * What is shown goes into a timeline, if there is one; a universe without runs the same way. Not
 * here: keyframes, branches and going back (`session.ts`).
 */
import { octetsOf } from '../../address.ts';
import { NEVER } from '../../clock.ts';
import type { Verdict } from '../../link/channel.ts';
import type { Impairment, Settled } from '../../link/netem.ts';
import type { WasmModule } from '../../platform.ts';
import { duration } from '../../units.ts';
import type { Action } from '../action.ts';
import { craft } from '../craft.ts';
import { Hash } from '../hash.ts';
import type { Scenario } from '../scenario.ts';
import { marksOf, parseMark, spell } from '../timeline/mark.ts';
import { Observer, type ObserverState } from '../timeline/observer.ts';
import type { HostRow, Note } from '../timeline/rows.ts';
import type { Timeline } from '../timeline/timeline.ts';
import { Agenda, type AgendaState, type Task } from './agenda.ts';
import type { AppState } from './app.ts';
import { hostsOf } from './hosts.ts';
import { Machine, type World } from './machine.ts';
import { Network, type NetworkState } from './network.ts';

export { hostsOf } from './hosts.ts';

/** Something done to a universe from outside, between two moments. */
export type Edit =
  | { readonly kind: 'action'; readonly host: string; readonly action: Action }
  /** What happens to the packet with this id, which has not been sent yet. */
  | { readonly kind: 'packet'; readonly packet: number; readonly verdict: Verdict }
  /** What a way, or every way, does to packets from now on. */
  | { readonly kind: 'impair'; readonly impairment: Impairment; readonly way?: string };

/** All of a universe but its memories, as plain data. */
export interface PlainState {
  readonly now: number;
  readonly moment: number;
  readonly packets: number;
  readonly agenda: AgendaState;
  readonly network: NetworkState;
  readonly marks: Readonly<Record<string, number>>;
  readonly edicts: Readonly<Record<number, Verdict>>;
  readonly apps: readonly (AppState | null)[];
}

/** A universe as data: one memory for each host, of no octets for a crafter. */
export interface UniverseState {
  readonly plain: PlainState;
  readonly memories: readonly Uint8Array[];
  readonly observer: ObserverState | undefined;
}

const DEFAULT_MTU = 1500;
/** Virtual time a scenario may take by default, milliseconds. */
const LONGEST = 600_000;

export class Universe implements World {
  readonly spec: Scenario;
  readonly hosts: readonly HostRow[];
  /** Milliseconds since it began. */
  now = 0;
  /** Moments that have passed. */
  moment = 0;
  /** When it ends, whatever is still to come. */
  readonly end: number;
  readonly #machines: readonly (Machine | undefined)[];
  readonly #network: Network;
  readonly #agenda: Agenda;
  readonly #observer: Observer | undefined;
  /** Steps that wait for a mark, by its one spelling. */
  readonly #waiting = new Map<string, number[]>();
  readonly #bases = new Set<string>();
  #marks = new Map<string, number>();
  #edicts = new Map<number, Verdict>();
  #packets = 0;
  /** The packet that is being taken in. */
  #arriving: Extract<Task, { kind: 'arrive' }> | undefined;
  /** Is shown every packet, whole, as it leaves and as it arrives. */
  onPacket: ((host: string, octets: Uint8Array, direction: 'in' | 'out') => void) | undefined;

  /** @param spec one variant of a scenario (`variantOf`) */
  constructor(module: WasmModule, spec: Scenario, timeline?: Timeline) {
    this.spec = spec;
    this.hosts = hostsOf(spec);
    this.end = duration(spec.until ?? LONGEST);
    this.#agenda = new Agenda(this.hosts.length);
    const packetMarks = this.#schedule();
    const addresses = this.hosts.map(({ address }) => octetsOf(address));
    const ids = this.hosts.map(({ id }) => id);
    this.#network = new Network(spec, ids, addresses, packetMarks);
    const place = { seed: spec.seed ?? 1, mtu: spec.mtu ?? DEFAULT_MTU };
    this.#machines = this.hosts.map(({ id, address, kind }, index) => {
      if (kind === 'crafter') return undefined;
      const prefix = `${address}/${address.includes(':') ? 64 : 24}`;
      const own = { ...place, index, id, prefix };
      return new Machine(module, own, spec.hosts[id]!, (name) => this.#resolve(name), this);
    });
    const cores = this.#machines.map((machine) => machine?.core);
    const hasUser = (host: number, handle: number) =>
      this.#machines[host]!.app.ownerOf(handle) !== undefined;
    this.#observer = timeline && new Observer(timeline, cores, hasUser);
  }

  /** Puts the steps on the agenda, or in wait for their marks; answers the packets among these. */
  #schedule(): string[] {
    const packets = new Set<string>();
    this.spec.steps.forEach(({ at = 0, on, host }, step) => {
      this.#place(host);
      if (on === undefined) {
        this.#agenda.add(duration(at), { kind: 'step', step });
        return;
      }
      const mark = parseMark(on);
      const name = spell(mark);
      this.#bases.add(mark.base);
      if (mark.pattern !== undefined) packets.add(mark.base);
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), step]);
    });
    return [...packets];
  }

  // Going on ----------------------------------------------------------------------

  /** When the next moment comes; NEVER when nothing is left to happen. */
  get nextAt(): number {
    return this.#agenda.nextAt;
  }

  /** Whether anything is left to happen before the end. */
  get isOver(): boolean {
    return !(this.nextAt < NEVER) || this.nextAt > this.end;
  }

  /** Lets the next moment pass; false when it is over. */
  step(): boolean {
    if (this.isOver) return false;
    const item = this.#agenda.take()!;
    this.now = Math.max(this.now, item.at);
    this.#begin();
    this.#perform(item.task);
    return true;
  }

  /** Lets everything pass until a time, or the end; answers how many moments that were. */
  run(until = this.end): number {
    const before = this.moment;
    while (this.nextAt <= until && this.step());
    return this.moment - before;
  }

  /** Does something now, as a moment of its own. */
  edit(edit: Edit): void {
    switch (edit.kind) {
      case 'packet':
        this.#edicts.set(edit.packet, edit.verdict);
        return;
      case 'impair':
        this.#network.impair(edit.impairment, edit.way);
        return;
      case 'action': {
        const host = this.#place(edit.host);
        const { plain, observer } = this;
        const memories = this.memories.map((memory) => memory.slice());
        this.#begin();
        try {
          this.#act(host, edit.action, 0);
        } catch (error) {
          // What was refused has not happened, not even in part.
          this.restore({ plain, observer, memories });
          throw error;
        }
      }
    }
  }

  /** Moves an idle universe's clock: nothing is due before `at`. */
  waitUntil(at: number): void {
    if (at > this.now && at < this.nextAt) this.now = at;
  }

  #begin(): void {
    this.moment++;
    this.#observer?.begin(this.now, this.moment);
  }

  #perform(task: Task): void {
    switch (task.kind) {
      case 'arrive':
        this.#arrive(task);
        return;
      case 'alarm':
        this.#machines[task.host]!.alarm(this.now);
        return;
      case 'step': {
        const { host, action } = this.spec.steps[task.step]!;
        this.#act(this.#place(host), action, 0);
        return;
      }
      case 'do':
        this.#act(task.host, task.action, task.nth);
    }
  }

  #act(host: number, action: Action, nth: number): void {
    const machine = this.#machines[host];
    if (action.do !== 'craft') {
      if (machine === undefined) throw new TypeError(`${this.hosts[host]!.id} only crafts packets`);
      machine.perform(this.now, action);
      return;
    }
    const { packet, count = 1, every = 0 } = action;
    if (nth === 0 && count > 1) {
      for (let i = 1; i < count; i++) {
        this.#agenda.add(this.now + i * duration(every), { kind: 'do', host, action, nth: i });
      }
    }
    const to = this.#resolveText(packet.destination);
    const octets = craft({ ...packet, destination: to }, nth);
    this.send(host, octets, octets.length);
  }

  #arrive(task: Extract<Task, { kind: 'arrive' }>): void {
    this.#network.arrived(task.way);
    const { host, octets } = task;
    this.onPacket?.(this.hosts[host]!.id, octets, 'in');
    this.#arriving = task;
    const machine = this.#machines[host];
    if (machine === undefined) this.taken(host);
    else machine.input(this.now, octets);
    this.#arriving = undefined;
  }

  // What machines tell --------------------------------------------------------------

  taken(host: number): void {
    const { packet, octets, names } = this.#arriving!;
    this.#observer?.received(host, packet, octets);
    for (const name of names) this.#happened(`${name} arrives`);
  }

  note(host: number, note: Note): void {
    this.#observer?.note(host, note, this.#arriving?.octets);
    const { kind, reason = 0, text = '', numbers } = note;
    if (this.#bases.size === 0) return;
    const id = this.hosts[host]!.id;
    const marks = marksOf(id, kind, reason, text, numbers?.[0] ?? 0, numbers?.[1] ?? 0);
    for (const base of marks) {
      if (!this.#bases.has(base)) continue;
      const count = (this.#marks.get(base) ?? 0) + 1;
      this.#marks.set(base, count);
      this.#happened(`${base}#${count}`);
    }
  }

  settled(host: number): void {
    this.#observer?.sample(host);
    const machine = this.#machines[host]!;
    this.#agenda.setAlarm(host, machine.deadline);
  }

  send(host: number, window: Uint8Array, length: number): void {
    const octets = window.slice(0, length);
    const first = this.#packets;
    this.onPacket?.(this.hosts[host]!.id, octets, 'out');
    const passage = this.#network.send(host, octets, this.now, this.#edicts.get(first));
    const { arrivals, fate, names, to, way } = passage;
    this.#packets += Math.max(arrivals.length, 1);
    this.#observer?.sent(host, first, passage);
    arrivals.forEach((at, i) => {
      const carried = i === 0 && fate === 'corrupted' ? octets.slice() : octets;
      if (carried !== octets) this.#network.corrupt(way, carried);
      const named = i === 0 ? names : [];
      const packet = first + i;
      this.#agenda.add(at, {
        kind: 'arrive',
        packet,
        way,
        host: to,
        octets: carried,
        names: named,
      });
    });
    for (const name of names) {
      this.#happened(name);
      if (arrivals.length === 0) this.#happened(`${name} lost`);
    }
  }

  /** Wakes the steps that wait for a mark. */
  #happened(name: string): void {
    for (const step of this.#waiting.get(name) ?? []) {
      const at = this.now + duration(this.spec.steps[step]!.after ?? 0);
      this.#agenda.add(at, { kind: 'step', step });
    }
  }

  // Names -------------------------------------------------------------------------

  #place(id: string): number {
    const place = this.hosts.findIndex((host) => host.id === id);
    if (place < 0) throw new RangeError(`there is no host ${id}`);
    return place;
  }

  #resolveText(name: string): string {
    return this.hosts.find(({ id }) => id === name)?.address ?? name;
  }

  #resolve(name: string): Uint8Array {
    return octetsOf(this.#resolveText(name));
  }

  /** What a way does now, in numbers. */
  impairmentOf(way: string): Settled {
    return this.#network.impairmentOf(way);
  }

  /** What the users of a host have: for expectations. */
  appOf(id: string): AppState | undefined {
    return this.#machines[this.#place(id)]?.state;
  }

  // A universe as data ------------------------------------------------------------

  get plain(): PlainState {
    return {
      now: this.now,
      moment: this.moment,
      packets: this.#packets,
      agenda: this.#agenda.state,
      network: this.#network.state,
      marks: Object.fromEntries(this.#marks),
      edicts: Object.fromEntries(this.#edicts),
      apps: this.#machines.map((machine) => machine?.state ?? null),
    };
  }

  /** The memories as they are now, not copied: look at them before the next moment. */
  get memories(): Uint8Array[] {
    return this.#machines.map((machine) => machine?.core.octets ?? new Uint8Array());
  }

  get observer(): ObserverState | undefined {
    return this.#observer?.state;
  }

  /** Becomes what a state says. Its spec must be the one the state came from. */
  restore({ plain, memories, observer }: UniverseState): void {
    this.now = plain.now;
    this.moment = plain.moment;
    this.#packets = plain.packets;
    this.#agenda.state = plain.agenda;
    this.#network.state = plain.network;
    this.#marks = new Map(Object.entries(plain.marks));
    this.#edicts = new Map(
      Object.entries(plain.edicts).map(([id, verdict]) => [Number(id), verdict]),
    );
    this.#machines.forEach((machine, i) => {
      if (machine === undefined) return;
      machine.core.octets.set(memories[i]!);
      machine.state = plain.apps[i]!;
    });
    if (observer !== undefined && this.#observer !== undefined) this.#observer.state = observer;
  }

  /**
   * A number for all of it, 16 hexadecimal digits: two universes that go on in the same way have
   * the same, on every engine.
   */
  hash(): string {
    const hash = new Hash();
    for (const machine of this.#machines) if (machine) hash.core(machine.core);
    hash.plain(this.plain);
    return hash.digest();
  }
}
