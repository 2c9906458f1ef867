/**
 * A packet whose text lies apart, as writev(2) takes it: headers first, then each piece from where
 * it lies in the core's memory. Nothing is allocated for a packet.
 */
import { Memory, PieceField } from '../host-web/abi.ts';
import type { Libc } from './libc.ts';

const WORD = Uint32Array.BYTES_PER_ELEMENT;
/** Words of a struct iovec: an address and a length, of 64 bits each, little-endian as Linux is. */
const VECTOR = 4;
const U32 = 2 ** 32;

/** The vectors of one packet at a time. */
export class Vectors {
  /** Where they lie. */
  readonly address: number;
  readonly #words = new Uint32Array(VECTOR * (1 + Memory.MAX_PIECES));
  readonly #pieces: Uint32Array;
  readonly #base: number;

  /** @param base address of `memory` in this process */
  constructor(c: Libc, memory: ArrayBuffer, base: number, piecesAt: number) {
    this.address = c.address(this.#words);
    this.#base = base;
    this.#pieces = new Uint32Array(memory, piecesAt, (Memory.MAX_PIECES * PieceField.size) / WORD);
  }

  /**
   * Lists a packet of `length` octets of which all but its pieces lies at `address`.
   *
   * @returns how many vectors there are
   */
  list(address: number, length: number): number {
    const pieces = this.#pieces;
    let headers = length;
    let count = 1;
    for (let at = 0; ; at += PieceField.size / WORD) {
      const size = pieces[at + PieceField.length / WORD]!;
      if (size === 0) break;
      this.#set(count++, this.#base + pieces[at + PieceField.at / WORD]!, size);
      headers -= size;
    }
    this.#set(0, address, headers);
    return count;
  }

  #set(vector: number, address: number, length: number): void {
    const at = VECTOR * vector;
    this.#words[at] = address % U32;
    this.#words[at + 1] = address / U32;
    this.#words[at + 2] = length;
  }
}
