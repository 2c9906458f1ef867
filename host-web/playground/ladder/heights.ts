/**
 * Heights on the ladder, one for each event or packet: appended, and looked up by bisection.
 */
export class Heights {
  length = 0;
  #numbers = new Float64Array(256);

  push(y: number): void {
    if (this.length === this.#numbers.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.length++] = y;
  }

  set(index: number, y: number): void {
    this.#numbers[index] = y;
  }

  at(index: number): number {
    return this.#numbers[index]!;
  }

  /** The first that is at least `y`; they must not decrease. */
  firstFrom(y: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#numbers[middle]! < y) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
