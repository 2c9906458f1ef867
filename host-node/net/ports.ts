/**
 * Who listens where, by port: as in Linux, no two have addresses that overlap, but where both share
 * the port.
 *
 * The core itself lets a listener of one address stand beside one of all, and prefers it; but a
 * program of Node's tries a port by listening on all addresses, and is to hear EADDRINUSE.
 */
import type { RawListener } from '../../host-web/raw/raw.ts';
import { ANY } from './names.ts';
import { perStack } from './per-stack.ts';

/** Where a listener stands. */
export interface Place {
  readonly address: string;
  readonly port: number;
  readonly isShared: boolean;
  /** Of :: it has IPv6 alone. */
  readonly isIpv6: boolean;
}

type Standing = Omit<Place, 'port'>;

/** Whether a listener takes what another one at that address would. */
function takes({ address, isIpv6 }: Standing, other: string): boolean {
  if (address === ANY[6]) return !isIpv6 || other.includes(':');
  return address === ANY[4] ? !other.includes(':') : address === other;
}

/** Whether there is an address that both would take. */
function overlap(one: Standing, other: Standing): boolean {
  return takes(one, other.address) || takes(other, one.address);
}

export class Ports<Owner> {
  readonly #ports = new Map<number, Map<Owner, Place>>();

  /**
   * Takes a listener in.
   *
   * @returns false where another one has its port on such an address
   */
  enter(owner: Owner, place: Place): boolean {
    const members = this.#ports.get(place.port) ?? new Map<Owner, Place>();
    for (const other of members.values()) {
      if (overlap(place, other) && !(place.isShared && other.isShared)) return false;
    }
    this.#ports.set(place.port, members.set(owner, place));
    return true;
  }

  /** Whether a listener that shares nothing has a port, on such an address. */
  isHeld(address: string, port: number): boolean {
    const all = [...(this.#ports.get(port)?.values() ?? [])];
    const wanted = { address, isShared: false, isIpv6: false };
    return all.some((one) => !one.isShared && overlap(one, wanted));
  }

  /** Those that take what comes for an address, each with its place. */
  takersOf(address: string, port: number): [Owner, Place][] {
    const all = [...(this.#ports.get(port) ?? [])];
    return all.filter(([, place]) => takes(place, address));
  }

  /** Forgets a listener that is over. */
  leave(owner: Owner, port: number): void {
    const members = this.#ports.get(port);
    if (members?.delete(owner) && members.size === 0) this.#ports.delete(port);
  }
}

/** The listeners of `net` that a stack has. */
export const portsOf = perStack(() => new Ports<RawListener>());
