/** The handle of a program's process, whose localhost is that of all its processes. */
import type { RawListener } from '../../host-web/raw/raw.ts';
import { plainAddress } from '../cli/words.ts';
import { type Found, Handle } from '../net/handle.ts';
import type { Place } from '../net/ports.ts';
import { outerOf } from './inner.ts';
import type { Loopback } from './loopback.ts';

let loopback: Loopback | undefined;

/** Has the localhost of all handles be this one. */
export function shareBy(its: Loopback): void {
  loopback = its;
}

export class SharedHandle extends Handle {
  /** What others of the program connect to. */
  #inner: RawListener | undefined;

  protected override claim(listener: RawListener, place: Place, backlog: number): boolean {
    if (!super.claim(listener, place, backlog)) return false;
    if (loopback?.claim(listener, place) === false) {
      super.unclaim(listener);
      return false;
    }
    try {
      this.#listenBesides(place, backlog);
    } catch {
      // No record is left for that: others of the program are refused.
    }
    return true;
  }

  #listenBesides(place: Place, backlog: number): void {
    const hostname = loopback?.besides(place);
    if (hostname === undefined) return;
    const { port } = place;
    this.#inner = this.stack.openListener({ ...this.options, hostname, port, backlog });
    this.acceptFrom(this.#inner);
  }

  protected override unclaim(listener: RawListener): void {
    super.unclaim(listener);
    loopback?.unclaim(listener);
    const inner = this.#inner;
    if (inner === undefined) return;
    inner.onAcceptable = null;
    inner.close();
    inner.release();
  }

  protected override locate(address: string, port: number, found: Found): boolean {
    if (loopback === undefined) return false;
    const bound = this.bound?.address;
    return loopback.locate(plainAddress(address), port, bound, (at = address, from) => {
      found(at, from);
    });
  }

  protected override shown(address: string): string {
    return outerOf(address);
  }
}
