/**
 * What Node's own `net` is made of, as far as a handle needs it: the native stream that TLS, HTTP
 * and HTTP/2 read from without JavaScript between (`JSStream`), the words in which a handle answers
 * `net.js` (`streamBaseState`), and libuv's numbers.
 *
 * There is no public way to them. `process.binding` has all in Node 20 to 26 (DEP0111: deprecated
 * in its documentation, without a date); Bun, Deno and `--permission` do not have it. This file and
 * what it is used by load no `node:net`: a program is run on a stack by what comes before that.
 */

/** A write or a shutdown that native code waits for. */
export type NativeRequest = object;

/**
 * Node's stream whose other end is JavaScript: a StreamBase. Subclasses have `onreadstart`,
 * `onreadstop`, `onwrite` and `onshutdown`, which native consumers call.
 */
export interface JsStream {
  /** What `net.js`, or a consumer in its place, takes reads with; the octets are beside it. */
  onread: ((buffer: ArrayBuffer | undefined) => unknown) | undefined;
  /** Has the consumer read octets, which are copied before this returns. */
  readBuffer(octets: Uint8Array): void;
  /** Has the consumer read the end. */
  emitEOF(): void;
  finishWrite(request: NativeRequest, status: number): void;
  finishShutdown(request: NativeRequest, status: number): void;
  /** Reads go into this buffer, and `onread` gets none. */
  useUserBuffer(buffer: Uint8Array): void;
  getAsyncId(): number;
}

/** A stream that TLS has put over a handle. */
export interface TlsWrap {
  onread?: (buffer: undefined) => unknown;
}

export interface Internals {
  readonly JSStream: new () => JsStream;
  /** Shared with native code: what the last read or write came to. */
  readonly state: Int32Array;
  /** Where in `state`: octets read, or the negated errno. */
  readonly readBytesOrError: number;
  readonly bytesWritten: number;
  /** Until Node 24: whether the last write is under way. */
  readonly isWriteAsync: number | undefined;
  /** From Node 26 on: what the last write failed with. */
  readonly writeError: number | undefined;
  /** libuv's errors, negative, by name: `UV_ECONNRESET`. */
  readonly uv: Readonly<Record<string, number>>;
  /** `tcp_wrap`: the kernel's own handle, where `netcell run` puts ours. */
  readonly tcp: {
    TCP: new (kind: number) => object;
    readonly constants: { readonly SOCKET: number; readonly SERVER: number };
  };
  /** `udp_wrap`, of which the same is true. */
  readonly udp: { UDP: new () => object };
}

/**
 * `JSStream` for a class that `net.js` is to take for the kernel's TCP: it asks `instanceof`, of a
 * class whose methods ours cannot inherit.
 */
function asTcp(JSStream: new () => JsStream, TCP: object): new () => JsStream {
  class TcpStream extends JSStream {}
  const isInstance = (TCP as { [Symbol.hasInstance](value: unknown): boolean })[Symbol.hasInstance];
  Object.defineProperty(TCP, Symbol.hasInstance, {
    configurable: true,
    value(value: unknown) {
      return value instanceof TcpStream || isInstance.call(this, value);
    },
  });
  return TcpStream;
}

/** Streams of TLS by the handle they lie over: an error goes to them. */
const overs = new WeakMap<object, TlsWrap>();

/** TLS that lies over a handle. */
export function tlsOver(handle: object): TlsWrap | undefined {
  return overs.get(handle);
}

// biome-ignore lint/suspicious/noExplicitAny: nothing types what Node does not document.
type Binding = (name: string) => any;

function load(): Internals | Error {
  const { binding } = process as unknown as { binding?: Binding };
  try {
    const { JSStream } = binding!('js_stream');
    const stream = binding!('stream_wrap');
    const tls = binding!('tls_wrap');
    const { wrap } = tls;
    // Node keeps no reference from a handle to the TLS over it.
    tls.wrap = (handle: object, ...rest: unknown[]): TlsWrap => {
      const over = wrap(handle, ...rest);
      if (handle instanceof JSStream) overs.set(handle, over);
      return over;
    };
    if (typeof JSStream !== 'function') throw new Error('there is no JSStream');
    const tcp = binding!('tcp_wrap');
    return {
      JSStream: asTcp(JSStream, tcp.TCP),
      state: stream.streamBaseState,
      readBytesOrError: stream.kReadBytesOrError,
      bytesWritten: stream.kBytesWritten,
      isWriteAsync: stream.kLastWriteWasAsync,
      writeError: stream.kLastWriteErr,
      uv: binding!('uv'),
      tcp,
      udp: binding!('udp_wrap'),
    };
  } catch (error) {
    return error as Error;
  }
}

const loaded = load();

/** Whether this runtime has them. */
export const hasInternals = !(loaded instanceof Error);

/** Why there is no `netcell/net` here. */
export function withoutInternals(): Error {
  const cause = loaded instanceof Error ? loaded : undefined;
  return new Error(
    'netFor and netcell run are made of internals of Node 20 to 26 (process.binding), which are ' +
      'not here: Bun and Deno have none, and node --permission refuses them. duplexFor of ' +
      'netcell/net needs none, and has connections for http',
    { cause },
  );
}

/** The internals, or stand-ins of which nothing can be made. */
export const internals: Internals = hasInternals
  ? (loaded as Internals)
  : ({ JSStream: class {}, uv: {}, state: new Int32Array(0) } as unknown as Internals);
