/**
 * Whose each handle is: where a stack finds the raw connection or listener that a signal is for.
 *
 * A list by the index that a handle carries in its lower bits. The core gives indices out from 1 on
 * and again once they are free, so the list is as long as there were handles at once. A Map would
 * make itself anew whenever so many have come and gone, and in V8 each that has grown old keeps all
 * that followed it, with every connection they had, from the young collector.
 */
import { Memory } from '../abi.ts';

const INDEX_MASK = (1 << Memory.INDEX_BITS) - 1;

export class Owners<T extends { readonly handle: number }> {
  readonly #list: (T | undefined)[] = [undefined];
  readonly #base: number;

  /** @param base the index before the first that is given out */
  constructor(base = 0) {
    this.#base = base;
  }

  /** Enters the owner of its handle. */
  add(owner: T): void {
    const index = this.#indexOf(owner.handle);
    while (this.#list.length < index) this.#list.push(undefined);
    this.#list[index] = owner;
  }

  /** The owner of a handle that has not been let go of. */
  of(handle: number): T | undefined {
    const owner = this.#list[this.#indexOf(handle)];
    return owner?.handle === handle ? owner : undefined;
  }

  /** Lets go of a handle; answers whose it was. */
  remove(handle: number): T | undefined {
    const owner = this.of(handle);
    if (owner !== undefined) this.#list[this.#indexOf(handle)] = undefined;
    return owner;
  }

  #indexOf(handle: number): number {
    return (handle & INDEX_MASK) - this.#base;
  }

  /** Every owner. */
  all(): T[] {
    return this.#list.filter((owner) => owner !== undefined);
  }
}
