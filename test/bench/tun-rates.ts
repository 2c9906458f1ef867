/**
 * Throughput to and from the kernel behind a TUN, in a namespace of its own.
 *
 * `node test/script.mjs test/bench/tun-rates.ts` prints it.
 */
import { enterNamespace } from '../../host-node/namespace.ts';
import { measureReceiving, measureSending } from './tun.ts';

enterNamespace();
const gigabits = (bits: number) => (bits / 1e9).toFixed(3);
const sending = await measureSending();
const receiving = await measureReceiving();
console.log(
  `to the kernel ${gigabits(sending.bitsPerSecond)} Gbit/s, ` +
    `from the kernel ${gigabits(receiving.bitsPerSecond)}`,
);
