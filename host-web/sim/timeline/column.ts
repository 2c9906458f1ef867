/**
 * Columns: numbers that are only ever appended, in typed arrays that double when they are full.
 *
 * A timeline of a hundred thousand events lies in a few dozen of these, so it costs what its
 * numbers cost, and a stretch of it crosses to another thread as a handful of buffers.
 */

/** What a column's numbers may be. Four kinds, for engines are slow where they meet more. */
export type Kind = 'u8' | 'u32' | 'i32' | 'f64';

type Numbers = Uint8Array | Uint32Array | Int32Array | Float64Array;

const MAKERS: Readonly<Record<Kind, (length: number) => Numbers>> = {
  u8: (length) => new Uint8Array(length),
  u32: (length) => new Uint32Array(length),
  i32: (length) => new Int32Array(length),
  f64: (length) => new Float64Array(length),
};

export class Column {
  length = 0;
  readonly kind: Kind;
  #numbers: Numbers;

  constructor(kind: Kind, room = 16) {
    this.kind = kind;
    this.#numbers = MAKERS[kind](room);
  }

  push(value: number): void {
    if (this.length === this.#numbers.length) this.#grow(this.length + 1);
    this.#numbers[this.length++] = value;
  }

  /** Appends all of them, and zeros up to `room`. */
  pushAll(values: ArrayLike<number>, room = values.length): void {
    this.#grow(this.length + room);
    this.#numbers.set(values, this.length);
    this.length += room;
  }

  at(index: number): number {
    return this.#numbers[index]!;
  }

  get last(): number {
    return this.#numbers[this.length - 1]!;
  }

  /** A copy of a stretch: typed, with a buffer of its own. */
  slice(from: number, to = this.length): Numbers {
    return this.#numbers.slice(from, Math.min(to, this.length));
  }

  /** How many of its numbers, which must not decrease, are at most `value`. */
  countUpTo(value: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#numbers[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(needed: number): void {
    if (needed <= this.#numbers.length) return;
    const larger = MAKERS[this.kind](Math.max(needed, 2 * this.#numbers.length));
    larger.set(this.#numbers.subarray(0, this.length));
    this.#numbers = larger;
  }
}
