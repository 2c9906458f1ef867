/**
 * Chunks that are written: octets in anybody's buffer, which may be detached, transferred, shrunk
 * or grown while they wait for room. Nothing is copied; what has moved away is noticed.
 */

/** What kept octets from being sent. */
export const NOT_OCTETS = 'a socket takes Uint8Array, ArrayBuffer and views of it';
export const MOVED = 'the buffer of a write was detached or shrunk before it was sent';

/**
 * Octets of a chunk.
 *
 * @returns undefined for what is no octets, -1 where its buffer is not there any more
 */
export function sizeOf(chunk: unknown): number | undefined {
  try {
    if (ArrayBuffer.isView(chunk)) {
      const size = chunk.byteLength;
      // Of a view whose buffer is gone a length is 0, too; but it has no elements to ask for.
      if (size === 0 && !(chunk instanceof DataView)) Uint8Array.prototype.at.call(chunk, 0);
      return size;
    }
    return isBuffer(chunk) ? new Uint8Array(chunk).length : undefined;
  } catch {
    return -1;
  }
}

/**
 * The first `size` octets of a chunk that had as many when it was written. Its length may follow
 * that of its buffer, so what is kept of it needs an end of its own.
 *
 * @throws TypeError when it is no octets, or has fewer now
 */
export function octetsOf(chunk: unknown, size: number): Uint8Array {
  const now = sizeOf(chunk);
  if (now === undefined) throw new TypeError(NOT_OCTETS);
  if (now < 0 || now < size) throw new TypeError(MOVED);
  if (now === size && chunk instanceof Uint8Array) return chunk;
  if (isBuffer(chunk)) return new Uint8Array(chunk, 0, size);
  const { buffer, byteOffset } = chunk as ArrayBufferView;
  return new Uint8Array(buffer, byteOffset, size);
}

function isBuffer(chunk: unknown): chunk is ArrayBuffer {
  if (chunk instanceof ArrayBuffer) return true;
  return typeof SharedArrayBuffer !== 'undefined' && chunk instanceof SharedArrayBuffer;
}
