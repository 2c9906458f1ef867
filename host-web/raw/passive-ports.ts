/** Where a listener stands that asks for port 0: at dynamic ports (RFC 6335 §6), in turn. */
import { Result } from '../abi.ts';
import { type Core, setEndpoint } from '../core.ts';

const FIRST = 49_152;
const COUNT = 16_384;

export class PassivePorts {
  #next: number;

  /** @param start anything: where the turn begins */
  constructor(start: number) {
    this.#next = start;
  }

  /**
   * Has a handle listen.
   *
   * @param address 16 octets
   * @param port 0 for a free one, or for any, where `isAny`
   * @param backlog at most so many wait for `accept`; one, where it says less
   */
  listen(
    core: Core,
    handle: number,
    address: Uint8Array,
    port: number,
    backlog: number,
    isAny: boolean,
  ): Result {
    const isChosen = port !== 0 || isAny;
    let left = isChosen ? 1 : COUNT;
    let result: Result;
    do {
      if (!isChosen) this.#next = (this.#next + 1) % COUNT;
      setEndpoint(core, address, isChosen ? port : FIRST + this.#next, null, 0);
      result = -core.listen(handle, Math.min(Math.max(backlog, 1), 0xffff_ffff));
    } while (result === Result.ADDRESS_IN_USE && --left);
    return result;
  }
}
