/** The stack that a process is run on: joined, proven to be in use, left in order at the end. */
import { isMainThread } from 'node:worker_threads';
import type { TcpInfo } from '../../host-web/inspect.ts';
import { readArguments } from '../cli/arguments.ts';
import { makeStack } from '../cli/device.ts';
import { Failure } from '../cli/failure.ts';
import { offerSockets } from '../cli/orders.ts';
import { reportLines } from '../cli/report.ts';
import { ordersOf } from '../cli/stack-orders.ts';
import { adopt, openChannel } from './children.ts';
import { Destinations } from './destinations.ts';
import { RUN, wordsOf } from './flags.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { Loopback } from './loopback.ts';
import { goDown, lose, prove, runOn } from './replace.ts';
import { shareBy } from './shared-handle.ts';
import { startSwitch } from './start-switch.ts';

/** How long is slept between two looks at what has come for a process that ends, milliseconds. */
const NAP = 1;

/** Flags come in NETCELL_RUN, as words in JSON; where to join in NETCELL_SWITCH, as a path. */
export async function begin(): Promise<void> {
  const args = readArguments(JSON.parse((process.env.NETCELL_RUN ??= '[]')) as string[], RUN);
  const say = (text: string) => {
    if (!args.isSet('quiet')) console.error(`netcell run: ${text}`);
  };
  if (process.env.NETCELL_SWITCH === undefined) {
    const words = JSON.stringify(await wordsOf(args));
    process.env.NETCELL_RUN = words;
    process.env.NETCELL_SWITCH = await startSwitch(words);
  }
  const path = process.env.NETCELL_SWITCH;
  const { welcome, link } = await join(path).catch((error) => {
    throw Failure.while('cannot join the switch of netcell run', error);
  });
  const { sides } = welcome;
  const stack = makeStack(args, sides, welcome.index);
  const addresses = [...stack.addresses];
  const loopback = new Loopback(stack, link, welcome.index, lose);
  stack.attach(link, {
    onClosed: () => {
      say('there is no network any more: connections end with ENETDOWN, the program goes on');
      goDown();
      loopback.end();
    },
  });
  const own = sides.map(({ address, prefix }) => `${address}/${prefix}`);
  runOn(stack, new Destinations(args.values('kernel'), [...own, ...addresses]));
  shareBy(loopback);
  await prove().catch((error) => {
    throw new Failure((error as Error).message);
  });
  process.on('exit', () => leave(stack, () => link.readNow(NAP)));
  const whose = isMainThread ? `process ${process.pid}` : `a worker of ${process.pid}`;
  say(`TCP and UDP of ${whose} are netcell's, at ${addresses.join(' and ')}`);
  adopt();
  if (!isMainThread) return;
  openChannel();
  const shown = (socket: TcpInfo) => loopback.shown(socket);
  const seen = { stack, link, sides, tun: { mtu: welcome.mtu }, shown };
  await offerSockets(welcome.device, () => reportLines(seen), ordersOf(stack), say);
}
