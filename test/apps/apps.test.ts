/**
 * Libraries that nobody wrote for netcell, over it: each example of `host-node/examples` is run as
 * a reader runs it, on the build, with the real server on the kernel's side where Debian has one.
 *
 * `npm test` runs the quick ones, `npm run test:apps` all of them.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CACHE } from '../bundle.mjs';
import { bundle, type Outcome, repository, run } from '../host/bundle.ts';
import { selfMade } from '../host/certificate.ts';
import { environment, folder } from '../host/cli-inside.ts';
import { scenariosBy } from '../host/scenarios.ts';
import { environment as ofServers, missingServers, SERVERS } from './servers.mjs';
import { type App, APPS, LIMITS, scriptOf } from './table.ts';

const EXAMPLES = 'host-node/examples';
const isAll = process.env['NETCELL_APPS'] === 'all';
const modules = join(repository, 'test/apps/node_modules');

// In the cache, as what else is made of the checkout for tests; there are the libraries, and the
// package as a user has it.
const place = join(repository, CACHE, `examples-${process.pid}`);
mkdirSync(join(place, 'node_modules'), { recursive: true });
symlinkSync(repository, join(place, 'node_modules/netcell'), 'junction');
for (const name of existsSync(modules) ? readdirSync(modules) : []) {
  symlinkSync(join(modules, name), join(place, 'node_modules', name), 'junction');
}
for (const name of [EXAMPLES, 'test/apps/peers']) {
  cpSync(join(repository, name), join(place, name), { recursive: true });
}
afterAll(() => rmSync(place, { recursive: true }));

/** What keeps an app from being run here. */
function lackOf({ library, servers = [] }: App): string | undefined {
  const bring = isAll ? 'see above' : 'to have it: npm run test:apps';
  if (library !== undefined && !existsSync(join(modules, library)))
    return `no ${library}, ${bring}`;
  const [missing] = missingServers(servers.filter((name) => name in SERVERS));
  if (missing !== undefined) return `no ${missing}, ${bring}`;
  if (servers.length > 0 && process.getuid?.() !== 0) return 'its server is started by root only';
  return undefined;
}

/** What an app lacks, and its test's title. */
function readApp(name: string, app: App): [lack: string | undefined, title: string] {
  const lack = lackOf(app);
  return [lack, lack === undefined ? name : `${name} (skipped: ${lack})`];
}

function expectPrinted({ prints }: App, outcome: Outcome): void {
  const stdout = prints.map((line) => `${line}\n`).join('');
  expect(outcome).toEqual({ stdout, stderr: '', code: 0, signal: null });
}

const all = { ...APPS, limits: LIMITS };
const wanted = Object.entries(all).filter(([, { isQuick }]) => isAll || isQuick);
const isOnDevice = ([, { servers, asked }]: [string, App]) => (servers ?? asked) !== undefined;

describe('between two stacks', () => {
  for (const [name, app] of wanted.filter((each) => !isOnDevice(each))) {
    const [lack, title] = readApp(name, app);
    it.skipIf(lack !== undefined)(title, async () => {
      if (app.parameters !== undefined) {
        for (const [kind, text] of Object.entries(selfMade()))
          writeFileSync(join(folder, kind), text);
      }
      const words = app.parameters?.(folder) ?? [];
      expectPrinted(app, await run(join(place, EXAMPLES, name), words).outcome);
    });
  }
});

const script = bundle('test/apps/apps-child.ts');
const cli = join(repository, 'build/cli.js');
const env = { ...environment, ...ofServers(), NETCELL_EXAMPLES: place };
const { inside, obstacle, title } = await scenariosBy('beside a kernel', (scenario) => {
  return run(script, [scenario, cli, folder], { env }).outcome;
});

describe.skipIf(obstacle !== undefined)(title, () => {
  for (const [name, app] of wanted.filter(isOnDevice)) {
    const [lack, title] = readApp(name, app);
    it.skipIf(lack !== undefined)(title, async () => {
      expectPrinted(app, await inside<Outcome>(name));
    });
  }
});

/** What the others stand on; and what needs a kernel on both sides (`test/host/transparent`). */
const ELSEWHERE = ['stacks.mjs', 'device.mjs', 'greeter.mjs', 'transparent.mjs'];

it('no example is left out', () => {
  const names = ['', 'run/'].flatMap((below) =>
    readdirSync(join(repository, EXAMPLES, below))
      .filter((name) => name.endsWith('.mjs') && !ELSEWHERE.includes(name))
      .map((name) => below + name),
  );
  expect(names.sort()).toEqual([...new Set(Object.keys(APPS).map(scriptOf))].sort());
});
