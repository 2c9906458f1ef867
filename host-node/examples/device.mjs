/**
 * What the examples that speak to this machine's servers stand on: a host, 10.9.0.2, on a TUN
 * device, whose other end is the kernel, 10.9.0.1. Linux, as root or in a namespace of one's own.
 * A library that an example shows is not netcell's: `npm install` it.
 */
import { createStack } from 'netcell';
import { netFor } from 'netcell/net';
import { openTun } from 'netcell/tun';

export const KERNEL = '10.9.0.1';

const stack = await createStack({ address: '10.9.0.2/24' });
stack.attach(openTun({ addresses: [`${KERNEL}/24`] }));

/** `node:net` of the host. */
export const net = netFor(stack);
