/**
 * What `apps.test.ts` runs inside a namespace: an example, with what it speaks to on the kernel's
 * side.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, run } from '../host/bundle.ts';
import { cli, folder, launch, perform } from '../host/cli-running.ts';
import { type ServerName, type Started, startScript, startServer } from './started.ts';
import { type App, APPS, LIMITS, PEERS, scriptOf } from './table.ts';

/** Where examples and peers are, beside the libraries. */
const PLACE = process.env['NETCELL_EXAMPLES']!;
const EXAMPLES = join(PLACE, 'host-node/examples');

const peer = (name: string) => join(PLACE, 'test/apps/peers', `${name}.mjs`);

function startOther(name: ServerName | keyof typeof PEERS): Promise<Started> {
  if (name in PEERS) return startScript(peer(name), PEERS[name as keyof typeof PEERS], folder);
  return startServer(name as ServerName, folder);
}

/** What an example finds of the database. */
function environmentOf({ database }: App): NodeJS.ProcessEnv {
  if (database === undefined) return process.env;
  return { ...process.env, PGHOST: database, PGUSER: 'netcell', PGDATABASE: 'postgres' };
}

/** The script, and its parameters, by which an example is run. */
function wordsOf(name: string, app: App, place: string): [script: string, ...words: string[]] {
  const script = app === LIMITS ? peer(name) : join(EXAMPLES, scriptOf(name));
  const words = app.parameters?.(place) ?? [];
  if (app !== LIMITS && !name.startsWith('run/')) return [script, ...words];
  return [cli, 'run', '-q', ...(app.flags ?? []), '--', process.execPath, script, ...words];
}

/** Runs an example that is a server, and what asks it. */
async function beside(script: string, words: string[], app: App): Promise<Outcome> {
  const running = launch(words, { env: environmentOf(app) }, script);
  await running.said(/listening/);
  const { stdout, stderr } = await run(peer(app.asked!)).outcome;
  running.child.kill('SIGTERM');
  const { code } = await running.ended;
  return { stdout: running.output() + stdout, stderr, code, signal: null };
}

async function runApp(name: string, app: App): Promise<Outcome> {
  const started: Started[] = [];
  for (const server of app.servers ?? []) started.push(await startOther(server));
  const [script, ...words] = wordsOf(name, app, started.at(-1)?.folder ?? folder);
  try {
    if (app.asked !== undefined) return await beside(script, words, app);
    return await run(script, words).outcome;
  } finally {
    for (const server of started.reverse()) await server.stop();
  }
}

// Servers that do not run as root are to find their files.
if (folder !== '') chmodSync(folder, 0o755);

const all = { ...APPS, limits: LIMITS };
const scenarios = Object.entries(all).map(([name, app]) => [name, () => runApp(name, app)]);
await perform(Object.fromEntries(scenarios));
