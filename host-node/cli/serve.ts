/** `netcell serve`: a folder over HTTP, from a stack of its own. */
import { realpathSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type Arguments,
  COMMON,
  COMMON_HELP,
  readPort,
  takePositionals,
  talkOf,
  THREADS,
  THREADS_HELP,
} from './arguments.ts';
import type { Device } from './device.ts';
import { Failure } from './failure.ts';
import { type Service, type Staying, stayUp } from './foreground.ts';
import { type Progress, respond } from './static-files.ts';
import type { Verb } from './verb.ts';
import { listening } from './services.ts';
import { plainAddress, size, time, urlOf } from './words.ts';

const HELP = `netcell serve: serve a folder over HTTP

  netcell serve DIR [--port 80] [flags]

  --port N      port to listen on; default 80
${THREADS_HELP}

${COMMON_HELP}

Files with their type, date and tag, whole or in ranges; index.html where there is one, else a
list. Nothing outside DIR and nothing whose name begins with a dot, whatever links lead there.

Examples
  sudo netcell serve .
  sudo netcell serve public --port 8080 --pcap serve.pcapng`;

async function run(args: Arguments): Promise<number> {
  return stayUp(args, stay(args));
}

function stay(args: Arguments): Staying {
  const [folder] = takePositionals(args, 'DIR');
  const port = readPort(args.value('port') ?? '80', '--port');
  const root = rootOf(folder!);
  const say = talkOf(args);
  const log = args.isSet('quiet') ? () => {} : logTo(args.isSet('json'), say);
  return { say, start: (device) => start(device, root, port, log) };
}

function rootOf(folder: string): string {
  try {
    const root = realpathSync(folder);
    if (statSync(root).isDirectory()) return root;
  } catch (error) {
    throw Failure.while(`cannot serve ${folder}`, error);
  }
  throw new Failure(`cannot serve ${folder}: it is not a folder`);
}

/** One request that is over. */
interface Served {
  readonly from: string | undefined;
  readonly method: string | undefined;
  readonly url: string;
  readonly status: number;
  /** Octets of the body that were sent, and whether that was not all of it. */
  readonly octets: number;
  readonly isCutOff: boolean;
  readonly milliseconds: number;
}

type Log = (served: Served) => void;

function logTo(isJson: boolean, say: (text: string) => void): Log {
  return (served) => {
    if (isJson) {
      const { isCutOff: cut, ...facts } = served;
      say(JSON.stringify({ event: 'request', ...facts, cut }));
      return;
    }
    const { method, url, status, octets, isCutOff, milliseconds } = served;
    const much = isCutOff ? `${size(octets)}, cut off` : size(octets);
    say(`  ${method} ${url}  ${status}  ${much}  ${time(milliseconds)}`);
  };
}

/** Tells of a request once it is over, however it ends. */
function watch(message: IncomingMessage, answer: ServerResponse, sent: Progress, log: Log): void {
  const startedAt = performance.now();
  // An address is known only while its connection lives.
  const from = plainAddress(message.socket.remoteAddress);
  answer.once('close', () => {
    log({
      from,
      method: message.method,
      // Printable: Node's parser refuses a target of other characters.
      url: message.url ?? '',
      status: answer.statusCode,
      octets: sent.octets,
      isCutOff: !answer.writableFinished,
      milliseconds: performance.now() - startedAt,
    });
  });
}

async function start(device: Device, root: string, port: number, log: Log): Promise<Service> {
  const web = createServer((message, answer) => {
    const sent: Progress = { octets: 0 };
    watch(message, answer, sent, log);
    void respond(root, message, answer, sent);
  });
  const server = await listening(device.net.serve(web, { port }));
  const hints = device.sides.map(({ address }) => `curl ${urlOf(address, port)}`);
  return { servers: [server], hints: [[...hints, 'netcell ss -i'].join('   ·   ')] };
}

export const verb: Verb = {
  help: HELP,
  flags: { ...COMMON, ...THREADS, port: { type: 'string' } },
  stay,
  run,
};
