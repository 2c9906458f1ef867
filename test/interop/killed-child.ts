/**
 * What `killed.test.ts` runs inside a network namespace: the netcell command on a TUN device that
 * outlives it, killed while the kernel has a connection to it.
 *
 * Argument: the bundled command. The rows go to standard output as JSON, by IP version; what
 * netcell's state is, its control socket tells, as it would tell `netcell ss`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { listRunning } from '../../host-node/cli/control.ts';
import { reportOf } from '../../host-node/cli/report.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { openTun, TunError } from '../../host-node/tun.ts';
import type { TcpInfo } from '../../host-web/inspect.ts';
import { KernelSide } from './kernel-side.ts';
import { KERNEL, type Row } from './scene.ts';
import type { Tuple } from './side.ts';

const DEVICE = 'nc0';
const NETCELL = { 4: '10.9.0.2', 6: 'fd00:9::2' } as const;
const PORT = 9;
const PATIENCE = 200_000;

function ip(line: string): void {
  execFileSync('ip', line.split(' '));
}

/** A device that stays when nobody holds it, as an administrator makes it for a user. */
function makeDevice(): void {
  ip(`tuntap add dev ${DEVICE} mode tun`);
  ip(`address add ${KERNEL[4]}/24 dev ${DEVICE}`);
  ip(`-6 address add ${KERNEL[6]}/64 dev ${DEVICE} nodad`);
  ip(`link set ${DEVICE} up`);
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it never came: ${what}`);
    await pause(10);
  }
}

/** The sockets of whatever netcell runs on the device. */
async function netcellSockets(): Promise<TcpInfo[]> {
  const reports = await Promise.all(listRunning(DEVICE).map((running) => reportOf(running)));
  return reports.flatMap((report) => report?.sockets ?? []);
}

/** State of a connection as the running netcell tells it; 'none' without one, or without it. */
async function netcellState(kernelPort: number): Promise<string> {
  const sockets = await netcellSockets();
  return sockets.find(({ remotePort }) => remotePort === kernelPort)?.state ?? 'none';
}

class Netcell {
  readonly #command: string;
  #process: ChildProcess | undefined;

  constructor(command: string) {
    this.#command = command;
    process.once('exit', () => this.#process?.kill('SIGKILL'));
  }

  async start(): Promise<void> {
    const verb = ['listen', String(PORT), '--discard', '--tun', DEVICE, '-q'];
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    this.#process = spawn(process.execPath, [this.#command, ...verb], { stdio: [...stdio] });
    const isListening = async () =>
      (await netcellSockets()).some(({ state }) => state === 'LISTEN');
    await until('a listener', isListening);
  }

  /** No last words. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process!;
    if (exitCode !== null || signalCode !== null) throw new Error('it has ended by itself');
    this.#process!.kill('SIGKILL');
    await once(this.#process!, 'exit');
  }
}

/** A connection is lost with the process, twice: nobody takes its place, and then somebody does. */
async function play(version: 4 | 6, command: string): Promise<Row[]> {
  const rows: Row[] = [];
  const netcell = new Netcell(command);
  const open = async (kernelPort: number) => {
    const address = { kernel: KERNEL[version], netcell: NETCELL[version] };
    const tuple: Tuple = { ...address, kernelPort, netcellPort: PORT };
    const side = new KernelSide(tuple);
    await netcell.start();
    side.connect();
    await until('a connection', async () => (await netcellState(kernelPort)) === 'ESTABLISHED');
    const row = async (what: string) => {
      side.look();
      const state = await side.lastWord();
      const kernel = side.error === '' ? state : `${state} ${side.error}`;
      rows.push({ what, kernel, netcell: await netcellState(kernelPort) });
    };
    const isOver = () => {
      side.look();
      return side.error !== '';
    };
    await row('the kernel has a connection to a process');
    await netcell.kill();
    await row('the process is killed');
    return { side, row, isOver };
  };
  const alone = await open(20_000);
  alone.side.giveUpAfter(1500);
  alone.side.send('anybody?');
  await until('a timeout', alone.isOver);
  await alone.row('the kernel sends, and nobody hears');
  const found = await open(20_001);
  await netcell.start();
  found.side.send('anybody?');
  await until('a reset', found.isOver);
  await found.row('the next process is sent what it knows nothing of');
  await netcell.kill();
  return rows;
}

try {
  enterNamespace();
} catch (error) {
  console.error((error as Error).message);
  process.exit(error instanceof TunError ? error.exitCode : 1);
}
const [, , command = ''] = process.argv;
if (command === 'probe') {
  openTun().close();
} else {
  makeDevice();
  const played = { 4: await play(4, command), 6: await play(6, command) };
  process.stdout.write(JSON.stringify(played));
}
