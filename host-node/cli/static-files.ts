/**
 * The files of a folder as answers to HTTP requests.
 *
 * Which file a request means, and whether it may be seen, is decided here: nothing outside the
 * folder, and nothing whose name begins with a dot, whatever links lead there. How a file is sent
 * (types, ranges, conditions, dates) is `@fastify/send`'s. Not here: listening, and the log.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, relative, sep } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import send from '@fastify/send';

/** What has become of an answer so far. */
export interface Progress {
  /** Octets of the body that the stack has taken. */
  octets: number;
}

/** Octets read at once: a TCP without system calls is quicker than a disk's small pieces. */
const PIECE = 1 << 18;

const HTML = 'text/html; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';

/** Statuses for what the file system answers. */
const STATUSES: Readonly<Record<string, number>> = {
  ENOENT: 404,
  ENOTDIR: 404,
  ELOOP: 404,
  ENAMETOOLONG: 404,
  EACCES: 403,
  EPERM: 403,
};

/** Answers a request. Never rejects. */
export async function respond(
  root: string,
  message: IncomingMessage,
  answer: ServerResponse,
  progress: Progress,
): Promise<void> {
  // A file that shrinks meanwhile must not look whole.
  answer.strictContentLength = true;
  try {
    await choose(root, message, answer, progress);
  } catch (error) {
    if (answer.headersSent) answer.destroy();
    else refuse(answer, STATUSES[(error as NodeJS.ErrnoException).code ?? ''] ?? 500, progress);
  }
}

async function choose(
  root: string,
  message: IncomingMessage,
  answer: ServerResponse,
  progress: Progress,
): Promise<void> {
  if (message.method !== 'GET' && message.method !== 'HEAD') {
    answer.setHeader('allow', 'GET, HEAD');
    return refuse(answer, 405, progress);
  }
  const target = targetOf(message.url ?? '/');
  const path = target === undefined ? undefined : decode(target);
  if (target === undefined || path === undefined) return refuse(answer, 400, progress);
  // No name has a slash in it.
  if (/%2f/i.test(target)) return refuse(answer, 404, progress);
  const file = await find(root, path);
  if (file === undefined) return refuse(answer, 404, progress);
  const found = await stat(join(root, file));
  if (found.isFile()) return sendFile(root, file, message, answer, progress);
  if (!found.isDirectory()) return refuse(answer, 404, progress);
  if (!target.endsWith('/')) {
    // One slash: two would begin the name of another host.
    const location = `${target.replace(/^\/+/, '/')}/`;
    answer.writeHead(301, { location, 'content-length': 0 }).end();
    return;
  }
  const index = await find(root, `${path}index.html`).catch(() => undefined);
  if (index !== undefined && (await stat(join(root, index))).isFile()) {
    return sendFile(root, index, message, answer, progress);
  }
  const entries = await readdir(join(root, file), { withFileTypes: true });
  end(message, answer, 200, HTML, listing(path, entries), progress);
}

/**
 * The path of a request's target, still encoded: of its origin form, or of the absolute form that a
 * proxy is sent and every server must take (RFC 9112 §3.2.2). Undefined when it is neither.
 */
function targetOf(url: string): string | undefined {
  const [, path] = /^(?:https?:\/\/[^/?#]+)?(\/[^?#]*|)(?:[?#]|$)/i.exec(url) ?? [];
  if (path === '' && !url.includes('://')) return undefined;
  return path === '' ? '/' : path;
}

/** The path decoded; undefined when it is no text. */
function decode(target: string): string | undefined {
  try {
    const path = decodeURIComponent(target);
    return path.includes('\0') ? undefined : path;
  } catch {
    return undefined;
  }
}

/**
 * The file behind a path, named from the folder; undefined when it is not to be seen. Links are
 * followed, and where they lead counts as well.
 */
async function find(root: string, path: string): Promise<string | undefined> {
  if (isHidden(path.split('/'))) return undefined;
  const file = relative(root, await realpath(join(root, path)));
  // What lies outside begins with two dots.
  return isHidden(file.split(sep)) ? undefined : file;
}

function isHidden(names: readonly string[]): boolean {
  return names.some((name) => name.startsWith('.'));
}

async function sendFile(
  root: string,
  file: string,
  message: IncomingMessage,
  answer: ServerResponse,
  progress: Progress,
): Promise<void> {
  // Ranges are defined for GET alone (RFC 9110 §14.2).
  if (message.method === 'HEAD') delete message.headers.range;
  const path = file.split(sep).map(encodeURIComponent).join('/');
  const sent = await send(message, path, { root, index: false, highWaterMark: PIECE });
  answer.writeHead(sent.statusCode, sent.headers);
  if (message.method === 'HEAD') {
    sent.stream.destroy();
    answer.end();
    return;
  }
  await pour(sent.stream, answer, progress);
}

/** Sends a body, and counts what of it the stack has taken. */
async function pour(body: Readable, answer: ServerResponse, progress: Progress): Promise<void> {
  const counted = new Writable({
    write(part: Buffer | string, _encoding, done) {
      const { length } = Buffer.from(part);
      const goesOn = answer.write(part, (error) => {
        if (!error) progress.octets += length;
      });
      if (goesOn) return done();
      const resume = () => {
        answer.off('drain', resume).off('close', resume);
        done(answer.destroyed ? new Error('the other side has gone') : null);
      };
      answer.once('drain', resume).once('close', resume);
    },
    final(done) {
      answer.end(() => done());
    },
  });
  answer.once('close', () => counted.destroy());
  await pipeline(body, counted);
}

function listing(path: string, entries: readonly Dirent[]): string {
  const shown = entries.filter(({ name }) => !name.startsWith('.'));
  const names = shown
    .map((entry) => entry.name + (entry.isDirectory() ? '/' : ''))
    .sort((a, b) => Number(b.endsWith('/')) - Number(a.endsWith('/')) || (a < b ? -1 : 1));
  const links = [...(path === '/' ? [] : ['../']), ...names].map((name) => {
    const href = name.split('/').map(encodeURIComponent).join('/');
    return `<li><a href="${href}">${escapeHtml(name)}</a></li>`;
  });
  const title = escapeHtml(path);
  return (
    `<!doctype html>\n<meta charset="utf-8">\n<title>${title}</title>\n` +
    `<h1>${title}</h1>\n<ul>\n${links.join('\n')}\n</ul>\n`
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function refuse(answer: ServerResponse, status: number, progress: Progress): void {
  end(answer.req, answer, status, TEXT, `${status}\n`, progress);
}

/** Answers with a text. */
function end(
  message: IncomingMessage,
  answer: ServerResponse,
  status: number,
  type: string,
  text: string,
  progress: Progress,
): void {
  const octets = Buffer.from(text);
  answer.writeHead(status, { 'content-type': type, 'content-length': octets.length });
  if (message.method === 'HEAD') {
    answer.end();
    return;
  }
  answer.write(octets, (error) => {
    if (!error) progress.octets = octets.length;
  });
  answer.end();
}
