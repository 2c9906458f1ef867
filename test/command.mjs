/**
 * Programs that a script of ours runs: each ends when the script does, however that ends, and a
 * wait in which nothing is said shows that something is done.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a program imports that is to end when this one does. */
const LIFELINE = new URL('end-with-parent.mjs', import.meta.url).href;

/** Milliseconds between two signs that something is still being done. */
const SIGN_MS = 2000;

/**
 * Runs a command, in the checkout or `cwd`; answers how it ended and, when `piped`, what it said.
 * While it says nothing, because its words are kept or it is `silent` by nature, dots say that it
 * runs.
 */
export async function run(
  command,
  parameters,
  { piped = false, silent = false, env = {}, seconds = 0, cwd = root } = {},
) {
  const child = spawn(command, parameters, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', piped ? 'pipe' : 'inherit', piped ? 'pipe' : 'inherit'],
    timeout: seconds * 1000,
    // npm and apt-get are scripts on Windows; nothing given to them comes from outside.
    shell: process.platform === 'win32' && command === 'npm',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  let signs = 0;
  const sign = () => {
    process.stdout.write('.');
    signs++;
  };
  const signing = piped || silent ? setInterval(sign, SIGN_MS) : undefined;
  const [code] = await once(child, 'close').catch((error) => {
    said += error.message;
    return [1];
  });
  clearInterval(signing);
  if (signs > 0) process.stdout.write('\n');
  return { ok: code === 0, said };
}

/** Runs a script with this Node, whatever the shell's PATH says; it ends with this process. */
export function runScript(script, parameters, options) {
  const env = { ...options?.env, NETCELL_PARENT: String(process.pid) };
  // With source maps asc is one process; without, it starts itself again to have them.
  const words = ['--import', LIFELINE, '--enable-source-maps', script, ...parameters];
  return run(process.execPath, words, { ...options, env });
}

/** Runs a package's own program, likewise. */
export function runModule(script, parameters, options) {
  return runScript(join(root, 'node_modules', script), parameters, options);
}
