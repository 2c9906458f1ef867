/**
 * Standard output that can not be written: a full disk, or a reader that went away.
 *
 * Where what is written is the job (`get`, `ss`), the job is over; where it is talk (`up`), the
 * verb goes on without it. A verb, or a part of it, that has something to do then is a watcher; the
 * latest one is told, and without any the process ends.
 */
import { Exit, Failure } from './failure.ts';

type Watcher = (failure: Failure | null) => void;

const watchers: Watcher[] = [];

/** Hears what Node would otherwise end the process for with a stack trace. */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const isReaderGone = error.code === 'EPIPE';
    const watcher = watchers.at(-1) ?? quit;
    watcher(isReaderGone ? null : Failure.while('cannot write to standard output', error, 1));
  });
  // What can not be told is not told.
  process.stderr.on('error', () => {});
}

/** A reader that went away (`netcell ss | head`) is no failure. */
function quit(failure: Failure | null): void {
  if (failure !== null) console.error(`netcell: ${failure.message}`);
  process.exit(failure === null ? Exit.OK : failure.exitCode);
}

/**
 * Has `watcher` told when standard output fails, with null when only its reader went away; until
 * the function it returns is called.
 */
export function watchOutput(watcher: Watcher): () => void {
  watchers.push(watcher);
  return () => {
    watchers.splice(watchers.lastIndexOf(watcher), 1);
  };
}
