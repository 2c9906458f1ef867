/**
 * Netlink messages as octets (linux/netlink.h, netlink(7)).
 *
 * A message is a header, a fixed body that depends on its type, and attributes; all in the
 * machine's own byte order, all padded to four octets.
 *
 * ```
 *   0       4      6       8      12      16
 *   +-------+------+-------+------+-------+----------------+----------------------------+
 *   | length| type | flags | seq  | port  | body (by type) | attributes, each:          |
 *   +-------+------+-------+------+-------+----------------+  length 2 | type 2 | value  |
 * ```
 *
 * No socket here, and no meaning: `netlink.ts` has both.
 */
import { endianness } from 'node:os';

export const HEADER_SIZE = 16;
const ATTRIBUTE_HEADER_SIZE = 4;
/** Set in an attribute's type when it holds attributes itself. */
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

const LITTLE = endianness() === 'LE';
const text = new TextEncoder();

/** nlmsg_flags: what a request asks for, and what an answer says of itself. */
export const Flag = {
  REQUEST: 0x1,
  /** This answer goes on until a DONE message. */
  MULTI: 0x2,
  ACK: 0x4,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
} as const;

/** Builds one request. Longest is a link with a name and two numbers: far below the size here. */
export class Request {
  readonly type: number;
  readonly #view = new DataView(new ArrayBuffer(512));
  #length = HEADER_SIZE;

  constructor(type: number, flags: number) {
    this.type = type;
    this.#view.setUint16(4, type, LITTLE);
    this.#view.setUint16(6, flags, LITTLE);
    this.#view.setUint32(8, 1, LITTLE);
  }

  u8(...values: number[]): this {
    for (const value of values) this.#view.setUint8(this.#length++, value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#length, value, LITTLE);
    this.#length += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#length, value, LITTLE);
    this.#length += 4;
    return this;
  }

  /** Append an attribute: octets, a 32-bit number, or a string with its terminating zero. */
  attribute(type: number, value: Uint8Array | number | string): this {
    if (typeof value === 'number') return this.nested(type, (body) => body.u32(value), 0);
    const octets = typeof value === 'string' ? text.encode(`${value}\0`) : value;
    return this.nested(type, (body) => body.u8(...octets), 0);
  }

  /** Append an attribute whose value `build` writes. */
  nested(type: number, build: (body: this) => void, flag = NLA_F_NESTED): this {
    const start = this.#length;
    this.#length += ATTRIBUTE_HEADER_SIZE;
    build(this);
    this.#view.setUint16(start, this.#length - start, LITTLE);
    this.#view.setUint16(start + 2, type | flag, LITTLE);
    this.#length = align(this.#length);
    return this;
  }

  /** The finished message. */
  octets(): Uint8Array {
    this.#view.setUint32(0, this.#length, LITTLE);
    return new Uint8Array(this.#view.buffer, 0, this.#length);
  }
}

/** One message of an answer. */
export class Reply {
  readonly type: number;
  readonly flags: number;
  readonly #view: DataView;

  constructor(view: DataView) {
    this.#view = view;
    this.type = view.getUint16(4, LITTLE);
    this.flags = view.getUint16(6, LITTLE);
  }

  /** Fields of the body, at octets counted from its start. */
  u8(at: number): number {
    return this.#view.getUint8(HEADER_SIZE + at);
  }

  u32(at: number): number {
    return this.#view.getUint32(HEADER_SIZE + at, LITTLE);
  }

  i32(at: number): number {
    return this.#view.getInt32(HEADER_SIZE + at, LITTLE);
  }

  /** The attributes behind a body of `bodySize` octets, by type; the last of a type wins. */
  attributes(bodySize: number): Map<number, Attribute> {
    const found = new Map<number, Attribute>();
    let at = align(HEADER_SIZE + bodySize);
    while (at + ATTRIBUTE_HEADER_SIZE <= this.#view.byteLength) {
      const length = this.#view.getUint16(at, LITTLE);
      const end = at + length;
      // A length that leads nowhere ends the walk; the kernel never sends one.
      if (length < ATTRIBUTE_HEADER_SIZE || end > this.#view.byteLength) break;
      const value = at + ATTRIBUTE_HEADER_SIZE;
      const type = this.#view.getUint16(at + 2, LITTLE) & NLA_TYPE_MASK;
      found.set(type, new Attribute(octetsOf(this.#view, value, end)));
      at = align(end);
    }
    return found;
  }
}

/** The value of an attribute, read as whatever its type says it is. */
export class Attribute {
  readonly octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.octets = octets;
  }

  get number(): number {
    return new DataView(this.octets.buffer, this.octets.byteOffset).getUint32(0, LITTLE);
  }

  get string(): string {
    const end = this.octets.indexOf(0);
    return new TextDecoder().decode(end < 0 ? this.octets : this.octets.subarray(0, end));
  }
}

/** Split what one `recv` brought into messages. */
export function* splitReplies(received: Uint8Array): Generator<Reply> {
  const view = new DataView(received.buffer, received.byteOffset, received.byteLength);
  for (let at = 0; at + HEADER_SIZE <= view.byteLength; ) {
    const length = view.getUint32(at, LITTLE);
    if (length < HEADER_SIZE || at + length > view.byteLength) return;
    yield new Reply(new DataView(view.buffer, view.byteOffset + at, length));
    at += align(length);
  }
}

/** Everything in netlink begins at a multiple of four octets. */
function align(length: number): number {
  return (length + 3) & ~3;
}

function octetsOf(view: DataView, start: number, end: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start).slice();
}
