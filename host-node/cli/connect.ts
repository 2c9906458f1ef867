/** `netcell connect`: a connection whose text is standard input and output. */
import {
  type Arguments,
  COMMON,
  COMMON_HELP,
  readDuration,
  readPort,
  takePositionals,
  talkOf,
} from './arguments.ts';
import type { Device } from './device.ts';
import { Exit, Failure } from './failure.ts';
import type { Verb } from './verb.ts';
import { join } from './join.ts';
import { once } from './once.ts';
import { showProgress } from './progress.ts';
import { time } from './words.ts';

const HELP = `netcell connect: open a connection; standard input and output are its text

  netcell connect HOST PORT [--timeout 10s] [flags]

  --timeout T   give up opening after T; default 10s

${COMMON_HELP}

The end of input is our FIN; what the other side still sends is printed. Exit code 4 when the
connection is refused, 5 when nothing answers.

Examples
  sudo netcell connect 10.9.0.1 7
  echo hello | sudo netcell connect 10.9.0.1 7 --pcap echo.pcapng`;

async function run(args: Arguments): Promise<number> {
  const [host, text] = takePositionals(args, 'HOST', 'PORT');
  const port = readPort(text!);
  talkOf(args, true);
  const patience = readDuration(args.value('timeout') ?? '10s', '--timeout');
  return once(args, async ({ net }: Device, interrupted) => {
    const socket = net.connect({ host: host!, port, allowHalfOpen: true });
    interrupted.addEventListener('abort', () => socket.destroy());
    const stop = showProgress(
      () => `${host} port ${port} has not answered yet`,
      args.isSet('quiet'),
    );
    const timer = setTimeout(() => {
      socket.destroy(
        new Failure(`${host} port ${port} did not answer in ${time(patience)}`, Exit.TIMED_OUT),
      );
    }, patience);
    socket.once('connect', () => {
      clearTimeout(timer);
      stop();
      if (!args.isSet('verbose')) return;
      const own = `${socket.localAddress} port ${socket.localPort}`;
      console.error(`  connected: ${own} to ${socket.remoteAddress} port ${port}`);
    });
    try {
      await join(socket);
    } finally {
      clearTimeout(timer);
      stop();
    }
    return Exit.OK;
  });
}

export const verb: Verb = { help: HELP, flags: { ...COMMON, timeout: { type: 'string' } }, run };
