/**
 * Bulk text on a way named as argument, in a process of its own that `garbage.ts` watches: it says
 * when the engine has compiled what it runs, and how much has been moved since.
 */
import { MTU } from './place.ts';
import { compileCore, WAYS } from './streams.ts';
import { measureReceiving, measureSending } from './tun.ts';

/** Octets of text in a segment with timestamps, over IPv4. */
const SEGMENT = MTU - 52;
const MOVED = 1 << 30;
const SECONDS = 3;

const TUN: Record<string, (seconds: number) => Promise<{ octets: number }>> = {
  'from the kernel': measureReceiving,
  'to the kernel': measureSending,
};

/** Moves text; answers how many octets. */
async function mover(name: string): Promise<(isLong: boolean) => Promise<number>> {
  const measure = TUN[name];
  if (measure !== undefined) {
    return async (isLong) => (await measure(isLong ? SECONDS : 1)).octets;
  }
  const way = await WAYS[name]!(compileCore());
  return async (isLong) => {
    const octets = isLong ? MOVED : MOVED / 4;
    await way.move(octets);
    return octets;
  };
}

const move = await mover(process.argv[2]!);
await move(false);
console.log('begin');
const octets = await move(true);
console.log(`end ${octets / SEGMENT}`);
process.exit(0);
