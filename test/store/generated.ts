/** Generated operations: numbers from a seed, and comparisons that report only what differs. */

let word: u32 = 1;

/** Begins a sequence of numbers; the same seed gives the same sequence. */
export function seed(value: u32): void {
  word = value | 1;
}

/** The next number (xorshift, 32 bits). */
export function next(): u32 {
  word ^= word << 13;
  word ^= word >> 17;
  word ^= word << 5;
  return word;
}

/** The next number below `limit`. */
export function below(limit: u32): u32 {
  return <u32>((<u64>next() * <u64>limit) >> 32);
}

/** Fills memory with generated octets. */
export function scribble(at: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) store<u8>(at + i, <u8>(next() >> 11));
}

/** Fails the test when two numbers differ; says nothing when they are the same. */
export function same<T>(actual: T, expected: T, message: string): void {
  if (actual != expected) expect<T>(actual).toBe(expected, message);
}

/** Fails the test at the first octet that differs. */
export function sameOctets(actual: usize, expected: usize, length: u32, message: string): void {
  if (memory.compare(actual, expected, length) == 0) return;
  for (let i: u32 = 0; i < length; i++) {
    same<u32>(load<u8>(actual + i), load<u8>(expected + i), `${message}, octet ${i}`);
  }
}

/** Memory for a test, filled with `octet`. */
export function scratch(length: u32, octet: u8 = 0xaa): usize {
  const at = heap.alloc(length);
  memory.fill(at, octet, length);
  return at;
}
