/** `netcell get`: one HTTP request from a stack of its own. */
import { createWriteStream } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { connect as connectTls } from 'node:tls';
import {
  type Arguments,
  COMMON,
  COMMON_HELP,
  readDuration,
  takePositionals,
  UsageError,
} from './arguments.ts';
import type { Device } from './device.ts';
import { Exit, Failure } from './failure.ts';
import type { Verb } from './verb.ts';
import { once } from './once.ts';
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
  const patience = readDuration(args.value('timeout') ?? '30s', '--timeout');
  return once(args, (device, interrupted) => fetchUrl(device, url, args, patience, interrupted));
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`URL is an http:// or https:// address, not '${text}'`);
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
  const message = await request(device, url, patience, interrupted);
  const file = args.value('output');
  let octets = 0;
  message.on('data', (part: Buffer) => (octets += part.length));
  const target = file === undefined ? process.stdout : createWriteStream(file);
  const isData = !args.isSet('json') || file !== undefined;
  if (isData) message.pipe(target, { end: file !== undefined });
  else message.resume();
  await finished(message).catch((error) => {
    if (!interrupted.aborted) throw error;
  });
  if (file !== undefined) await finished(target);
  const milliseconds = performance.now() - startedAt;
  const { statusCode: status = 0, statusMessage: said } = message;
  if (args.isSet('json')) {
    console.log(
      JSON.stringify({ url: url.href, status, headers: message.headers, octets, milliseconds }),
    );
  } else if (!args.isSet('quiet')) {
    const moved = `${size(octets)} in ${time(milliseconds)}, ${rate(octets, milliseconds)}`;
    console.error(`  ${status} ${said}  ${moved}`);
  }
  return status >= 400 ? Exit.FAILED : Exit.OK;
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
            servername: url.hostname,
          } as never)
      : net.createConnection;
    const sent = (isTls ? httpsGet : httpGet)(
      url,
      { createConnection: open as never, signal, timeout: patience },
      resolve,
    );
    sent.once('error', (error) => {
      if (signal.aborted) reject(new Failure('interrupted', Exit.INTERRUPTED));
      else reject(error);
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
