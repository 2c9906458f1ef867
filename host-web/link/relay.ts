/**
 * A relay: two links joined without a stack between them, so that one carries what the other does.
 *
 * A TUN device and a WebSocket, say: the kernel's packets reach whoever is at the socket's other
 * end. Both links work on one memory, where the window one receives into is the one the other sends
 * from; nothing is copied here, looked at or kept.
 */
import type { Link, LinkPort } from './link.ts';

/** Octets before each window that belong to the links, and of a window. */
const HEADROOM = 64;
const PACKET_SIZE = 65_536 + 64;

/** Joins two links; answers a function that closes both. */
export function relay(a: Link, b: Link): () => void {
  const memory = new ArrayBuffer(2 * (HEADROOM + PACKET_SIZE));
  const windows = [HEADROOM, HEADROOM + PACKET_SIZE + HEADROOM] as const;
  a.attach(portTo(b, memory, windows[0], windows[1]));
  b.attach(portTo(a, memory, windows[1], windows[0]));
  return () => {
    a.close();
    b.close();
  };
}

/** What a link is attached to when `other` takes its packets. */
function portTo(other: Link, memory: ArrayBuffer, receiveAt: number, transmitAt: number): LinkPort {
  return {
    memory,
    receiveAt,
    receiveSize: PACKET_SIZE,
    transmitAt,
    input: (length) => void other.send(length),
    pump: () => other.flush?.(),
  };
}
