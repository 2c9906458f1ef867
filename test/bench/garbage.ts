/**
 * What bulk text leaves behind for the engine's collector, as `--trace-gc` tells it: octets of
 * JavaScript for each segment of 1,448. A collection stops everything, and who makes no garbage
 * never has one.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bundle } from '../host/bundle.ts';

/** Small, so that next to no garbage has not been collected in the end. */
const NURSERY = '--max-semi-space-size=1';
/** The line of one collection: MiB of the heap before and after. */
const COLLECTION = /: (?:Scavenge|Mark-Compact).*? ([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB/;

/** Octets of garbage a segment; `way` is one of `streams.ts`, or from or to the kernel. */
export async function measureGarbage(way: string): Promise<number> {
  const script = bundle('test/bench/garbage-child.ts');
  const child = spawn(process.execPath, ['--trace-gc', NURSERY, script, way], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let collected: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, before, after] = COLLECTION.exec(line) ?? [];
    if (line === 'begin') collected = 0;
    else if (collected === undefined) continue;
    else if (before !== undefined) collected += (Number(before) - Number(after)) * 2 ** 20;
    else if (line.startsWith('end ')) return collected / Number(line.slice(4));
  }
  throw new Error(`a process of the bench has ended before its time: ${way}`);
}
