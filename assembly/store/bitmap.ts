/**
 * A bitmap that finds its next clear bit at once: for each 64 words a word of summary says which of
 * them are full, so that a search looks at a few words, however many bits are set.
 *
 * ╒═══════ Bitmap ════════╤═══════════════════════╤══════════════════════╕
 * │ bits u32 │ used u32   │ summary, a bit a word │ words of 64 bits     │
 * └───────────────────────┴───────────────────────┴──────────────────────┘
 */
@unmanaged
export class Bitmap {
  /** Bits there are. */
  bits: u32;
  /** Bits set. */
  used: u32;
}

const HEADER: usize = 8;

/** Octets of a bitmap of so many bits. */
export function bitmapSize(bits: u32): u32 {
  const words = (bits + 63) / 64;
  return <u32>HEADER + 8 * (words + (words + 63) / 64);
}

/** Makes a bitmap of clear bits, in memory that is zero or held a bitmap. */
export function layBitmap(bitmap: Bitmap, bits: u32): void {
  if (bitmap.used != 0) memory.fill(changetype<usize>(bitmap), 0, bitmapSize(bitmap.bits));
  bitmap.bits = bits;
}

/** Sets a bit. */
export function setBit(bitmap: Bitmap, index: u32): void {
  const at = wordAt(bitmap, index / 64);
  const word = load<u64>(at) | bitOf(index);
  if (word == load<u64>(at)) return;
  store<u64>(at, word);
  bitmap.used++;
  if (~(word | beyond(bitmap, index / 64)) != 0) return;
  const summary = summaryAt(bitmap, index / 64);
  store<u64>(summary, load<u64>(summary) | bitOf(index / 64));
}

/** Clears a bit. */
export function clearBit(bitmap: Bitmap, index: u32): void {
  const at = wordAt(bitmap, index / 64);
  const word = load<u64>(at) & ~bitOf(index);
  if (word == load<u64>(at)) return;
  store<u64>(at, word);
  bitmap.used--;
  const summary = summaryAt(bitmap, index / 64);
  store<u64>(summary, load<u64>(summary) & ~bitOf(index / 64));
}

/**
 * The first clear bit from `from` on, which is looked for from the beginning again behind the last.
 *
 * @returns its index; `bits` when all are set
 */
export function nextClear(bitmap: Bitmap, from: u32): u32 {
  if (bitmap.used == bitmap.bits) return bitmap.bits;
  const ahead = clearIn(bitmap, from / 64) & (~(<u64>0) << (from & 63));
  if (ahead != 0) return (from & ~63) + <u32>ctz(ahead);
  const word = nextWithRoom(bitmap, from / 64 + 1);
  return word * 64 + <u32>ctz(clearIn(bitmap, word));
}

/** The first word from `from` on that is not full; there is one. */
function nextWithRoom(bitmap: Bitmap, from: u32): u32 {
  const words = wordsOf(bitmap);
  if (from == words) from = 0;
  let summary = from / 64;
  let ahead = ~load<u64>(summaryAt(bitmap, from)) & (~(<u64>0) << (from & 63));
  while (true) {
    const word: u32 = summary * 64 + <u32>ctz(ahead);
    if (ahead != 0 && word < words) return word;
    summary++;
    if (summary * 64 >= words) summary = 0;
    ahead = ~load<u64>(summaryAt(bitmap, summary * 64));
  }
}

function wordsOf(bitmap: Bitmap): u32 {
  return (bitmap.bits + 63) / 64;
}

function bitOf(index: u32): u64 {
  return (<u64>1) << (index & 63);
}

function summaryAt(bitmap: Bitmap, word: u32): usize {
  return changetype<usize>(bitmap) + HEADER + 8 * (word / 64);
}

function wordAt(bitmap: Bitmap, word: u32): usize {
  const summaries = (wordsOf(bitmap) + 63) / 64;
  return changetype<usize>(bitmap) + HEADER + 8 * (summaries + word);
}

/** Places of a word that are no bits: those of the last one. */
function beyond(bitmap: Bitmap, word: u32): u64 {
  const left = bitmap.bits - word * 64;
  return left < 64 ? ~(<u64>0) << left : 0;
}

/** The clear bits of a word, as bits. */
function clearIn(bitmap: Bitmap, word: u32): u64 {
  return ~(load<u64>(wordAt(bitmap, word)) | beyond(bitmap, word));
}
