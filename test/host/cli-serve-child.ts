/**
 * What `cli-serve.test.ts` runs inside a namespace: a folder with links and dots in it, served, and
 * requests as clients and attackers send them.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { folder, perform, start, stop } from './cli-running.ts';

const HOST = '10.9.0.2';
const PORT = 80;
const BIG = 256 << 20;

/** The folder that is served, beside one that is not. */
function makeFiles(): string {
  const root = mkdtempSync(join(folder, 'site-'));
  mkdirSync(join(root, 'sub', '.git'), { recursive: true });
  mkdirSync(join(root, 'with-index'));
  mkdirSync(join(root, 'index-outside'));
  writeFileSync(join(folder, 'secret'), 'outside');
  writeFileSync(join(root, 'a.txt'), 'abcdefghij');
  writeFileSync(join(root, 'a b+ü.svg'), '<svg/>');
  writeFileSync(join(root, 'empty.webm'), '');
  writeFileSync(join(root, '.env'), 'hidden');
  writeFileSync(join(root, 'sub', '.git', 'config'), 'hidden');
  writeFileSync(join(root, 'sub', 'page.html'), '<p>');
  writeFileSync(join(root, 'with-index', 'index.html'), 'the index');
  symlinkSync('../../secret', join(root, 'index-outside', 'index.html'));
  symlinkSync('../secret', join(root, 'to-secret'));
  symlinkSync('..', join(root, 'up'));
  symlinkSync('.env', join(root, 'to-env'));
  symlinkSync('sub/.git', join(root, 'to-git'));
  symlinkSync('a.txt', join(root, 'to-a'));
  symlinkSync('loop', join(root, 'loop'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  writeFileSync(join(root, 'big'), '');
  truncateSync(join(root, 'big'), BIG);
  utimesSync(join(root, 'a.txt'), 1_700_000_000, 1_700_000_000);
  return root;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A request whose target is sent exactly as it is written. */
async function ask(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const request = get({ host: HOST, port: PORT, path, method, headers, agent: false });
  const [message] = await once(request, 'response');
  let text = '';
  for await (const part of message.setEncoding('latin1')) text += part;
  return { status: message.statusCode, headers: message.headers, text };
}

/** What comes back for a request written by hand, and then nothing more. */
async function askRaw(request: string): Promise<string> {
  const socket = connect(PORT, HOST);
  socket.write(`${request}\r\nhost: x\r\nconnection: close\r\n\r\n`);
  let text = '';
  for await (const part of socket.setEncoding('latin1')) text += part;
  return text;
}

const REFUSED: readonly string[] = [
  '/nothing',
  '/.env',
  '/sub/.git/config',
  '/sub/.git/',
  '/to-secret',
  '/up/secret',
  '/up/',
  '/to-env',
  '/to-git/config',
  '/to-git/',
  '/index-outside/index.html',
  '/loop',
  '/pipe',
  '/a.txt/',
  '/../secret',
  '/sub/../../secret',
  '/%2e%2e/secret',
  '/..%2fsecret',
  '/sub%2fpage.html',
  '/%2e%65nv',
  '/sub/%2egit/config',
  '/./a.txt',
  '//../secret',
  '/..\\secret',
  `/${'x'.repeat(300)}`,
];

await perform({
  files: async () => {
    const serve = await start(['serve', makeFiles()]);
    const refused: Record<string, [number, boolean]> = {};
    for (const path of REFUSED) {
      const { status, text } = await ask(path);
      refused[path] = [status, /outside|hidden/.test(text)];
    }
    const whole = await ask('/a.txt');
    const { etag, 'last-modified': date } = whole.headers as Record<string, string>;
    const range = (range: string, more = {}) => ask('/a.txt', { range, ...more });
    return {
      refused,
      whole,
      head: await ask('/a.txt', { range: 'bytes=0-1' }, 'HEAD'),
      first: await range('bytes=0-2'),
      last: await range('bytes=-3'),
      from: await range('bytes=7-'),
      beyond: await range('bytes=10-'),
      ifRange: await range('bytes=0-2', { 'if-range': date }),
      ifOtherRange: await range('bytes=0-2', { 'if-range': '"other"' }),
      sameTag: await ask('/a.txt', { 'if-none-match': etag! }),
      otherTag: await ask('/a.txt', { 'if-none-match': '"other"' }),
      sinceThen: await ask('/a.txt', { 'if-modified-since': date! }),
      sinceBefore: await ask('/a.txt', { 'if-modified-since': new Date(0).toUTCString() }),
      link: await ask('/to-a'),
      svg: await ask('/a%20b+%C3%BC.svg?query#x'),
      empty: await ask('/empty.webm'),
      index: await ask('/with-index/'),
      noIndex: await ask('/index-outside/'),
      list: await ask('/'),
      folder: await ask('//with-index'),
      post: await ask('/a.txt', {}, 'POST'),
      badCode: await ask('/%zz'),
      nul: await ask('/a.txt%00'),
      absolute: await askRaw(`GET http://${HOST}/a.txt?x HTTP/1.1`),
      absoluteRoot: await askRaw('HEAD HTTP://other.example HTTP/1.1'),
      absoluteUp: await askRaw('GET http://x/../secret HTTP/1.1'),
      authority: await askRaw('GET x:80 HTTP/1.1'),
      code: await stop(serve),
      log: serve.output(),
    };
  },

  log: async () => {
    const root = makeFiles();
    const serve = await start(['serve', root, '--json']);
    const request = get({ host: HOST, port: PORT, path: '/big', agent: false });
    const [message] = await once(request, 'response');
    // Two megabytes, and gone.
    for (let left = 2 << 20; left > 0; ) left -= (await once(message, 'data'))[0].length;
    message.destroy();
    await serve.said(/"url":"\/big"/);
    await ask('/a.txt');
    await ask('/a.txt', { range: 'bytes=0-2' });
    await ask('/a.txt', {}, 'HEAD');
    await ask('/nothing');
    const shrinking = get({ host: HOST, port: PORT, path: '/big', agent: false });
    const [shrunk] = await once(shrinking, 'response');
    truncateSync(join(root, 'big'), 100_000);
    const error = await once(shrunk.resume(), 'error').then(([{ code }]) => code);
    await serve.said(/"url":"\/big"(.|\n)*"url":"\/big"/);
    return { code: await stop(serve), error, log: serve.output() };
  },
});
