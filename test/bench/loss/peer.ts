/**
 * An end of the loss bench, in a process of its own: `peer.ts END`, an end in JSON.
 *
 * It says `ready`; a sender waits for a line before it begins; all end with one line of JSON. A
 * stream ends with the receiver, which resets the connection.
 */
import { libc } from '../../../host-node/libc.ts';
import { announce, conclude } from '../process.ts';
import { comeFirst, endWithParent } from './processes.ts';
import type { End, Received, Sent } from './place.ts';
import { receive } from './receiver.ts';
import { linux, netcell } from './senders.ts';

async function perform(end: End): Promise<Sent | Received> {
  if (end.role === 'receiver') return receive(libc(), end);
  return end.role === 'linux' ? linux(libc(), end, announce) : netcell(end, announce);
}

endWithParent();
comeFirst();
conclude(await perform(JSON.parse(process.argv[2]!) as End));
