/** Numbers in network byte order (RFC 791, appendix B). */

/** Reads 16 bits. */
export function load16(at: usize): u32 {
  return bswap<u16>(load<u16>(at));
}

/** Reads 32 bits. */
export function load32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

/** Writes the lower 16 bits of a number. */
export function store16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}

/** Writes 32 bits. */
export function store32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}
