/** A pcap of a test, for those who would rather look at it in Wireshark: raw IP, microseconds. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LINKTYPE_RAW = 101;

/** Writes packets with their milliseconds; answers the file's path. */
export function writePcap(
  name: string,
  packets: readonly { at: number; packet: Uint8Array }[],
): string {
  const size = packets.reduce((sum, { packet }) => sum + 16 + packet.length, 24);
  const octets = new Uint8Array(size);
  const view = new DataView(octets.buffer);
  view.setUint32(0, 0xa1b2_c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 65_535, true);
  view.setUint32(20, LINKTYPE_RAW, true);
  let at = 24;
  for (const { at: moment, packet } of packets) {
    view.setUint32(at, Math.floor(moment / 1000), true);
    view.setUint32(at + 4, Math.round((moment % 1000) * 1000), true);
    view.setUint32(at + 8, packet.length, true);
    view.setUint32(at + 12, packet.length, true);
    octets.set(packet, at + 16);
    at += 16 + packet.length;
  }
  const directory = join(tmpdir(), 'netcell-tests');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name.replace(/[^\w.-]+/g, '-').slice(0, 120)}.pcap`);
  writeFileSync(path, octets);
  return path;
}
