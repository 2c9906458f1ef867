/**
 * Connections of a stack that a program hands to another process of its own: node:cluster's to its
 * workers, and sockets that are sent. This process keeps the connection, and passes on what comes
 * on either side; what is said of it, and the other half, is in `handed.ts`.
 *
 * Halves close one by one, as they do with a connection itself. A failure is told to the other
 * process, for a unix socket has no word for it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Handle } from '../net/handle.ts';
import {
  type Channel,
  type Closed,
  isNewConnection,
  type Name,
  type Offer,
  OURS,
} from './handed.ts';

/** A connection that is offered, or passed on. */
interface Relay {
  readonly id: number;
  readonly channel: Channel;
  readonly client: Handle;
  /** Towards the other process, once it has come for it. */
  inner?: Socket;
  /** Towards the peer, once the other process has it. */
  outer?: Socket;
  isAccepted: boolean;
  /** Its user in the other process has closed it. */
  isClosed: boolean;
}

const relays = new Map<number, Relay>();
let path: string | undefined;
let count = 0;

/** Where connections are taken: a socket in a folder of this user's, made when first asked for. */
function placeOf(): string {
  if (path !== undefined) return path;
  const folder = mkdtempSync(join(tmpdir(), 'netcell-relay-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  path = join(folder, 'relay');
  // Of its own in a worker, too.
  createServer({ allowHalfOpen: true }, greet).listen({ path, exclusive: true }).unref();
  return path;
}

/** The other process says which one it has come for. */
function greet(inner: Socket): void {
  inner.on('error', () => {});
  inner.on('readable', function listen() {
    const octets = inner.read(4) as Buffer | null;
    if (octets === null) return;
    inner.off('readable', listen);
    const relay = relays.get(octets.readUInt32BE());
    if (relay === undefined) {
      inner.destroy();
      return;
    }
    relay.inner = inner;
    begin(relay);
  });
}

/** Has connections of ours that are sent over a channel be relayed. */
export function relayOver(channel: Channel): void {
  const { send } = channel;
  channel.send = (message: unknown, ...rest: unknown[]) => {
    const [sent] = rest;
    const handle = sent instanceof Socket || sent instanceof Server ? handleOf(sent) : sent;
    if (!(handle instanceof Handle)) return send.call(channel, message, ...rest);
    if (handle.isServer || handle.raw === undefined) throw notSent();
    const offered = offer(channel, handle, message);
    const accept = () => {
      relays.get(offered.id)!.isAccepted = true;
      begin(relays.get(offered.id)!);
    };
    if (isNewConnection(message)) {
      // node:cluster closes what a worker has accepted, and sends again what it has not.
      handle.close = accept;
    } else {
      if (sent instanceof Socket) abandon(sent);
      accept();
    }
    return send.call(channel, offered, ...rest.filter((part) => typeof part === 'function'));
  };
  channel.on('internalMessage', (message) => {
    const { cmd, act, id } = message as Closed;
    const relay = cmd === OURS && act === 'closed' ? relays.get(id) : undefined;
    if (relay !== undefined) close(relay);
  });
  channel.once('exit', () => {
    for (const relay of relays.values()) if (relay.channel === channel) close(relay);
  });
  // One that failed waits for a word that will not come any more.
  channel.once('disconnect', () => {
    for (const relay of relays.values()) {
      if (relay.channel === channel && relay.outer?.destroyed) close(relay);
    }
  });
}

/** A listener is its stack's, and a stack its process's. */
function notSent(): Error {
  const error = new TypeError(
    'what listens on a stack cannot be sent to another process; connections can, which is what ' +
      'node:cluster does by SCHED_RR',
  );
  return Object.assign(error, { code: 'ERR_INVALID_HANDLE_TYPE' });
}

function handleOf(owner: object): unknown {
  return (owner as { _handle: unknown })._handle;
}

/** Leaves a socket without its connection, as Node does with one that is sent away. */
function abandon(socket: Socket): void {
  socket.setTimeout(0);
  Object.assign(socket, { _handle: null });
}

function offer(channel: Channel, client: Handle, message: unknown): Offer {
  const [local, remote]: [Name, Name] = [{}, {}];
  client.getsockname(local);
  client.getpeername(remote);
  const id = ++count;
  // What one process has not accepted is offered to another.
  for (const before of relays.values()) {
    if (before.client !== client) continue;
    before.inner?.destroy();
    relays.delete(before.id);
  }
  relays.set(id, { id, channel, client, isAccepted: false, isClosed: false });
  return { cmd: OURS, act: 'offer', id, path: placeOf(), local, remote, message };
}

/** Begins to pass on, once the other process has it and has come for it. */
function begin(relay: Relay): void {
  const { id, channel, client, inner, isAccepted } = relay;
  if (!isAccepted || inner === undefined) return;
  const outer = new Socket({ handle: client.moved(), allowHalfOpen: true } as object);
  relay.outer = outer;
  // As it comes: who sent it has decided when.
  outer.setNoDelay();
  outer.once('error', ({ code, errno }: NodeJS.ErrnoException) => {
    if (channel.connected) channel.send({ cmd: OURS, act: 'failed', id, code, errno });
  });
  outer.once('close', (hasFailed) => {
    // The other process closes its end once it has heard: ours would look like an end of the
    // text, and that could find it before it finds the message.
    if (hasFailed && channel.connected && !relay.isClosed) return;
    relays.delete(id);
    if (hasFailed || !outer.readableEnded) inner.destroy();
  });
  inner.once('error', () => outer.destroy());
  inner.once('end', () => finish(relay));
  outer.pipe(inner).pipe(outer);
  // Of one that has been closed meanwhile.
  finish(relay);
}

/** It has no user any more: what that has sent goes out, and what comes is nobody's. */
function close(relay: Relay): void {
  relay.isClosed = true;
  finish(relay);
}

function finish({ id, client, inner, outer, isClosed }: Relay): void {
  if (!isClosed) return;
  if (outer === undefined) {
    relays.delete(id);
    client.moved().close();
  } else if (outer.destroyed) {
    relays.delete(id);
    inner!.destroy();
  } else if (inner!.readableEnded) outer.destroySoon();
}
