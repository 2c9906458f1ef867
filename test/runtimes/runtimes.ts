/** Every runtime that netcell is for: how the program is run in it, and what brings it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHROMIUM, FIREFOX } from '../browser/launch.ts';
import { inChromium, inFirefox } from './browsers.ts';
import { INSTALL, installed, MODULES } from './installed.ts';
import { serve } from './workerd.ts';

export interface Runtime {
  readonly name: string;
  readonly engine: 'V8' | 'SpiderMonkey' | 'JavaScriptCore';
  /** Its program; undefined where it is not installed. */
  readonly program: string | undefined;
  /** The command that installs it. */
  readonly install: string;
  /** Runs the program in the folder where the package is; answers its report, as JSON. */
  run(program: string, folder: string): Promise<string>;
}

const execute = promisify(execFile);

/** Runs a program to its end; answers what it printed. */
export async function print(
  program: string,
  folder: string,
  ...parameters: string[]
): Promise<string> {
  const env = { ...process.env, DENO_DIR: join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1' };
  return (await execute(program, parameters, { cwd: folder, env })).stdout;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

const NODE_22 = installed('node-22', 'bin/node');

/** workerd's own program. */
export const WORKERD = installed('@cloudflare/workerd-linux-64', 'bin/workerd');

const nodes: Runtime[] = ['20', '22', '24'].map((major) => ({
  name: `Node ${major}`,
  engine: 'V8',
  program: installed(`node-${major}`, 'bin/node'),
  install: INSTALL,
  run: (program, folder) => print(program, folder, 'print.mjs'),
}));

/** All that Deno has to allow. */
const MAY_READ = '--allow-read=node_modules/netcell/build/core.wasm';

export const DENO = installed('@deno/linux-x64-glibc', 'deno');
const BUN = installed('@oven/bun-linux-x64', 'bin/bun');

export const RUNTIMES: readonly Runtime[] = [
  ...nodes,
  {
    name: 'Deno',
    engine: 'V8',
    program: DENO,
    install: INSTALL,
    run: (program, folder) => print(program, folder, 'run', '--no-prompt', MAY_READ, 'print.mjs'),
  },
  {
    name: 'Bun',
    engine: 'JavaScriptCore',
    program: BUN,
    install: INSTALL,
    run: (program, folder) => print(program, folder, 'print.mjs'),
  },
  {
    name: 'workerd',
    engine: 'V8',
    program: WORKERD,
    install: INSTALL,
    run: async (program, folder) => {
      const served = await serve(program, join(folder, 'worker.capnp'));
      try {
        return await (await fetch(`http://127.0.0.1:${served.port}/`)).text();
      } finally {
        await served.stop();
      }
    },
  },
  {
    name: 'miniflare',
    engine: 'V8',
    // It needs Node 22.
    program: installed('miniflare', 'package.json') && NODE_22,
    install: INSTALL,
    run: (program, folder) => print(program, folder, 'miniflare.mjs', MODULES),
  },
  {
    name: 'Chromium',
    engine: 'V8',
    program: existing(CHROMIUM),
    install: 'sudo apt-get install -y --no-install-recommends chromium',
    run: inChromium,
  },
  {
    name: 'Firefox',
    engine: 'SpiderMonkey',
    program: existing(FIREFOX),
    install: 'sudo apt-get install -y --no-install-recommends firefox-esr',
    run: inFirefox,
  },
];

/** Where Node's `net` has no internals to stand on. */
export const WITHOUT_INTERNALS = [
  { name: 'Deno', program: DENO, parameters: ['run', '--no-prompt', MAY_READ] },
  { name: 'Bun', program: BUN, parameters: [] },
  {
    name: 'Node 24 with --permission',
    program: installed('node-24', 'bin/node'),
    parameters: ['--permission', '--allow-fs-read=*', '--no-warnings'],
  },
];

/** What a program says of its version; of miniflare, its package does. */
export async function versionOf({ name, program }: Runtime): Promise<string> {
  if (name === 'miniflare') {
    const file = installed('miniflare', 'package.json')!;
    return ((await import(file, { with: { type: 'json' } })) as { version: string }).version;
  }
  const { stdout } = await execute(program!, ['--version']);
  return /\d[\w.-]*/.exec(stdout)?.[0] ?? '';
}
