/**
 * Packets on a stream between two processes of one user: the length of each, what it is (bits of
 * PacketFlag), four octets each, then the packet.
 */
import type { Socket } from 'node:net';

/** No packet is longer; what says so is no netcell. */
const LONGEST = 65_575;
/** Octets that may wait for a process that does not read; beyond them packets are lost. */
const MOST_WAITING = 8 << 20;
const HEADER = 8;

/** Sends a packet, which is copied; answers whether it was, or lost. */
export function sendFrame(socket: Socket, packet: Uint8Array, flags: number): boolean {
  if (!socket.writable || socket.writableLength > MOST_WAITING) return false;
  const frame = Buffer.allocUnsafe(HEADER + packet.length);
  frame.writeUInt32BE(packet.length);
  frame.writeUInt32BE(flags >>> 0, 4);
  frame.set(packet, HEADER);
  socket.write(frame);
  return true;
}

/**
 * Takes what a stream brings apart again.
 *
 * @param take gets each packet, which is there only until that returns
 * @returns what is to be given each chunk; it throws RangeError where there is no packet
 */
export function frameReader(
  take: (packet: Uint8Array, flags: number) => void,
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
      take(all.subarray(at + HEADER, end), all.readUInt32BE(at + 4));
      at = end;
    }
    held = all.length - at;
    parts = held === 0 ? [] : [all.subarray(at)];
  };
}
