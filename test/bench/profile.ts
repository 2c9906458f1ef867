/**
 * `npm run bench:profile`: in which functions of the core the time goes, of bulk text and of
 * connections that are opened and closed, at the doors of two cores in this thread.
 *
 * The core is compiled once more, with its functions' names in it; what the compiler has put into
 * its caller counts there. Shares are of all samples, the loop around the two cores included.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { showProgress } from '../../host-node/cli/progress.ts';
import { repository, run } from '../host/bundle.ts';
import { openDoor } from './connects.ts';
import { WAYS } from './streams.ts';

const HOTTEST = 10;
const MOVED = 1 << 30;
const CONNECTS = 200_000;

/** The core, with names. */
async function compileNamed(): Promise<WebAssembly.Module> {
  const folder = mkdtempSync(join(tmpdir(), 'netcell-profile-'));
  const file = join(folder, 'core.wasm');
  try {
    const build = ['--target', 'release', '--transform', './assembly/outline.mjs', '--debug'];
    const words = ['assembly/index.ts', ...build, '--outFile', file];
    // The compiler is nobody's script: it is told from outside to end with this process.
    const lifeline = pathToFileURL(join(repository, 'test/end-with-parent.mjs')).href;
    const { outcome } = run(join(repository, 'node_modules/assemblyscript/bin/asc.js'), words, {
      cwd: repository,
      env: { ...process.env, NODE_OPTIONS: `--import ${lifeline}` },
    });
    const { code, stderr } = await outcome;
    if (code !== 0) throw new Error(stderr);
    return new WebAssembly.Module(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Functions by their share of the time that some work takes, the hottest first. */
async function profile(work: () => Promise<unknown>): Promise<[name: string, share: number][]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const times = new Map<string, number>();
  let total = 0;
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const name = names.get(id)!;
    const time = profile.timeDeltas?.[i] ?? 0;
    times.set(name, (times.get(name) ?? 0) + time);
    total += time;
  }
  const shares = [...times].map(([name, time]): [string, number] => [name, time / total]);
  return shares.sort(([, a], [, b]) => b - a);
}

function print(title: string, shares: readonly [name: string, share: number][]): void {
  console.log(`\n${title}`);
  const core = shares.filter(([name]) => name.startsWith('assembly/'));
  for (const [name, share] of core.slice(0, HOTTEST)) {
    console.log(`  ${(100 * share).toFixed(1).padStart(5)} %  ${name.slice('assembly/'.length)}`);
  }
}

let doing = 'compiling the core with names';
const stop = showProgress(() => doing);
const module = await compileNamed();
const way = await WAYS['core to core']!(module);
const connect = openDoor(module);
await way.move(MOVED / 4);
await connect(CONNECTS / 4);
doing = 'moving text';
const bulk = await profile(() => way.move(MOVED));
doing = 'opening and closing connections';
const connects = await profile(() => connect(CONNECTS));
stop();
print('Bulk text, MTU 1500, checksums on', bulk);
print('Connections opened and closed', connects);
process.exit(0);
