/**
 * A stack that stays up in the foreground until its user ends it: `up`, `serve` and `listen`.
 *
 * The banner, the single keys, the control socket that `netcell ss` asks, and the end: the first
 * Ctrl-C closes every connection properly, the second resets what is left.
 */
import type { Server } from 'node:net';
import { countStates } from '../../host-web/inspect.ts';
import type { Arguments } from './arguments.ts';
import { Crew } from './crew.ts';
import { type Device, openDevice } from './device.ts';
import { watchDevice } from './device-watch.ts';
import { Exit } from './failure.ts';
import { endConnections as endAll } from '../net/server.ts';
import { offerSockets } from './orders.ts';
import { watchOutput } from './output.ts';
import {
  firstSockets,
  joinedLines,
  reportLines,
  type Summary,
  summaryOf,
  sumOf,
} from './report.ts';
import { ordersOf } from './stack-orders.ts';
import { VERSION } from './version.ts';
import { time } from './words.ts';

/** What a verb adds to a stack. */
export interface Service {
  readonly servers: readonly Server[];
  /** What to try, a line each. */
  readonly hints: readonly string[];
  /** Settles when the verb itself has come to its end; a server's never does. */
  readonly ended?: Promise<number>;
}

/** What a verb does on each stack, and where it talks. */
export interface Staying {
  /** Receives the banner and what is told besides; nothing of it with --quiet. */
  readonly say: Say;
  readonly start: (device: Device) => Promise<Service>;
}

/** How long connections have to close once their user wants to go, milliseconds. */
const PATIENCE = 5000;
/** Sockets a key shows: more than a screen, and no more than a moment's work. */
const ON_SCREEN = 100;
/** What closes sooner is not worth a word, milliseconds. */
const SILENCE = 150;
/** Signals that end us, with the code a shell expects. */
const SIGNALS = { SIGINT: Exit.INTERRUPTED, SIGTERM: 143, SIGHUP: 129 } as const;

/** Where a verb talks; standard output where nothing else goes there. */
export type Say = (text: string) => void;

/** Opens the device, starts the service, stays until something ends it; answers the exit code. */
export async function stayUp(args: Arguments, { say, start }: Staying): Promise<number> {
  const ending = new Ending();
  // What is said is not the job: without anybody to hear it the stack stays up.
  const stopWatching = watchOutput((failure) => {
    if (failure !== null) console.error(`  ${failure.message}; nothing more is said there`);
  });
  let withdraw = () => {};
  let stopLooking = () => {};
  const tell = tellOf(args, say);
  try {
    const device = openDevice(args, (error) => ending.fail(error));
    const { tun, threads, sides } = device;
    const crew = new Crew(tun, threads, sides, (sentence) => console.error(sentence));
    try {
      // All queues are there before the first connection is: none is dealt out anew.
      await crew.attached();
      const service = await start(device);
      await crew.serve();
      withdraw = await offer(device, crew);
      stopLooking = watchDevice(device, tell);
      const keys = watchKeys(device, crew, ending, say);
      announce(args, say, device, service, keys.isWatching);
      service.ended?.then(
        (code) => ending.end(code),
        (error) => ending.fail(error),
      );
      try {
        const code = await ending.first;
        await closeAll(device, crew, service, ending, tell);
        return code;
      } finally {
        keys.close();
      }
    } finally {
      withdraw();
      stopLooking();
      await crew.close();
      await device.close();
    }
  } finally {
    ending.close();
    stopWatching();
  }
}

/** Where is told what happens meanwhile: among objects of JSON it would be none. */
function tellOf(args: Arguments, say: Say): Say {
  if (args.isSet('quiet')) return () => {};
  return args.isSet('json') ? (text) => console.error(text) : say;
}

/** Lets `netcell ss` ask, and its user give orders; without, everything else works as well. */
function offer(device: Device, crew: Crew): Promise<() => void> {
  const ofAll = () => joinedLines([{ thread: 0, lines: reportLines(device) }, ...crew.reports()]);
  const report = device.threads === 1 ? () => reportLines(device) : ofAll;
  const orders = ordersOf(device.stack, (filter) => crew.watches(filter));
  return offerSockets(device.tun.name, report, orders, (text) => console.error(`  ${text}`));
}

/** What ends the foreground: a signal, a key, the service, or a device that is gone. */
export class Ending {
  readonly first: Promise<number>;
  /** The user has asked a second time. */
  readonly second: Promise<void>;
  #resolve!: (code: number) => void;
  #reject!: (error: Error) => void;
  #again!: () => void;
  #count = 0;
  readonly #handlers: [NodeJS.Signals, () => void][] = [];

  constructor() {
    this.first = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.first.catch(() => {});
    this.second = new Promise((resolve) => (this.#again = resolve));
    for (const [signal, code] of Object.entries(SIGNALS) as [NodeJS.Signals, number][]) {
      const handler = () => this.end(code);
      process.on(signal, handler);
      this.#handlers.push([signal, handler]);
    }
  }

  end(code: number): void {
    if (this.#count++ === 0) this.#resolve(code);
    else this.#again();
  }

  fail(error: Error): void {
    this.#reject(error);
    this.#again();
  }

  close(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }
}

/** Closes listeners and connections, and waits for their FINs to be answered. */
async function closeAll(
  device: Device,
  crew: Crew,
  service: Service,
  ending: Ending,
  say: Say,
): Promise<void> {
  endConnections(service);
  await crew.endConnections();
  let isAsked = false;
  void ending.second.then(() => (isAsked = true));
  const startedAt = performance.now();
  let isTold = false;
  const open = async () => openConnections(device) + (await crew.left());
  for (let left = await open(); left > 0 && !isAsked; left = await open()) {
    const waited = performance.now() - startedAt;
    if (waited > PATIENCE) return;
    if (waited > SILENCE && !isTold) {
      isTold = true;
      say(`  closing ${left} connection${left === 1 ? '' : 's'}; Ctrl-C again resets what is left`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // What is left is reset when the stack closes.
}

/** Takes no more connections, and closes properly those there are. */
export function endConnections(service: Service): void {
  for (const server of service.servers) {
    if (server.listening) server.close();
    endAll(server);
  }
}

/** Connections whose peer still expects something of us; TIME-WAIT does not count. */
export function openConnections({ stack }: Device): number {
  const over = new Set(['LISTEN', 'TIME-WAIT', 'CLOSED']);
  let count = 0;
  for (const [state, held] of countStates(stack.core)) if (!over.has(state)) count += held;
  return count;
}

function announce(
  args: Arguments,
  say: Say,
  device: Device,
  { hints }: Service,
  hasKeys: boolean,
): void {
  const { tun, sides } = device;
  if (args.isSet('json')) {
    console.log(
      JSON.stringify({
        event: 'ready',
        tun: tun.name,
        mtu: tun.mtu,
        sides,
        ...(device.threads > 1 ? { threads: device.threads } : {}),
        milliseconds: device.readyAfter,
      }),
    );
    return;
  }
  if (args.isSet('quiet')) return;
  const version = VERSION === 'unreleased' ? VERSION : `v${VERSION}`;
  say(`  NETCELL ${version}  ready in ${time(device.readyAfter)}`);
  for (const [i, { address, prefix, peer }] of sides.entries()) {
    const name = i === 0 ? tun.name : '';
    const mtu = i === 0 ? `mtu ${tun.mtu}` : '';
    const own = `${address}/${prefix}`.padEnd(16);
    say(`  ${name.padEnd(9)} ${own} ${mtu.padEnd(9)} kernel side ${peer}`);
  }
  if (device.threads > 1) {
    say(`  ${'threads'.padEnd(9)} ${device.threads}, each with a stack and a queue of its own`);
  }
  for (const [i, hint] of hints.entries()) say(`  ${(i === 0 ? 'try' : '').padEnd(9)} ${hint}`);
  if (hasKeys) say('  press h for help · s sockets · n counters · q quit');
}

// Single keys --------------------------------------------------------------------

const KEYS = `  s  sockets            i  sockets with details
  n  counters           q  quit (as Ctrl-C: connections are closed properly)
  from another terminal: netcell ss -i`;

function watchKeys(
  device: Device,
  crew: Crew,
  ending: Ending,
  say: Say,
): { readonly isWatching: boolean; close(): void } {
  const { stdin } = process;
  // A listener that reads standard input as text has no keys to spare.
  if (!stdin.isTTY || stdin.listenerCount('data') > 0)
    return { isWatching: false, close: () => {} };
  const onKey = (key: string) => {
    switch (key) {
      case '\u0003':
        return ending.end(Exit.INTERRUPTED);
      case 'q':
      case '\u0004':
        return ending.end(Exit.OK);
      case 's':
      case 'i':
        return void crew.first(ON_SCREEN).then((others) => {
          say(`\n${firstSockets(device, ON_SCREEN, key === 'i', others)}\n`);
        });
      case 'n':
        return void crew.summaries().then((others) => {
          say(`\n${counterTable([summaryOf(device), ...others])}\n`);
        });
      case 'h':
      case '?':
        return say(`\n${KEYS}\n`);
      default:
        return;
    }
  };
  stdin.setRawMode(true).setEncoding('utf8').on('data', onKey).resume();
  return {
    isWatching: true,
    close: () => {
      stdin.off('data', onKey).pause();
      stdin.setRawMode(false);
    },
  };
}

function counterTable(all: readonly Summary[]): string {
  const { counters, drops } = sumOf(all);
  const lines = Object.entries(counters).map(([name, count]) => `${name.padEnd(32)}${count}`);
  for (const { count, sentence } of drops) lines.push(`dropped ${count}: ${sentence}`);
  return lines.length === 0 ? 'No packet has come or gone.' : lines.join('\n');
}
