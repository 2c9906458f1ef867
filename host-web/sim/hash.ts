/**
 * The hash of a universe: 64 bits over memories and plain data, the same on every engine.
 *
 * Two lanes of multiply-and-rotate over 32-bit words, for comparing, not for secrets. The windows
 * of the door are left out: the last call's arguments lie there, and looking at a stack is a call.
 */
import { Memory } from '../abi.ts';
import type { Core } from '../core.ts';

/** Stretches of memory that are state: what `init` keeps, and the pools. */
const STATE = [
  [0x1_0000, Memory.ENDPOINT],
  [Memory.COUNTERS, Memory.RECEIVE - Memory.HEADROOM],
] as const;

export class Hash {
  #a = 0x243f_6a88;
  #b = 0x85a3_08d3;

  /** Everything that makes a core go on as it does. */
  core(core: Core): void {
    for (const [from, to] of STATE) this.#words(core, from, to);
    this.#words(core, Memory.POOLS_BEGIN, core.octets.length);
  }

  #words(core: Core, from: number, to: number): void {
    const words = new Uint32Array(core.memory.buffer, from, (to - from) >> 2);
    let [a, b] = [this.#a, this.#b];
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      a = Math.imul(a ^ word, 0x9e37_79b1);
      a = (a << 15) | (a >>> 17);
      b = Math.imul(b + word, 0x85eb_ca77);
      b = (b << 13) | (b >>> 19);
    }
    [this.#a, this.#b] = [a, b];
  }

  /** Plain data; octets in it are hashed as they come. */
  plain(data: unknown): void {
    this.text(
      JSON.stringify(data, (_, value: unknown) => {
        if (!(value instanceof Uint8Array)) return value;
        this.#octets(value);
        return value.length;
      }),
    );
  }

  #octets(octets: Uint8Array): void {
    let [a, b] = [this.#a, this.#b];
    for (let i = 0; i < octets.length; i++) {
      const octet = octets[i]!;
      a = Math.imul(a ^ octet, 0x9e37_79b1);
      a = (a << 15) | (a >>> 17);
      b = Math.imul(b + octet, 0x85eb_ca77);
      b = (b << 13) | (b >>> 19);
    }
    [this.#a, this.#b] = [a, b];
  }

  text(text: string): void {
    let [a, b] = [this.#a, this.#b];
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      a = Math.imul(a ^ unit, 0x9e37_79b1);
      a = (a << 15) | (a >>> 17);
      b = Math.imul(b + unit, 0x85eb_ca77);
      b = (b << 13) | (b >>> 19);
    }
    [this.#a, this.#b] = [a, b];
  }

  digest(): string {
    const mix = (lane: number) => {
      let z = lane;
      z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a_2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    return [this.#a, this.#b].map((lane) => mix(lane).toString(16).padStart(8, '0')).join('');
  }
}
