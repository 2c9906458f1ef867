/**
 * `NODE_TEST=…/test npm run test:node`: Node's own test files, on the kernel's TCP and under
 * `netcell run`, for whoever has them: they are no part of this checkout.
 *
 *     NODE_TEST=~/node/test npm run test:node -- [net http https tls http2 dgram] [--node PATH]
 *
 * NODE_TEST is the folder `test` of a checkout of Node, of the version that runs them: this one, or
 * that of --node. Each file is a process, in a network namespace of this run's own. What fails on
 * the kernel as well says nothing of us; what fails beyond is named, and the exit code is 1.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { showProgress } from '../../host-node/cli/progress.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { repository } from '../host/bundle.ts';

enterNamespace();

const MODULES = ['net', 'http', 'https', 'tls', 'http2', 'dgram'];
/** How long a file may take, milliseconds: the slowest takes ten seconds on a quiet machine. */
const LONGEST = 60_000;
/** How much of what a failure says is shown. */
const SHOWN_LINES = 12;

const { values, positionals } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', short: 'v', default: false },
  },
  allowPositionals: true,
});
const suite = process.env['NODE_TEST'];
if (suite === undefined) {
  console.error('where are they?  NODE_TEST=/path/to/node/test npm run test:node -- net');
  process.exit(2);
}
const modules = positionals.length > 0 ? positionals : MODULES;
const temporary = mkdtempSync(join(tmpdir(), 'netcell-node-'));
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));

interface Ending {
  readonly isOk: boolean;
  readonly output: string;
}

/** What one of several workers at once has for itself: a folder, ports and a device. */
interface Place {
  readonly index: number;
  readonly env: NodeJS.ProcessEnv;
}

/** The files of a module, without those that another has: `http` begins `http2`'s names too. */
function filesOf(module: string): string[] {
  return ['parallel', 'sequential'].flatMap((folder) => {
    return readdirSync(join(suite!, folder))
      .filter((name) => name.startsWith(`test-${module}-`) && /\.m?js$/.test(name))
      .filter((name) => name.includes(values.only))
      .map((name) => join(suite!, folder, name));
  });
}

/** The flags a file asks for, in its first lines. */
function flagsOf(file: string): string[] {
  const head = readFileSync(file, 'utf8').slice(0, 2000);
  const [, flags = ''] = /^\/\/ Flags: (.*)$/m.exec(head) ?? [];
  return flags.split(/\s+/).filter((flag) => flag !== '');
}

function start(command: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ending> {
  return new Promise((resolve) => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(command, words, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    const take = (text: Buffer) => (output += String(text));
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const end = () => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It is over, and so is all it started.
      }
    };
    const timer = setTimeout(() => {
      output += `\nnot over after ${LONGEST / 1000} s`;
      end();
    }, LONGEST);
    child.once('close', (code) => {
      clearTimeout(timer);
      end();
      resolve({ isOk: code === 0, output });
    });
  });
}

function onKernel(file: string, { env }: Place): Promise<Ending> {
  return start(values.node, [...flagsOf(file), file], env);
}

function onStack(file: string, { index, env }: Place): Promise<Ending> {
  const cli = join(repository, 'build/cli.js');
  const network = [
    ['--tun', `node${index}`],
    ['--address', `10.${90 + index}.0.2/24`],
    ['--address', `fd00:${90 + index}::2/64`],
  ].flat();
  const words = [cli, 'run', '-q', ...network, '--', values.node, ...flagsOf(file), file];
  return start(process.execPath, words, env);
}

/** Runs all files; those that fail on the stack alone, with what they say. */
async function judge(files: readonly string[], tell: (done: number) => void) {
  const waiting = [...files];
  const beyond: { file: string; output: string }[] = [];
  let onBoth = 0;
  let done = 0;
  const worker = async (index: number) => {
    const folder = join(temporary, String(index));
    mkdirSync(folder, { recursive: true });
    const own = { NODE_TEST_DIR: folder, TEST_THREAD_ID: String(index), TEST_SERIAL_ID: '0' };
    const place = { index, env: { ...process.env, ...own } };
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const ours = await onStack(file, place);
      if (!ours.isOk) {
        if ((await onKernel(file, place)).isOk) beyond.push({ file, output: ours.output });
        else onBoth++;
      }
      tell(++done);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, (_, i) => worker(i)));
  return { beyond: beyond.sort((a, b) => (a.file < b.file ? -1 : 1)), onBoth };
}

let isBad = false;
console.log('module   files   fail on the kernel too   fail on the stack alone');
for (const module of modules) {
  const files = filesOf(module);
  let done = 0;
  const stop = showProgress(() => `${module}: ${done} of ${files.length}`);
  const { beyond, onBoth } = await judge(files, (count) => (done = count));
  stop();
  const cells = [files.length, onBoth, beyond.length].map((count, i) => {
    return String(count).padStart([6, 25, 26][i]!);
  });
  console.log(module.padEnd(8) + cells.join(''));
  for (const { file, output } of beyond) {
    console.log(`  ${basename(file)}`);
    const lines = output.trim().split('\n');
    const shown = values.verbose ? lines : lines.slice(0, SHOWN_LINES);
    for (const line of shown) console.log(`    ${line.slice(0, 200)}`);
  }
  isBad ||= beyond.length > 0;
}
process.exit(isBad ? 1 : 0);
