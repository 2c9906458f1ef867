/** `netcell serve`: a folder over HTTP, from a stack of its own. */
import { createReadStream, type Dirent, realpathSync, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Arguments, COMMON, COMMON_HELP, readPort, takePositionals } from './arguments.ts';
import type { Device } from './device.ts';
import { Failure } from './failure.ts';
import { type Service, stayUp } from './foreground.ts';
import type { Verb } from './verb.ts';
import { listening } from './services.ts';
import { size, time, urlOf } from './words.ts';

const HELP = `netcell serve: serve a folder over HTTP

  netcell serve DIR [--port 80] [flags]

  --port N      port to listen on; default 80

${COMMON_HELP}

Files as they are, index.html where there is one, else a list. Nothing outside DIR, and no file
whose name begins with a dot.

Examples
  sudo netcell serve .
  sudo netcell serve public --port 8080 --pcap serve.pcapng`;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.wasm': 'application/wasm',
};

async function run(args: Arguments): Promise<number> {
  const [folder] = takePositionals(args, 'DIR');
  const port = readPort(args.value('port') ?? '80', '--port');
  const root = rootOf(folder!);
  const log = args.isSet('quiet') ? () => {} : logTo(args.isSet('json'));
  return stayUp(
    args,
    (text) => console.log(text),
    (device) => start(device, root, port, log),
  );
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

type Log = (message: IncomingMessage, answer: ServerResponse, milliseconds: number) => void;

function logTo(isJson: boolean): Log {
  return (message, answer, milliseconds) => {
    const { method, url, socket } = message;
    const { statusCode: status } = answer;
    const octets = Number(answer.getHeader('content-length') ?? 0);
    console.log(
      isJson
        ? JSON.stringify({
            event: 'request',
            from: socket.remoteAddress,
            method,
            url,
            status,
            octets,
            milliseconds,
          })
        : `  ${method} ${url}  ${status}  ${size(octets)}  ${time(milliseconds)}`,
    );
  };
}

async function start(device: Device, root: string, port: number, log: Log): Promise<Service> {
  const web = createServer((message, answer) => {
    const startedAt = performance.now();
    answer.once('close', () => log(message, answer, performance.now() - startedAt));
    respond(root, message, answer).catch((error: NodeJS.ErrnoException) => {
      if (answer.headersSent) answer.destroy();
      else refuse(answer, error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 404 : 403);
    });
  });
  const server = await listening(device.net.serve(web, { port }));
  const hints = device.sides.map(({ address }) => `curl ${urlOf(address, port)}`);
  return { servers: [server], hints: [[...hints, 'netcell ss -i'].join('   ·   ')] };
}

async function respond(
  root: string,
  message: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  if (message.method !== 'GET' && message.method !== 'HEAD') return refuse(answer, 405);
  const path = pathOf(message.url ?? '/');
  if (path === undefined || /(^|\/)\./.test(path)) return refuse(answer, 404);
  // Resolved, so that no link leads out of the folder.
  const file = await realpath(join(root, path));
  if (file !== root && !file.startsWith(root.endsWith(sep) ? root : root + sep))
    return refuse(answer, 404);
  const found = await stat(file);
  if (!found.isDirectory()) return send(file, found.size, message, answer);
  if (!path.endsWith('/')) {
    answer.writeHead(301, { location: `${path.replace(/^\/+/, '/')}/` }).end();
    return;
  }
  const index = join(file, 'index.html');
  const page = await stat(index).catch(() => undefined);
  if (page?.isFile()) return send(index, page.size, message, answer);
  const entries = await readdir(file, { withFileTypes: true });
  end(message, answer, 200, TYPES['.html']!, listing(path, entries));
}

/** The path of a request; undefined when it is not one. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0]!);
    return path.startsWith('/') && !path.includes('\0') ? path : undefined;
  } catch {
    return undefined;
  }
}

async function send(
  file: string,
  octets: number,
  message: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const type = TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream';
  answer.setHeader('content-type', type).setHeader('content-length', octets);
  if (message.method === 'HEAD' || octets === 0) {
    answer.end();
    return;
  }
  // Its length was promised; what is appended meanwhile is not sent.
  await pipeline(createReadStream(file, { end: octets - 1, highWaterMark: 1 << 18 }), answer);
}

function listing(path: string, entries: readonly Dirent[]): string {
  const shown = entries.filter(({ name }) => !name.startsWith('.'));
  const items = shown.map((entry) => {
    const slash = entry.isDirectory() ? '/' : '';
    const text = escapeHtml(entry.name + slash);
    return `<li><a href="${encodeURIComponent(entry.name)}${slash}">${text}</a>`;
  });
  const up = path === '/' ? '' : '<li><a href="../">../</a>\n';
  return `<!doctype html><meta charset="utf-8"><title>${escapeHtml(path)}</title>
<h1>${escapeHtml(path)}</h1>\n<ul>\n${up}${items.sort().join('\n')}\n</ul>\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function refuse(answer: ServerResponse, status: number): void {
  const text = `${status}\n`;
  answer.statusCode = status;
  answer
    .setHeader('content-type', TYPES['.txt']!)
    .setHeader('content-length', text.length)
    .end(text);
}

function end(
  message: IncomingMessage,
  answer: ServerResponse,
  status: number,
  type: string,
  text: string,
): void {
  const octets = Buffer.from(text);
  answer.statusCode = status;
  answer.setHeader('content-type', type).setHeader('content-length', octets.length);
  answer.end(message.method === 'HEAD' ? undefined : octets);
}

export const verb: Verb = {
  help: HELP,
  flags: { ...COMMON, port: { type: 'string' } },
  run,
};
