/**
 * Frames of the WebSocket protocol (RFC 6455 §5), as a client writes and reads them.
 *
 * A client masks every frame it sends; a server masks none. Messages come whole: fragments are put
 * together here. Not here: the handshake and what a message means (`websocket.ts`), and extensions,
 * of which none is offered.
 */

/** Opcodes (§5.2). */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** From here on opcodes are of control frames, which come whole and are short. */
const FIRST_CONTROL = 8;

/** Writes one whole, masked message. */
export function writeFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length < LENGTH_16 ? 0 : length < 0x1_0000 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extended + 4 + length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (extended === 0 ? length : extended === 2 ? LENGTH_16 : LENGTH_64);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(mask, 2 + extended);
  const begin = 6 + extended;
  for (let i = 0; i < length; i++) frame[begin + i] = payload[i]! ^ mask[i & 3]!;
  return frame;
}

/** A message or control frame that has come whole. */
export interface Message {
  readonly opcode: number;
  readonly payload: Buffer<ArrayBuffer>;
}

/** What a server sent breaks the protocol; `code` is what to close with (§7.4.1). */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code: number;

  constructor(message: string, code = 1002) {
    super(message);
    this.code = code;
  }
}

/** Reads frames from octets as they come. */
export class FrameReader {
  readonly #limit: number;
  #unread: Buffer = Buffer.alloc(0);
  #opcode = 0;
  #fragments: Buffer[] = [];

  /** @param limit octets of the longest message to take */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes octets; answers the messages they complete. @throws FrameError */
  *read(octets: Buffer): Generator<Message> {
    this.#unread = this.#unread.length === 0 ? octets : Buffer.concat([this.#unread, octets]);
    for (;;) {
      const message = this.#next();
      if (message === undefined) return;
      if (message !== null) yield message;
    }
  }

  /** The next message; null after a fragment of one; undefined when octets are missing. */
  #next(): Message | null | undefined {
    const unread = this.#unread;
    if (unread.length < 2) return undefined;
    const short = unread[1]! & 0x7f;
    const begin = 2 + (short < LENGTH_16 ? 0 : short === LENGTH_16 ? 2 : 8);
    if (unread.length < begin) return undefined;
    const length =
      begin === 2
        ? short
        : begin === 4
          ? unread.readUInt16BE(2)
          : Number(unread.readBigUInt64BE(2));
    this.#check(unread[0]!, unread[1]!, length);
    if (unread.length < begin + length) return undefined;
    const payload = unread.subarray(begin, begin + length);
    this.#unread = unread.subarray(begin + length);
    return this.#take(unread[0]!, payload);
  }

  #check(first: number, second: number, length: number): void {
    const opcode = first & 0x0f;
    if ((first & RESERVED) !== 0) throw new FrameError('a bit of an extension nobody asked for');
    if ((second & MASKED) !== 0) throw new FrameError('a server masks nothing');
    if (opcode >= FIRST_CONTROL && ((first & FIN) === 0 || length >= LENGTH_16)) {
      throw new FrameError('a control frame is short and whole');
    }
    const before = this.#fragments.reduce((sum, fragment) => sum + fragment.length, 0);
    if (before + length > this.#limit) throw new FrameError('the message is too long', 1009);
  }

  #take(first: number, payload: Buffer): Message | null {
    const opcode = first & 0x0f;
    // The octets are the socket's to use again, and a message goes to its user as it is.
    if (opcode >= FIRST_CONTROL) return { opcode, payload: Buffer.from(payload) };
    if ((opcode === Opcode.CONTINUATION) !== this.#opcode > 0) {
      throw new FrameError('a fragment out of turn');
    }
    if (opcode !== Opcode.CONTINUATION) this.#opcode = opcode;
    this.#fragments.push(payload);
    if ((first & FIN) === 0) return null;
    const message = { opcode: this.#opcode, payload: Buffer.concat(this.#fragments) };
    this.#opcode = 0;
    this.#fragments = [];
    return message;
  }
}
