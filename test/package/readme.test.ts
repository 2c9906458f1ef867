/** Every program of the README, copied as it stands, against the package as it is published. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWebSocket } from '../../host-node/websocket.ts';
import { createStack, webSocketLink } from '../../host-web/index.ts';
import { bundle, repository, run } from '../host/bundle.ts';
import { INSTALL } from '../runtimes/installed.ts';
import { WORKERD } from '../runtimes/runtimes.ts';
import { serve } from '../runtimes/workerd.ts';
import { blocks } from './readme.ts';
import { unpackInto } from './unpack.ts';

const README = readFileSync(join(repository, 'README.md'), 'utf8');
const BLOCKS = blocks();
/** Beneath node_modules, where the package finds what it depends on. */
const folder = join(repository, `node_modules/.cache/netcell/readme-${process.pid}`);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  unpackInto(folder, 'host-web/edge/worker.capnp');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The only program under a heading, or the one that imports this. */
function program(heading: string, imported = ''): string {
  const found = BLOCKS.filter((block) => block.heading.startsWith(heading));
  return found.find(({ text }) => text.includes(imported))!.text;
}

/** Runs a program to its own end. */
async function outputOf(text: string, name: string): Promise<string> {
  writeFileSync(join(folder, name), text);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [name], { cwd: folder });
  expect(stderr).toBe('');
  return stdout;
}

it('has at most 250 lines, and no code but programs that are run here', () => {
  expect(README.split('\n').length).toBeLessThanOrEqual(251);
  expect(BLOCKS.map(({ language, heading }) => `${language}: ${heading}`)).toEqual([
    'ts: netcell',
    'ts: In a test: a simulated link, and time that stands still',
    'ts: In Node: a TUN device',
    'ts: In Node: a TUN device',
    'js: At the edge: a worker with a TCP of its own',
  ]);
});

it('names files and scripts that there are, and so does how to contribute', () => {
  const pages = ['README.md', '.github/CONTRIBUTING.md', 'test/ledger/README.md'];
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    scripts: object;
  };
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(repository, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path!);
    const commands = [...text.matchAll(/`npm run ([\w:]+)/g)].map(([, name]) => name!);
    const paths = [...text.matchAll(/`(?:test|host-web|host-node|assembly)\/[\w./-]+`/g)].map(
      ([path]) => path.slice(1, -1),
    );
    return [
      ...links.filter((path) => !existsSync(join(repository, page, '..', path))),
      ...commands.filter((name) => !Object.hasOwn(scripts, name)),
      ...paths.filter((path) => !['', '.test.ts'].some((end) => existsSync(`${path}${end}`))),
    ];
  });
  expect(broken).toEqual([]);
});

it('has no stream whose end nobody hears of', () => {
  const deaf = BLOCKS.flatMap(({ text }) => text.split('\n')).filter((line) =>
    /\bpipeTo\((?!.*\.catch\()/.test(line),
  );
  expect(deaf).toEqual([]);
});

describe('the first program', () => {
  it('runs, prints, and ends by itself', async () => {
    const said = await outputOf(program('netcell'), 'first.mjs');
    const rtt = /^Uint8Array\(5\) \[ 104, 101, 108, 108, 111 \] (?<rtt>[\d.]+)\n$/.exec(said);
    // Twice 20 ms; more on a machine that is busy, never less.
    expect(Number(rtt?.groups?.['rtt'])).toBeGreaterThanOrEqual(40);
  });

  it('serves on after a RST, whatever it was doing', async () => {
    const more = `
for (const octets of [0, 1, 200_000]) {
  const rude = a.connect('10.0.0.2:7')
  await rude.opened
  rude.writable.getWriter().write(new Uint8Array(octets)).catch(() => {})
  if (octets > 0) await rude.readable.getReader().read()
  rude.closed.catch(() => {})
  rude.reset()
}
const polite = a.connect('10.0.0.2:7')
await polite.writable.getWriter().write(Uint8Array.of(1, 2, 3))
console.log((await polite.readable.getReader().read()).value)`;
    const said = await outputOf(program('netcell') + more, 'rude.mjs');
    expect(said.split('\n')[1]).toBe('Uint8Array(3) [ 1, 2, 3 ]');
  });
});

it('the test of a lost segment says the same each time', async () => {
  const text = program('In a test');
  const [first, second] = [await outputOf(text, 'a.mjs'), await outputOf(text, 'b.mjs')];
  expect(second).toBe(first);
  expect(first).toMatch(/^on the line:\nA S passed\nB S\. passed\n(?:A .*\n)*A P\. dropped\n/);
});

it('http over a stack is answered, and what crossed the line is in the capture', async () => {
  expect(await outputOf(program('In Node', 'pcapng'), 'http.mjs')).toBe('hello\n');
  const file = readFileSync(join(folder, 'http.pcapng'));
  expect(file.readUInt32LE(0)).toBe(0x0a0d0d0a);
  expect(file.includes('GET / HTTP/1.1')).toBe(true);
});

const child = process.platform === 'linux' ? bundle('test/package/readme-child.ts') : '';
const probe = child === '' ? undefined : await run(child, ['probe']).outcome;
const obstacle = probe === undefined ? 'not Linux' : probe.stderr.trim().split('\n')[0];
const noTun = probe?.code === 0 ? '' : ` (skipped: ${obstacle})`;

it.skipIf(noTun !== '')(`the TUN device answers the kernel, also after a RST${noTun}`, async () => {
  writeFileSync(join(folder, 'tun.mjs'), program('In Node', 'openTun'));
  const outcome = await run(child, [join(folder, 'tun.mjs')]).outcome;
  expect(outcome).toMatchObject({ stderr: '', code: 0 });
  expect(JSON.parse(outcome.stdout)).toEqual({
    pages: ['/a for ::ffff:10.9.0.1\n', '/b for fd00:9::1\n', '/c for ::ffff:10.9.0.1\n'],
    // The program runs until it is killed, and says nothing.
    end: { stdout: '', stderr: '', code: null, signal: 'SIGTERM' },
  });
});

const noWorkerd = WORKERD === undefined ? ` (skipped: no workerd; to have it: ${INSTALL})` : '';

it.skipIf(noWorkerd !== '')(`the worker echoes, also after a RST${noWorkerd}`, async () => {
  writeFileSync(join(folder, 'worker.js'), program('At the edge'));
  const served = await serve(WORKERD!, join(folder, 'worker.capnp'));
  const stack = await createStack({ address: '10.9.0.1/24' });
  try {
    stack.attach(webSocketLink(await openWebSocket(`ws://127.0.0.1:${served.port}/`)));
    const rude = stack.connect('10.9.0.2:7');
    await rude.opened;
    rude.closed.catch(() => {});
    rude.reset();
    const polite = stack.connect('10.9.0.2:7');
    await polite.writable.getWriter().write(Uint8Array.of(1, 2, 3));
    const { value } = await polite.readable.getReader().read();
    expect([...value!]).toEqual([1, 2, 3]);
    expect(served.complaints()).toBe('');
  } finally {
    await stack.close();
    await served.stop();
  }
});
