/**
 * Packets on a stream between two processes of one user: the length of each, what it is (bits of
 * PacketFlag), four octets each, then the packet. What the two say to each other goes between them,
 * as JSON, in its order.
 */
import type { Socket } from 'node:net';

/** No packet is longer; what says so is no netcell. */
const LONGEST = 65_575;
/** Octets that may wait for a process that does not read; beyond them packets are lost. */
const MOST_WAITING = 8 << 20;
const HEADER = 8;
/** In the place of what a packet is: this is none, but JSON. Segments are no longer than 64 KiB. */
const MESSAGE = 0xffff_ffff;

/** Sends a packet, which is copied; answers whether it was, or lost. */
export function sendFrame(socket: Socket, packet: Uint8Array, flags: number): boolean {
  if (!socket.writable || socket.writableLength > MOST_WAITING) return false;
  socket.write(frameOf(packet, flags));
  return true;
}

/** Says something to the other end; nobody hears it who is not there any more. */
export function sendMessage(socket: Socket, message: object): void {
  if (socket.writable) socket.write(frameOf(Buffer.from(JSON.stringify(message)), MESSAGE));
}

function frameOf(octets: Uint8Array, flags: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + octets.length);
  frame.writeUInt32BE(octets.length);
  frame.writeUInt32BE(flags >>> 0, 4);
  frame.set(octets, HEADER);
  return frame;
}

/**
 * Takes what a stream brings apart again.
 *
 * @param take gets each packet, which is there only until that returns
 * @param hear gets what is said
 * @returns what is to be given each chunk; it throws RangeError where there is no packet
 */
export function frameReader(
  take: (packet: Uint8Array, flags: number) => void,
  hear: (message: unknown) => void,
): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted = HEADER;
  return (chunk) => {
    parts.push(chunk);
    held += chunk.length;
    // A long packet comes in many chunks, which are put together once.
    if (held < wanted) return;
    const all = parts.length === 1 ? chunk : Buffer.concat(parts);
    let at = 0;
    wanted = HEADER;
    while (all.length - at >= HEADER) {
      const length = all.readUInt32BE(at);
      if (length > LONGEST) throw new RangeError(`there is no packet of ${length} octets`);
      const end = at + HEADER + length;
      if (all.length < end) {
        wanted = HEADER + length;
        break;
      }
      const flags = all.readUInt32BE(at + 4);
      const octets = all.subarray(at + HEADER, end);
      if (flags === MESSAGE) hear(JSON.parse(octets.toString()));
      else take(octets, flags);
      at = end;
    }
    held = all.length - at;
    parts = held === 0 ? [] : [all.subarray(at)];
  };
}
