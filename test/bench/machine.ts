/**
 * The machine a bench runs on: what it is, and how busy others keep it.
 */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';

/** How long is looked, milliseconds. */
const LOOK = 200;
/** Part of the machine's time that others may take before a figure is marked. */
const LOADED = 0.1;

/** What a figure's reader must know of the machine. */
export function machine(): string {
  const load = loadavg()[0]!.toFixed(1);
  const processors = `${cpus().length} × ${cpus()[0]?.model}`;
  return `Node ${process.version}, Linux ${release()}, ${processors}, load ${load}`;
}

/** Ticks of all processors since the machine began: all of them, and those that were idle. */
function ticks(): { all: number; idle: number } {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/);
  // User, nice, system, idle, waiting for a disk, two kinds of interrupts, stolen by other guests.
  const figures = fields.slice(0, 8).map(Number);
  return { all: figures.reduce((a, b) => a + b, 0), idle: figures[3]! + figures[4]! };
}

/** The part of the machine's time that others take, while nothing of ours runs: 0 to 1. */
export async function loadOfOthers(): Promise<number> {
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, LOOK));
  const after = ticks();
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

/** Whether figures taken beside such a load are to be marked. */
export function isLoaded(load: number): boolean {
  return load > LOADED;
}
