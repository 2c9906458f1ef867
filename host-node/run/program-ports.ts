/**
 * Which process of a program listens where on localhost: kept by the switch, for all of them.
 *
 * Those are asked about, and not told to everybody: a process that is told of a port by another one
 * asks behind what that one has said before.
 */
import { ANY } from '../net/names.ts';
import { type Place, Ports } from '../net/ports.ts';
import { innerOf } from './inner.ts';

/** What a process says. */
export type Said =
  | Asking
  /** It reads the device by itself from here on. */
  | { readonly say: 'reads' }
  /** It has read a packet that is another's, in base64. */
  | { readonly say: 'stray'; readonly packet: string; readonly flags: number };

/** What a process says of ports. */
export type Asking =
  /** It wants to listen; answered by whether it may. */
  | { readonly say: 'listen'; readonly id: number; readonly place: Place }
  /** It listens no more. */
  | { readonly say: 'leave'; readonly id: number }
  /** It looks for who listens; answered by the inner address to connect to. */
  | { readonly say: 'find'; readonly id: number; readonly address: string; readonly port: number };

/** What it is told: the answer to what it has said, or which process there is no more. */
export type Told =
  | { readonly id: number; readonly isFree?: boolean; readonly at?: string | undefined }
  | { readonly gone: number }
  /** Whether it may have the device by itself; and whether for packets to all destinations. */
  | { readonly device: boolean; readonly isForAll: boolean };

/** A process of the program. */
export interface Member {
  /** How many were there before it. */
  readonly index: number;
  tell(message: Told): void;
}

/** A listener of one. */
interface Listener {
  readonly member: Member;
  readonly id: number;
  readonly port: number;
}

/**
 * Turns of the event loop after which all is known that was to be known before: what another
 * process has said, and which ones are over.
 */
const TURNS = 4;

export class ProgramPorts {
  readonly #ports = new Ports<Listener>();
  readonly #listeners = new Map<Member, Map<number, Listener>>();
  /** Who of several that share a port is next. */
  #turn = 0;

  join(member: Member): void {
    this.#listeners.set(member, new Map());
  }

  hear(member: Member, said: Asking): void {
    if (said.say === 'find') this.#find(member, said, TURNS);
    if (said.say === 'listen') this.#listen(member, said, TURNS);
    if (said.say === 'leave') this.#leave(member, said.id);
  }

  #listen(member: Member, said: Asking & { say: 'listen' }, turns: number): void {
    const { id, place } = said;
    const own = this.#listeners.get(member);
    // It is over meanwhile.
    if (own === undefined) return;
    const listener = { member, id, port: place.port };
    const isFree = this.#ports.enter(listener, place);
    if (!isFree && turns > 0) {
      setImmediate(() => this.#listen(member, said, turns - 1));
      return;
    }
    if (isFree) own.set(id, listener);
    member.tell({ id, isFree });
  }

  #leave(member: Member, id: number): void {
    const own = this.#listeners.get(member);
    const listener = own?.get(id);
    if (listener === undefined) return;
    this.#ports.leave(listener, listener.port);
    own!.delete(id);
  }

  #find(member: Member, said: Asking & { say: 'find' }, turns: number): void {
    const { id, address, port } = said;
    const all = this.#ports.takersOf(address, port).filter(([one]) => one.member !== member);
    const taker = all[this.#turn++ % Math.max(all.length, 1)];
    if (taker === undefined && turns > 0) {
      setImmediate(() => this.#find(member, said, turns - 1));
      return;
    }
    const at = taker && innerOf(taker[0].member.index, exactOf(taker[1], address));
    member.tell({ id, at });
  }

  /** A process is over. */
  forget(member: Member): void {
    for (const listener of this.#listeners.get(member)!.values()) {
      this.#ports.leave(listener, listener.port);
    }
    this.#listeners.delete(member);
  }
}

/** The address by which a listener is reached: one of all addresses, by the first of the family. */
export function exactOf({ address }: Pick<Place, 'address'>, asked = address): string {
  if (address !== ANY[4] && address !== ANY[6]) return address;
  return asked.includes(':') ? '::1' : '127.0.0.1';
}
