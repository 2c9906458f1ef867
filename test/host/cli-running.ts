/**
 * What scenarios of the command line are made of: verbs that are run to their end, or started and
 * stopped, beside a kernel in a network namespace of the scenario's own.
 *
 * A script of scenarios is called with the name of one, the command line to run, and a folder for
 * files. Its result goes to standard output as JSON; the expectations stand in the test.
 */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { enterNamespace } from '../../host-node/namespace.ts';
import { bringUpLoopback } from '../../host-node/netlink.ts';
import { TunError } from '../../host-node/tun.ts';
import { type Outcome, run } from './bundle.ts';
import { withoutProgress } from './cli-quiet.ts';

const [scenario = '', program = '', place = ''] = process.argv.slice(2);

/** The command line under test, and a folder for files. */
export const cli = program;
export const folder = place;

/** Runs a verb to its end. */
export function netcell(...words: string[]): Promise<Outcome> {
  return run(cli, words).outcome.then(withoutProgress);
}

/** A verb that stays. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null }>;
  /** What it has said so far, on both outputs. */
  output(): string;
  /** Resolves once what it has said matches, or it has ended. */
  said(wanted: RegExp): Promise<void>;
}

/** Starts a verb that stays, and waits for its banner. */
export async function start(
  words: readonly string[],
  options: SpawnOptions = {},
): Promise<Running> {
  const running = launch(words, options);
  await running.said(/ try |"event":"ready"/);
  return running;
}

/** Starts a verb, or another script, and does not wait. */
export function launch(
  words: readonly string[],
  options: SpawnOptions = {},
  script = cli,
): Running {
  const child = spawn(process.execPath, [script, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  // A scenario that fails takes what it started with it.
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  let text = '';
  const heard = new EventEmitter();
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null }));
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      heard.emit('more');
    });
  }
  let isOver = false;
  void ended.then(() => {
    isOver = true;
    heard.emit('more');
  });
  const said = async (wanted: RegExp) => {
    while (!wanted.test(text) && !isOver) await once(heard, 'more');
  };
  return { child, ended, output: () => text, said };
}

/** Ends a verb by a signal; answers its exit code. */
export async function stop(
  { child, ended }: Running,
  signal: NodeJS.Signals = 'SIGINT',
): Promise<number | null> {
  child.kill(signal);
  return (await ended).code;
}

/** Sends text to the stack over the kernel, ends, and answers what comes back. */
export async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '10.9.0.2');
  socket.end(text);
  let answer = '';
  for await (const part of socket) answer += String(part);
  return answer;
}

/** Enters a namespace and performs the scenario this script was called for. */
export async function perform(scenarios: Record<string, () => unknown>): Promise<void> {
  try {
    enterNamespace();
    bringUpLoopback();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(error instanceof TunError ? error.exitCode : 1);
  }
  const wanted = scenario === 'probe' ? () => ({}) : scenarios[scenario];
  if (wanted === undefined) throw new Error(`no scenario ${scenario}`);
  process.stdout.write(JSON.stringify(await wanted()));
}
