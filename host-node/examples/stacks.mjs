/**
 * What the examples beside this file stand on: two hosts, 10.0.0.1 and 10.0.0.2, joined by a pipe.
 *
 * With a device instead of the pipe (`openTun` of `netcell/tun`, see the README) one of them is
 * enough, and the other is this machine's kernel.
 */
import { createStack, pipe } from 'netcell';
import { netFor } from 'netcell/net';

const stacks = [
  await createStack({ address: '10.0.0.1/24' }),
  await createStack({ address: '10.0.0.2/24' }),
];
for (const [i, end] of pipe().entries()) stacks[i].attach(end);

/** `node:net` of the host that asks, and of the one that answers. */
export const [here, there] = stacks.map(netFor);
export const SERVER = '10.0.0.2';

export async function close() {
  for (const stack of stacks) await stack.close();
}
