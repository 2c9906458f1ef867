/**
 * The switch of a program that was not started by `netcell run`: in a process of its own, which
 * ends with the program.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command line, beside which this lies. */
const CLI = fileURLToPath(new URL('./cli.js', import.meta.url));

/** What the switch's process tells: where to join, or that it has said why there is none. */
export type FromSwitch = { readonly path: string } | { readonly code: number };

/**
 * Starts it; answers where to join.
 *
 * @param words flags of `netcell run`, as words in JSON
 * Where there is none it has said why, and the process ends with its exit code.
 */
export async function startSwitch(words: string): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(CLI, ['run-switch', words], { env, execArgv: [] });
  const told = await new Promise<FromSwitch>((resolve) => {
    child.once('message', (message) => resolve(message as FromSwitch));
    child.once('exit', (code) => resolve({ code: code ?? 1 }));
  });
  if ('code' in told) process.exit(told.code);
  child.unref();
  child.channel?.unref();
  return told.path;
}
