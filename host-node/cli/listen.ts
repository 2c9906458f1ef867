/** `netcell listen`: accepts connections, for a service or for the terminal. */
import type { Socket } from '../net/index.ts';
import {
  type Arguments,
  COMMON,
  COMMON_HELP,
  readPort,
  readThreads,
  takePositionals,
  talkOf,
  THREADS,
  THREADS_HELP,
  UsageError,
} from './arguments.ts';
import type { Device } from './device.ts';
import { Exit } from './failure.ts';
import { type Say, type Service, type Staying, stayUp } from './foreground.ts';
import type { Verb } from './verb.ts';
import { plainAddress } from './words.ts';
import { join } from './join.ts';
import { listening, SERVICES, type ServiceName, serveName } from './services.ts';

const HELP = `netcell listen: accept connections

  netcell listen PORT [--echo | --discard | --chargen] [flags]

  --echo        send back what arrives (RFC 862)
  --discard     forget what arrives (RFC 863)
  --chargen     send characters without end (RFC 864)
                without any of them: one connection, joined to standard input and output
${THREADS_HELP}

${COMMON_HELP}

Ctrl-C closes connections properly; a second one resets what is left.

Examples
  sudo netcell listen 7 --echo
  sudo netcell listen 9000 > received`;

async function run(args: Arguments): Promise<number> {
  return stayUp(args, stay(args));
}

function stay(args: Arguments): Staying {
  const [text] = takePositionals(args, 'PORT');
  const port = readPort(text!);
  const names = (Object.keys(SERVICES) as ServiceName[]).filter((name) => args.isSet(name));
  if (names.length > 1) throw new UsageError(`--${names[0]} and --${names[1]} exclude each other`);
  talkOf(args, names.length === 0);
  if (names.length === 0 && readThreads(args) > 1) {
    throw new UsageError('--threads takes --echo, --discard or --chargen: there is one terminal');
  }
  // Standard output is for what arrives.
  const say: Say = (line) => {
    if (!args.isSet('quiet')) console.error(line);
  };
  return { say, start: (device) => start(device, port, names[0], say) };
}

async function start(
  device: Device,
  port: number,
  name: ServiceName | undefined,
  say: Say,
): Promise<Service> {
  const { net, sides } = device;
  const { address } = sides[0]!;
  const hints = [`nc ${address} ${port}`, 'netcell ss -i'].join('   ·   ');
  if (name !== undefined) {
    const server = await serveName(net, name, port);
    server.on('connection', (socket: Socket) => report(socket, say));
    return { servers: [server], hints: [hints] };
  }
  const server = net.createServer({ allowHalfOpen: true });
  const ended = new Promise<number>((resolve, reject) => {
    server.once('connection', (socket: Socket) => {
      // One connection, as nc: later ones are refused.
      server.close();
      report(socket, say);
      join(socket).then(() => resolve(Exit.OK), reject);
    });
  });
  await listening(server.listen({ port }));
  return { servers: [server], hints: [hints], ended };
}

/** Says where a connection came from, and how it ended. */
function report(socket: Socket, say: Say): void {
  const peer = `${plainAddress(socket.remoteAddress)} port ${socket.remotePort}`;
  say(`  ${peer} connected`);
  socket.on('error', (error) => say(`  ${peer}: ${error.message}`));
  socket.once('close', () => {
    say(`  ${peer} closed: ${socket.bytesRead} octets in, ${socket.bytesWritten} out`);
  });
}

export const verb: Verb = {
  help: HELP,
  flags: {
    ...COMMON,
    ...THREADS,
    echo: { type: 'boolean' },
    discard: { type: 'boolean' },
    chargen: { type: 'boolean' },
  },
  stay,
  run,
};
