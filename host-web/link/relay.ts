/**
 * A relay: two links joined without a stack between them, so that one carries what the other does.
 *
 * A TUN device and a WebSocket, say: the kernel's packets reach the socket's other end. Both links
 * work on one memory, where the window one receives into is the one the other sends from; nothing
 * is copied here, looked at or kept.
 */
import { throwApart } from '../callback.ts';
import type { Link, LinkOwner, LinkPort } from './link.ts';

/** Octets before each window that belong to the links, and of a window. */
const HEADROOM = 64;
const PACKET_SIZE = 65_536 + 64;

/**
 * Joins two links. When one is over, both are closed.
 *
 * @param owner is told what a link throws, and that one is over
 * @returns a function that closes both
 */
export function relay(a: Link, b: Link, owner: LinkOwner = {}): () => void {
  const memory = new ArrayBuffer(2 * (HEADROOM + PACKET_SIZE));
  const windows = [HEADROOM, HEADROOM + PACKET_SIZE + HEADROOM] as const;
  const { onError = throwApart, onClosed } = owner;
  let isOver = false;
  const close = () => {
    isOver = true;
    for (const link of [a, b]) guard(() => link.close(), onError);
  };
  const ended = (error?: unknown) => {
    if (isOver) return;
    close();
    if (onClosed !== undefined) guard(() => onClosed(error), throwApart);
    else if (error !== undefined) guard(() => onError(error), throwApart);
  };
  /** What `one` is attached to when `other` takes its packets. */
  const portTo = (other: Link, receiveAt: number, transmitAt: number): LinkPort => ({
    memory,
    receiveAt,
    receiveSize: PACKET_SIZE,
    transmitAt,
    input: (length, flags) => guard(() => other.send(length, flags), onError),
    pump: () => guard(() => other.flush?.(), onError),
    lost: onError,
    ended,
  });
  a.attach(portTo(b, windows[0], windows[1]));
  b.attach(portTo(a, windows[1], windows[0]));
  return close;
}

/** Does something that may throw, and says so. */
function guard(work: () => unknown, onError: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    onError(error);
  }
}
