/**
 * What two processes of a program say about connections that one hands to the other, over the IPC
 * channel between them, and the receiving half of it.
 *
 * A connection of a stack has no file descriptor that could be sent. So the process that has it
 * stays between (`relay.ts`), and the other connects to it by a unix socket: that is the handle the
 * program gets, a native one, which knows the names of the connection.
 */
import { connect, Socket } from 'node:net';
import { owned } from './hand-over.ts';

/** Marks our messages: Node takes those that begin with NODE_ for its own, of no program's. */
export const OURS = 'NODE_NETCELL';

/** What `getsockname` and `getpeername` fill in. */
export interface Name {
  address?: string;
  family?: string;
  port?: number;
}

/** One offers a connection. */
export interface Offer {
  readonly cmd: typeof OURS;
  readonly act: 'offer';
  readonly id: number;
  /** The unix socket where to take it, by saying the number in four octets. */
  readonly path: string;
  readonly local: Name;
  readonly remote: Name;
  /** What comes with it. */
  readonly message: unknown;
}

/** One that was offered has failed. */
export interface Failed {
  readonly cmd: typeof OURS;
  readonly act: 'failed';
  readonly id: number;
  readonly code: string;
  readonly errno: number;
}

/** One that was taken has been closed. */
export interface Closed {
  readonly cmd: typeof OURS;
  readonly act: 'closed';
  readonly id: number;
}

/** This process's end of a channel, or a child's: what node:cluster has as its worker's process. */
export interface Channel {
  readonly connected: boolean;
  send(message: unknown, ...rest: unknown[]): boolean;
  emit(event: string, ...given: unknown[]): boolean;
  on(event: 'internalMessage', listener: (message: unknown) => void): unknown;
  once(event: 'exit' | 'disconnect', listener: () => void): unknown;
}

/** A native handle of a unix socket. */
interface PipeHandle {
  reading?: boolean;
  onread?: unknown;
  readStop(): number;
  close(closed?: () => void): void;
  getsockname?(out: Name): number;
  getpeername?(out: Name): number;
}

/** A message of node:cluster's that brings a worker a connection. */
export interface NewConnection {
  readonly cmd: 'NODE_CLUSTER';
  readonly act: 'newconn';
  readonly seq: number;
}

export function isNewConnection(message: unknown): message is NewConnection {
  const { cmd, act } = (message ?? {}) as { cmd?: unknown; act?: unknown };
  return cmd === 'NODE_CLUSTER' && act === 'newconn';
}

/** Takes what is offered over a channel, and gives it to whom it is for. */
export function takeOffers(channel: Channel): void {
  const taken = new Map<number, PipeHandle>();
  channel.on('internalMessage', (message) => {
    const said = message as Offer | Failed | Closed;
    if (said.cmd !== OURS) return;
    if (said.act === 'offer') take(channel, said, taken);
    if (said.act === 'failed') fail(channel, taken.get(said.id), said);
  });
}

function take(channel: Channel, offer: Offer, taken: Map<number, PipeHandle>): void {
  const { id, path, message } = offer;
  const socket = connect({ path, allowHalfOpen: true }).pause();
  const refuse = () => {
    if (!isNewConnection(message) || !channel.connected) return;
    channel.send({ cmd: message.cmd, ack: message.seq, accepted: false });
  };
  socket.once('error', refuse);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(id);
  socket.write(octets, (error) => {
    if (error) return;
    socket.off('error', refuse);
    const handle = detach(socket);
    taken.set(id, handle);
    dress(handle, offer, () => {
      taken.delete(id);
      tellClosed(channel, id);
    });
    if (isNewConnection(message)) channel.emit('internalMessage', message, handle);
    else channel.emit('message', message, socketOn(handle));
  });
}

/** Takes a socket's handle from it, as Node does with one that is sent away. */
function detach(socket: Socket): PipeHandle {
  const held = socket as unknown as { _handle: PipeHandle | null };
  const handle = held._handle!;
  handle.readStop();
  handle.reading = false;
  handle.onread = () => {};
  held._handle = null;
  socket.destroy();
  return handle;
}

function socketOn(handle: object): Socket {
  return new Socket({ handle, readable: true, writable: true } as object);
}

/** Gives a handle the names of the connection behind it, and has its end told. */
function dress(handle: PipeHandle, { local, remote }: Offer, onClose: () => void): void {
  const name = (from: Name) => (out: Name) => {
    Object.assign(out, from);
    return 0;
  };
  const { close } = handle;
  let isClosed = false;
  Object.assign(handle, {
    getsockname: name(local),
    getpeername: name(remote),
    close(closed?: () => void) {
      if (!isClosed) onClose();
      isClosed = true;
      close.call(handle, closed);
    },
  });
}

function tellClosed(channel: Channel, id: number): void {
  const closed: Closed = { cmd: OURS, act: 'closed', id };
  if (channel.connected) channel.send(closed);
}

/** The connection has failed: its socket hears with what, and not of an end. */
function fail(channel: Channel, handle: PipeHandle | undefined, { id, code, errno }: Failed): void {
  const socket = handle === undefined ? undefined : (owned(handle) as Socket | undefined);
  const syscall = 'read';
  const error = Object.assign(new Error(`${syscall} ${code}`), { code, errno, syscall });
  if (socket) socket.destroy(error);
  else if (handle) handle.close();
  else tellClosed(channel, id);
}
