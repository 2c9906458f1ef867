/**
 * An end of the loss bench, in a process of its own: `peer.ts END`, an end in JSON.
 *
 * It says `ready`; a sender waits for a line before it begins; all end with one line of JSON. A
 * stream ends with the receiver, which resets the connection.
 */
import { once } from 'node:events';
import { libc } from '../../../host-node/libc.ts';
import { comeFirst, endWithParent } from './processes.ts';
import type { End, Received, Sent } from './place.ts';
import { receive } from './receiver.ts';
import { linux, netcell } from './senders.ts';

/** Waits for the line that starts a sender. */
async function begin(): Promise<void> {
  console.log('ready');
  await once(process.stdin, 'data');
}

async function perform(end: End): Promise<Sent | Received> {
  if (end.role === 'receiver') return receive(libc(), end);
  return end.role === 'linux' ? linux(libc(), end, begin) : netcell(end, begin);
}

endWithParent();
comeFirst();
console.log(JSON.stringify(await perform(JSON.parse(process.argv[2]!) as End)));
process.exit(0);
