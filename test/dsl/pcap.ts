/** A capture of a test, for those who would rather look at it in Wireshark. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PcapngWriter } from '../../host-web/link/pcapng.ts';

/** Writes packets with their milliseconds; answers the file's path. */
export function writePcap(
  name: string,
  packets: readonly { at: number; packet: Uint8Array }[],
): string {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter((block) => blocks.push(block), { name });
  for (const { at, packet } of packets) writer.packet(packet, at);
  const directory = join(tmpdir(), 'netcell-tests');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name.replace(/[^\w.-]+/g, '-').slice(0, 120)}.pcapng`);
  writeFileSync(path, Buffer.concat(blocks));
  return path;
}
