/**
 * The switch of a program that was not started by `netcell run`: in a process of its own, which
 * ends with the program.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command line, beside which this lies. */
const CLI = fileURLToPath(new URL('./cli.js', import.meta.url));

/** What the switch's process tells: where to join. Where it has no answer, it ends. */
export interface FromSwitch {
  readonly path: string;
}

/**
 * Starts it; answers where to join.
 *
 * @param words flags of `netcell run`, as words in JSON
 * Where there is none, its process has said why, and this one ends with its exit code.
 */
export async function startSwitch(words: string): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(CLI, ['run-switch', words], { env, execArgv: [] });
  const end = (code: number | null) => process.exit(code ?? 1);
  child.once('exit', end);
  const path = await new Promise<string>((resolve) => {
    child.once('message', (message) => resolve((message as FromSwitch).path));
  });
  child.off('exit', end);
  child.unref();
  child.channel?.unref();
  return path;
}
