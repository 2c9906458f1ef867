/**
 * What `apps.test.ts` runs inside a namespace: an example, with what it speaks to on the kernel's
 * side.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, run } from '../host/bundle.ts';
import { cli, folder, launch, perform } from '../host/cli-running.ts';
import { type ServerName, type Started, startScript, startServer } from './started.ts';
import { type App, APPS, PEERS } from './table.ts';

/** Where examples and peers are, beside the libraries. */
const PLACE = process.env['NETCELL_EXAMPLES']!;
const EXAMPLES = join(PLACE, 'host-node/examples');

const peer = (name: string) => join(PLACE, 'test/apps/peers', `${name}.mjs`);

function startOther(name: ServerName | keyof typeof PEERS): Promise<Started> {
  if (name in PEERS) return startScript(peer(name), PEERS[name as keyof typeof PEERS], folder);
  return startServer(name as ServerName, folder);
}

/** Runs an example that is a server, and what asks it. */
async function beside(script: string, asked: string): Promise<Outcome> {
  const running = launch([], {}, script);
  await running.said(/listening/);
  const { stdout, stderr } = await run(peer(asked)).outcome;
  const { code } = await running.ended;
  return { stdout: running.output() + stdout, stderr, code, signal: null };
}

async function runApp(name: string, app: App): Promise<Outcome> {
  const started: Started[] = [];
  for (const server of app.servers ?? []) started.push(await startOther(server));
  const script = join(EXAMPLES, name);
  const words = app.parameters?.(started.at(-1)?.folder ?? folder) ?? [];
  const own = ['run', '-q', '--', process.execPath, script, ...words];
  try {
    if (app.asked !== undefined) return await beside(script, app.asked);
    if (name.startsWith('run/')) return await run(cli, own).outcome;
    return await run(script, words).outcome;
  } finally {
    for (const server of started.reverse()) await server.stop();
  }
}

// Servers that do not run as root are to find their files.
if (folder !== '') chmodSync(folder, 0o755);

const scenarios = Object.entries(APPS).map(([name, app]) => [name, () => runApp(name, app)]);
await perform(Object.fromEntries(scenarios));
