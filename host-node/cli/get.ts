/** `netcell get`: one HTTP request from a stack of its own. */
import { createWriteStream } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { Duplex } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { connect as connectTls } from 'node:tls';
import { isIP } from '../../host-web/address.ts';
import {
  type Arguments,
  COMMON,
  COMMON_HELP,
  readDuration,
  takePositionals,
  talkOf,
  UsageError,
} from './arguments.ts';
import type { Device } from './device.ts';
import { Exit, Failure } from './failure.ts';
import type { Verb } from './verb.ts';
import { once } from './once.ts';
import { showProgress } from './progress.ts';
import { rate, size, time } from './words.ts';

const HELP = `netcell get: fetch a URL over a stack of its own

  netcell get URL [-o FILE] [--timeout 30s] [flags]

  -o FILE       write the text to FILE; without it, to standard output
  --timeout T   give up after T without anything arriving; default 30s

${COMMON_HELP}

http and https. What lies beyond the kernel's side is reached where the kernel forwards for us.
Exit code 1 when the server answers with an error.

Examples
  sudo netcell get http://10.9.0.1:8000/
  sudo netcell get http://[fd00:9::1]:8000/big -o big --pcap get.pcapng`;

async function run(args: Arguments): Promise<number> {
  const [text] = takePositionals(args, 'URL');
  const url = readUrl(text!);
  talkOf(args, args.value('output') === undefined);
  const patience = readDuration(args.value('timeout') ?? '30s', '--timeout');
  return once(args, (device, interrupted) => fetchUrl(device, url, args, patience, interrupted));
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`URL is an http:// or https:// address, not '${text}'`);
  }
  // Node's HTTP takes 0 for none.
  if (url.port === '0') throw new UsageError(`URL has a port from 1 to 65535, not '${text}'`);
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw new UsageError(`URL has a name or password that is not encoded: '${text}'`);
  }
  return url;
}

async function fetchUrl(
  device: Device,
  url: URL,
  args: Arguments,
  patience: number,
  interrupted: AbortSignal,
): Promise<number> {
  const startedAt = performance.now();
  let octets = 0;
  const stop = showProgress(
    () => (octets === 0 ? `${url.host} has not answered yet` : `${size(octets)} have come`),
    args.isSet('quiet'),
  );
  try {
    const message = await request(device, url, patience, interrupted);
    message.on('data', (part: Buffer) => (octets += part.length));
    // What comes is seen where it is printed.
    if (args.value('output') === undefined && process.stdout.isTTY) stop();
    await save(message, args).catch((error: NodeJS.ErrnoException) => {
      if (interrupted.aborted) return;
      if (message.complete || error instanceof Failure) throw error;
      const cut = `${url.host} ended in the middle of its answer, after ${size(octets)}`;
      throw new Failure(cut, Exit.FAILED, error);
    });
    stop();
    tell(message, url, octets, performance.now() - startedAt, args);
    return (message.statusCode ?? 0) >= 400 ? Exit.FAILED : Exit.OK;
  } finally {
    stop();
  }
}

/** Says what came of it. */
function tell(
  message: IncomingMessage,
  url: URL,
  octets: number,
  milliseconds: number,
  args: Arguments,
): void {
  const { statusCode: status = 0, statusMessage: said, headers } = message;
  if (args.isSet('json')) {
    console.log(JSON.stringify({ url: url.href, status, headers, octets, milliseconds }));
  } else if (!args.isSet('quiet')) {
    const moved = `${size(octets)} in ${time(milliseconds)}, ${rate(octets, milliseconds)}`;
    console.error(`  ${status} ${said}  ${moved}`);
  }
}

/** Writes what arrives to a file, or to standard output unless that is taken. */
async function save(message: IncomingMessage, args: Arguments): Promise<void> {
  const file = args.value('output');
  if (file !== undefined) {
    const target = createWriteStream(file);
    let failed: unknown;
    target.once('error', (error) => (failed = error));
    await pipeline(message, target).catch((error) => {
      // An error that the answer met reaches the file as well.
      throw failed === undefined || failed === message.errored
        ? error
        : Failure.while(`cannot write ${file}`, failed);
    });
    return;
  }
  if (args.isSet('json')) message.resume();
  // What goes wrong with the output is `once`'s to hear.
  else message.pipe(process.stdout, { end: false });
  await finished(message);
}

function request(
  { net }: Device,
  url: URL,
  patience: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:';
    const open = isTls
      ? (options: { host?: string; port?: number | string }): Duplex =>
          connectTls({
            ...options,
            socket: net.connect(options),
            // RFC 6066 §3 has names there, and no addresses.
            servername: isIP(url.hostname.replace(/[[\]]/g, '')) === 0 ? url.hostname : '',
          } as never)
      : net.createConnection;
    const sent = (isTls ? httpsGet : httpGet)(
      url,
      { createConnection: open as never, signal, timeout: patience },
      resolve,
    );
    sent.once('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(new Failure('interrupted', Exit.INTERRUPTED));
      // Of http and tls themselves, which say "socket hang up"; a RST has its call's name.
      else if (error.code === 'ECONNRESET' && error.syscall === undefined) {
        reject(new Failure(`${url.host} ended before it answered`, Exit.FAILED, error));
      } else reject(error);
    });
    sent.once('timeout', () => {
      sent.destroy(new Failure(`${url.host} said nothing for ${time(patience)}`, Exit.TIMED_OUT));
    });
  });
}

export const verb: Verb = {
  help: HELP,
  flags: { ...COMMON, output: { type: 'string', short: 'o' }, timeout: { type: 'string' } },
  run,
};
