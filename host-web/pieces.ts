/**
 * Text where it lies in a core's memory, as the PIECES window lists it.
 *
 * Most pieces are whole pages, and the same pages are used again and again: the view of each is
 * made once, so that bulk text makes next to no garbage.
 */
import { Memory, PieceField } from './abi.ts';

const WORD = Uint32Array.BYTES_PER_ELEMENT;
const STEP = PieceField.size / WORD;
const AT = PieceField.at / WORD;
const LENGTH = PieceField.length / WORD;

export class Pieces {
  readonly #octets: Uint8Array;
  readonly #words: Uint32Array;
  /** Views of whole pages, by address. */
  readonly #pages = new Map<number, Uint8Array>();

  /** @param piecesAt where the list is in `memory` */
  constructor(memory: ArrayBufferLike, piecesAt: number) {
    this.#octets = new Uint8Array(memory);
    this.#words = new Uint32Array(memory, piecesAt, Memory.MAX_PIECES * STEP);
  }

  /** Octets that are listed up to the piece of none. */
  get length(): number {
    let total = 0;
    for (let i = LENGTH; this.#words[i]! > 0; i += STEP) total += this.#words[i]!;
    return total;
  }

  /** Copies so many of the octets listed to `into`, from its octet `at` on. */
  copy(length: number, into: Uint8Array, at: number): void {
    for (let i = 0, left = length; left > 0; i += STEP) {
      const size = this.#words[i + LENGTH]!;
      into.set(this.#piece(this.#words[i + AT]!, size), at + length - left);
      left -= size;
    }
  }

  #piece(at: number, size: number): Uint8Array {
    if (size < Memory.PAGE_SIZE) return this.#octets.subarray(at, at + size);
    let page = this.#pages.get(at);
    if (page === undefined) this.#pages.set(at, (page = this.#octets.subarray(at, at + size)));
    return page;
  }
}
