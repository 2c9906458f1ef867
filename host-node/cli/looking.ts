/** How `netcell trace` looks: at every process asked for, until they end or their user does. */
import type { Socket } from 'node:net';
import { type Arguments, readNumber } from './arguments.ts';
import type { Running } from './control.ts';
import { Failure } from './failure.ts';
import { watchOutput } from './output.ts';

/** One process that is looked at. */
interface Looked {
  readonly socket: Socket;
  /** Takes what comes; `stop` counts one that is shown, and says whether it is one too many. */
  piece(octets: Buffer, stop: () => boolean): void;
}

/**
 * Looks until -c is reached, Ctrl-C, or the last of them has ended.
 *
 * Without a reader of standard output there is nothing to look for; and while that is slow, nothing
 * is read, so that the process looked at leaves out what cannot be shown.
 *
 * @throws Failure when none may be looked at, or what comes is not what was asked for
 */
export async function looking(
  args: Arguments,
  all: readonly Running[],
  look: (running: Running) => Promise<Looked>,
): Promise<void> {
  const count = args.value('count');
  const most = count === undefined ? Infinity : readNumber(count, '-c', 1, 1e9);
  const sockets = new Set<Socket>();
  let shown = 0;
  let isStopped = false;
  const end = () => {
    isStopped = true;
    for (const socket of sockets) socket.destroy();
  };
  const stop = () => {
    if (shown >= most) return true;
    if (++shown >= most) end();
    return false;
  };
  let failed: Failure | null = null;
  const stopWatching = watchOutput((failure) => {
    failed = failure;
    end();
  });
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    const looked = await lookedAt(args, all, look);
    for (const { socket } of looked) sockets.add(socket);
    if (isStopped) end();
    await Promise.all(looked.map((one) => follow(one, stop)));
  } finally {
    stopWatching();
    process.off('SIGINT', end).off('SIGTERM', end);
  }
  if (failed !== null) throw failed;
}

async function lookedAt(
  args: Arguments,
  all: readonly Running[],
  look: (running: Running) => Promise<Looked>,
): Promise<Looked[]> {
  const looked: Looked[] = [];
  const failures: Error[] = [];
  for (const running of all) {
    try {
      looked.push(await look(running));
      const { name, pid } = running;
      if (!args.isSet('quiet')) console.error(`  looking at ${name} (process ${pid}); Ctrl-C ends`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (looked.length === 0 && first !== undefined) throw first;
  for (const { message } of failures) console.error(`  ${message}`);
  return looked;
}

function follow({ socket, piece }: Looked, stop: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const { stdout } = process;
    socket.on('data', (octets: Buffer) => {
      try {
        piece(octets, stop);
      } catch (error) {
        socket.destroy();
        const sentence = 'the other netcell says what this one does not understand';
        reject(new Failure(`${sentence}; are both of one version?`, 1, error));
        return;
      }
      if (!stdout.writableNeedDrain) return;
      socket.pause();
      stdout.once('drain', () => socket.resume());
    });
    socket.once('error', () => resolve()).once('close', () => resolve());
  });
}
