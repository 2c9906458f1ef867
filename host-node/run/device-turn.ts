/**
 * Whose the device is: the switch's, or that of the one process of a program that speaks. That one
 * is given it once it has sent its first packet, and it is taken back as soon as another one sends,
 * or joins: who has joined last may be waited for by a process that does nothing meanwhile.
 */

/** A process that has joined, as far as this is concerned. */
export interface Speaker {
  readonly hasSpoken: boolean;
}

export class DeviceTurn<T extends Speaker> {
  /** Who has been told to take it. */
  #given: T | undefined;
  /** Whether who was told has it. */
  #isTaken = false;
  readonly #tell: (who: T, isIts: boolean) => void;
  readonly #read: (isOurs: boolean) => void;

  /**
   * @param tell says to a process whether the device is its
   * @param read has the switch read the device, or not
   */
  constructor(tell: (who: T, isIts: boolean) => void, read: (isOurs: boolean) => void) {
    this.#tell = tell;
    this.#read = read;
  }

  /** Looks again, after one has joined, begun to speak, or left. @param all in their order */
  look(all: readonly T[]): void {
    const last = all.at(-1);
    const others = all.slice(0, -1);
    const isAlone = last?.hasSpoken === true && !others.some(({ hasSpoken }) => hasSpoken);
    const whose = isAlone ? last : undefined;
    if (whose === this.#given) return;
    const before = this.#given;
    this.#given = whose;
    if (this.#isTaken) this.#read(true);
    this.#isTaken = false;
    if (before !== undefined) this.#tell(before, false);
    if (whose !== undefined) this.#tell(whose, true);
  }

  /** Tells who has it once more. */
  again(): void {
    if (this.#given !== undefined) this.#tell(this.#given, true);
  }

  /** One says that it has it. */
  taken(by: T): void {
    if (by !== this.#given || this.#isTaken) return;
    this.#isTaken = true;
    this.#read(false);
  }
}
