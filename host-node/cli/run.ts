/** `netcell run`: a Node program, unmodified, whose TCP is a stack's instead of the kernel's. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { formatAddress } from '../../host-web/address.ts';
import { RUN, wordsOf } from '../run/flags.ts';
import { isReached, openNat, prepareNat } from '../run/nat.ts';
import type { FromSwitch } from '../run/start-switch.ts';
import { SharedDevice } from '../run/shared-device.ts';
import { Switch } from '../run/switch.ts';
import { type Arguments, LINE_HELP, readArguments, readSysctls, UsageError } from './arguments.ts';
import { openLine } from './device.ts';
import { explain } from './explain.ts';
import { Exit, Failure, reasonOf } from './failure.ts';
import type { Verb } from './verb.ts';

const HELP = `netcell run: a Node program, unmodified, whose TCP is netcell instead of the kernel

  netcell run [flags] -- PROGRAM [ARGUMENT …]

PROGRAM is node, or what starts node, 20 to 26: npm, npx, a script. All on node:net is the stack's:
http, tls, fetch, what is over them. What it starts has the next address, and they share localhost;
node:cluster's primary relays to its workers. Unix sockets stay the kernel's.

  --kernel HOST[:PORT]  what it connects to there is the kernel's; may be repeated. HOST is an
                      address, a network, a name, or '*': all but the stack's own network
  --nat               has this host forward to what is beyond it, while the program runs (root)
${LINE_HELP}  -q

Exit code: the program's.

Examples
  sudo netcell run -- node server.js           and then: curl http://10.9.0.2:3000/
  sudo netcell run --kernel localhost:5432 -- node app.js     its database is the host's`;

/** Where Node finds what is to be loaded before anything else. */
const REGISTER = new URL('./register.js', import.meta.url).href;
const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

async function run(args: Arguments): Promise<number> {
  const [program, ...rest] = args.positionals;
  if (program === undefined) throw new UsageError('PROGRAM is missing: netcell run -- node app.js');
  const words = await wordsOf(args);
  const network = await openNetwork(args);
  const { NODE_OPTIONS: before = '' } = process.env;
  const child = spawn(program, rest, {
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${REGISTER} ${before}`.trim(),
      NETCELL_SWITCH: network.path,
      NETCELL_RUN: JSON.stringify(words),
    },
  });
  // A terminal tells everybody; `kill` tells us alone. The program says when it is over.
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(Failure.while(`cannot start ${program}`, error)));
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
    await network.close();
  }
}

/** The device, and the switch before it, that a program's processes join. */
async function openNetwork(args: Arguments): Promise<{ path: string; close(): Promise<void> }> {
  const say = (text: string) => console.error(`netcell run: ${text}`);
  // Said before anything is made.
  readSysctls(args);
  const rules = args.isSet('nat') ? prepareNat() : undefined;
  const line = openLine(args, (error) => say(`the device is gone: ${reasonOf(error)}`));
  const { sides, tun } = line;
  const isTold = rules === undefined && !args.isSet('quiet');
  // What is recorded or impaired has to come by here.
  const shared = line.carried === line.link ? new SharedDevice(line.link, tun) : undefined;
  const hub = new Switch(line.carried, sides, tun.name, shared, isTold ? tellOfBeyond : undefined);
  let closeNat = () => {};
  const close = async () => {
    closeNat();
    hub.close();
    await line.endCapture();
  };
  try {
    if (rules !== undefined) closeNat = openNat(rules, tun.name, sides, say);
    await hub.open();
  } catch (error) {
    await close();
    throw Failure.from(error) ?? Failure.while('cannot make the switch', error);
  }
  return { path: hub.path, close };
}

/** A program has sent to what is not on the stack's network; answers whether to tell of more. */
function tellOfBeyond(destination: Uint8Array): boolean {
  if (isReached(destination)) return true;
  console.error(
    `netcell run: ${formatAddress(destination)} is beyond the stack's network, and its device ` +
      'reaches this host alone\n' +
      '  netcell run --nat …           has this host forward, for as long as the program runs\n' +
      "  netcell run --kernel '*' …    leaves all beyond the stack's network to the kernel",
  );
  return false;
}

/** Is the switch of the process that started this one, until that ends; answers the exit code. */
export async function serveSwitch(words: string): Promise<number> {
  const tell = (message: FromSwitch) => process.send!(message);
  try {
    const network = await openNetwork(readArguments(JSON.parse(words) as string[], RUN));
    // What ends the program at a terminal is for the program alone.
    for (const signal of FORWARDED) process.on(signal, () => {});
    tell({ path: network.path });
    await new Promise((resolve) => process.once('disconnect', resolve));
    await network.close();
    return Exit.OK;
  } catch (error) {
    return explain('run', [], error);
  }
}

export const verb: Verb = { help: HELP, flags: RUN, run };
