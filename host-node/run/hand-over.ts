/**
 * A socket whose destination is left to the kernel gets the kernel's handle in the place of ours.
 *
 * `net` makes a handle before it knows where to, and TLS lies over it natively from then on; so the
 * handle is exchanged as the socket connects, when nothing has been sent or read by it. From there
 * on all is Node's own. What belongs to a socket and what to its TLS is made again as Node does
 * where it tries a second address (`net.js` and `_tls_wrap.js`: reinitializeHandle), but for what a
 * program has said meanwhile, which stays.
 */
import { tlsOver } from '../net/internals.ts';

/** A native stream, as far as `net.js` and TLS know it. */
export interface NativeHandle {
  onread?: unknown;
  getAsyncId(): number;
  useUserBuffer(buffer: Uint8Array): void;
}

interface NativeTls extends NativeHandle {
  _parentWrap: Socket | null;
  getServername(): string | false;
  getSession(): Buffer | undefined;
  destroySSL(): void;
  enableTrace(): void;
  enableSessionCallbacks(): void;
  enableKeylogCallback(): void;
}

interface Socket {
  _handle: NativeHandle | null;
  /** The name it has been asked to connect to. */
  readonly _host: string | null;
  readonly writableLength: number;
}

interface TlsSocket extends Socket {
  _handle: NativeTls;
  ssl: NativeTls;
  readonly _tlsOptions: { readonly enableTrace?: boolean };
  _wrapHandle(socket: Socket | null, handle: NativeHandle, isWriting: boolean): NativeTls;
  _init(): void;
  setServername(name: string): void;
  setSession(session: Buffer): void;
  listenerCount(event: string): number;
}

/** Node's symbol of an object's property, by its description. */
function symbolOf(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
}

function read(object: object, description: string): unknown {
  const symbol = symbolOf(object, description);
  return symbol === undefined ? undefined : (object as Record<symbol, unknown>)[symbol];
}

/** The socket or the server whose handle this is. */
export function owned(handle: object): unknown {
  return read(handle, 'owner_symbol');
}

/** The socket whose handle this is: of a socket of TLS, the handle below. */
function socketOf(handle: object): Socket | undefined {
  const over = tlsOver(handle);
  const found = owned(handle) ?? (over && owned(over));
  return found as Socket | undefined;
}

/** The name by which a handle's destination was looked up; undefined for none. */
export function hostOf(handle: object): string | undefined {
  return socketOf(handle)?._host ?? undefined;
}

/**
 * Gives a socket another handle, and with it its TLS.
 *
 * @param from its handle, which has not connected; it is the caller's to close
 * @returns false where no socket of `net` has it
 */
export function handOver(from: object, to: NativeHandle): boolean {
  const socket = socketOf(from);
  if (socket === undefined) return false;
  const over = tlsOver(from);
  const tls = over === undefined ? undefined : (owned(over) as TlsSocket);
  const owner = symbolOf(from, 'owner_symbol') ?? symbolOf(over!, 'owner_symbol')!;
  Object.assign(to, { [owner]: socket });
  if (tls !== socket) install(socket, to, owner);
  if (tls !== undefined) wrapAgain(tls, tls === socket ? null : socket, to, owner);
  return true;
}

/** As `net.js` does with a handle that it has made for a socket. */
function install(socket: Socket, handle: NativeHandle, owner: symbol): void {
  Object.assign(handle, { [owner]: socket, onread: socket._handle?.onread });
  socket._handle = handle;
  const id = symbolOf(socket, 'async_id_symbol');
  if (id !== undefined) Object.assign(socket, { [id]: handle.getAsyncId() });
  const buffer = read(socket, 'kBuffer');
  if (buffer instanceof Uint8Array) handle.useUserBuffer(buffer);
}

/** As `_tls_wrap.js` does with a handle that takes the place of another. */
function wrapAgain(
  tls: TlsSocket,
  below: Socket | null,
  handle: NativeHandle,
  owner: symbol,
): void {
  const before = tls._handle;
  const [name, session] = [before.getServername(), before.getSession()];
  const wrap = tls._wrapHandle(below, handle, below !== null && below.writableLength > 0);
  install(tls, wrap, owner);
  tls.ssl = wrap;
  tls._init();
  if (tls._tlsOptions.enableTrace) wrap.enableTrace();
  if (session) tls.setSession(session);
  if (name) tls.setServername(name);
  // Node asks for these as the first listener comes.
  if (tls.listenerCount('session') > 0) wrap.enableSessionCallbacks();
  if (tls.listenerCount('keylog') > 0) wrap.enableKeylogCallback();
  before.destroySSL();
}
