/**
 * The flooded side, a process of its own: `target.ts netcell|kernel`. Both run the same program, an
 * echo server of `node:net`'s shape; it ends when it is told to.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { netFor } from '../../../host-node/net/index.ts';
import { openTun } from '../../../host-node/tun.ts';
import { createStack } from '../../../host-web/index.ts';
import { stayOn } from '../core.ts';
import { KERNEL, PORT, PREFIX, STACK } from '../place.ts';
import { comeFirst } from '../loss/processes.ts';
import { announce, conclude } from '../process.ts';
import { goBehindVeth } from '../veth.ts';
import type { Held } from './place.ts';

function echo(socket: Duplex): void {
  // A probe that has lost its patience resets.
  socket.on('error', () => {});
  socket.pipe(socket);
}

/** Packets that the queue of a device had no room for. */
function dropsOf(device: string): number {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n');
  const fields = lines.find((line) => line.trim().startsWith(`${device}:`))?.split(/[:\s]+/);
  // Interface, eight fields of what was received, and of what was sent: octets, packets, errors.
  return Number(fields?.filter(Boolean)[12] ?? 0);
}

/** A counter of the kernel in this namespace. */
function counterOf(name: string): number {
  const lines = readFileSync('/proc/net/netstat', 'utf8').split('\n');
  const [names, figures] = lines.filter((line) => line.startsWith('TcpExt:'));
  return Number(figures!.split(' ')[names!.split(' ').indexOf(name)]);
}

async function netcell(): Promise<Held> {
  const tun = openTun({ addresses: [`${KERNEL}/${PREFIX}`] });
  const stack = await createStack({ address: `${STACK}/${PREFIX}` });
  stack.attach(tun);
  const listening = netFor(stack).createServer(echo).listen(PORT);
  await new Promise((resolve) => listening.once('listening', resolve));
  await announce();
  const counters = stack.counters();
  return {
    queueDrops: dropsOf(tun.name),
    replyDrops: Number(counters['TcpExtReplyQueueDrop'] ?? 0n),
    cookies: Number(counters['TcpExtSyncookiesSent'] ?? 0n),
  };
}

async function kernel(): Promise<Held> {
  await goBehindVeth();
  const listening = createServer(echo).listen(PORT);
  await new Promise((resolve) => listening.once('listening', resolve));
  await announce();
  return { queueDrops: 0, replyDrops: 0, cookies: counterOf('SyncookiesSent') };
}

stayOn(0);
comeFirst();
conclude(await (process.argv[2] === 'netcell' ? netcell() : kernel()));
