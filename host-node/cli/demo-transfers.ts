/** What the demo does: the six transfers, and the one connection whose ladder it prints. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Call, TraceKind } from '../../host-web/abi.ts';
import { formatEndpoint } from '../../host-web/address.ts';
import { eventsOf, ladder } from '../../host-web/sim/ladder.ts';
import type { Arena, Family } from './demo-arena.ts';
import { socketsOf } from './demo-arena.ts';
import { collect, digestOf, type Done, makeText, transfer } from './demo-peer.ts';
import { Exit, Failure } from './failure.ts';
import { showProgress } from './progress.ts';
import { rate, size } from './words.ts';

/** One transfer, as the receiver and the sender saw it. */
export interface Result {
  readonly name: string;
  readonly family: Family['name'];
  readonly octets: number;
  readonly milliseconds: number;
  readonly mbitPerSecond: number;
  readonly digest: string;
  readonly isEqual: boolean;
}

/** HTTP, so that programs nobody wrote for this are the judge. */
const PORT = 80;
/** How long all transfers may take before the demo gives up, milliseconds; more for more octets. */
const PATIENCE = 17_000;
const USUAL_SIZE = 64 << 20;
const WARM_UP = 16 << 20;
const GREETING = 'Hello from netcell.\n';

/** Runs the transfers one after another, and says each as it ends. */
export async function compete(
  arena: Arena,
  octets: number,
  say: (text: string) => void,
): Promise<Result[]> {
  const text = makeText(octets, 1);
  const digest = digestOf([text]);
  const received: string[] = [];
  const server = createServer((message, answer) => void respond(message, answer, text, received));
  arena.net.serve(server, { port: PORT });
  const results: Result[] = [];
  const { opponent } = arena;
  const until = performance.now() + PATIENCE * Math.max(1, octets / USUAL_SIZE);
  await patient(warmUp(arena, octets), 'the first exchange', until);
  const names = arena.families.map((family) => family.name.padEnd(18)).join('');
  say(`  ${`${size(octets)} each, SHA-256 compared`.padEnd(38)} ${names}`.trimEnd());
  const kinds = [
    {
      name: `${opponent} downloads from netcell`,
      run: (family: Family) => download(arena, family, digest),
    },
    {
      name: `${opponent} uploads to netcell`,
      run: (family: Family) => upload(arena, family, octets, received),
    },
    {
      name: `netcell downloads from ${opponent}`,
      run: (family: Family) => fetchFrom(arena, family, octets),
    },
  ];
  for (const { name, run } of kinds) {
    const cells: string[] = [];
    for (const family of arena.families) {
      const { done, expected } = await patient(run(family), `${name} over ${family.name}`, until);
      const result = judge(name, family, done, expected, octets);
      results.push(result);
      const mark = result.isEqual ? '✓' : '✗ differs';
      cells.push(`${rate(octets, result.milliseconds)} ${mark}`.padEnd(18));
    }
    say(`  ${name.padEnd(38)} ${cells.join('')}`.trimEnd());
  }
  return results;
}

/**
 * A few octets each way before anything is measured: both engines compile on the way, and what a
 * server does in its first tenth of a second is no figure.
 */
async function warmUp(arena: Arena, octets: number): Promise<void> {
  const family = arena.families[0]!;
  const size = Math.min(octets, WARM_UP);
  await ask(arena, { do: 'get', url: urlOf(family.ours, PORT, '/warm-up') });
  await ask(arena, { do: 'put', url: urlOf(family.ours, PORT, '/warm-up'), size, seed: 0 });
}

async function respond(
  message: IncomingMessage,
  answer: ServerResponse,
  text: Buffer,
  received: string[],
): Promise<void> {
  answer.setHeader('connection', 'close');
  if (message.url === '/hello') {
    answer.end(GREETING);
  } else if (message.url === '/warm-up') {
    await collect(message);
    answer.end(text.subarray(0, WARM_UP));
  } else if (message.method === 'PUT') {
    const parts = await collect(message);
    answer.end('thank you\n');
    // Afterwards, or the hash would be part of what is measured.
    received.push(digestOf(parts));
  } else {
    answer.setHeader('content-length', text.length);
    answer.end(text);
  }
}

interface Outcome {
  readonly done: Done;
  /** SHA-256 of what the other side has. */
  readonly expected: string;
}

async function download(arena: Arena, family: Family, digest: string): Promise<Outcome> {
  const done = await ask(arena, { do: 'get', url: urlOf(family.ours, PORT) });
  return { done, expected: digest };
}

async function upload(
  arena: Arena,
  family: Family,
  octets: number,
  received: string[],
): Promise<Outcome> {
  const seed = family.name === 'IPv4' ? 2 : 3;
  const before = received.length;
  const done = await ask(arena, { do: 'put', url: urlOf(family.ours, PORT), size: octets, seed });
  while (received.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
  return { done, expected: received.at(-1)! };
}

async function fetchFrom(arena: Arena, family: Family, octets: number): Promise<Outcome> {
  const seed = family.name === 'IPv4' ? 4 : 5;
  const { port } = await ask(arena, { do: 'serve', host: family.theirs, size: octets, seed });
  const agent = socketsOf(arena.net).agent();
  const done = await transfer(urlOf(family.theirs, port!), undefined, agent);
  return { done, expected: digestOf([makeText(octets, seed)]) };
}

async function ask(arena: Arena, task: Parameters<Arena['peer']['perform']>[0]): Promise<Done> {
  const done = await arena.peer.perform(task);
  if (done.error !== undefined)
    throw new Failure(`the ${arena.opponent}'s side failed: ${done.error}`);
  return done;
}

function judge(name: string, family: Family, done: Done, expected: string, octets: number): Result {
  const { milliseconds = 0, digest = '' } = done;
  return {
    name,
    family: family.name,
    octets,
    milliseconds,
    digest,
    mbitPerSecond: Math.round((octets * 8) / 1000 / milliseconds),
    isEqual: digest === expected && done.octets === octets,
  };
}

/** Waits for a transfer until the demo's time is over. */
function patient<T>(promise: Promise<T>, what: string, until: number): Promise<T> {
  let timer: NodeJS.Timeout;
  const sentence = `${what} did not end in time; try fewer octets\n  netcell demo --size 4m`;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Failure(sentence, Exit.TIMED_OUT));
    timer = setTimeout(fail, until - performance.now());
  });
  const stop = showProgress(() => `${what} is not over yet`);
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
    stop();
  });
}

function urlOf(address: string, port: number, path = '/'): string {
  return `http://${formatEndpoint(address, port)}${path}`;
}

/** One small request with the trace on; answers its ladder. */
export async function traceOne(arena: Arena): Promise<string> {
  const { stack, families, opponent } = arena;
  const before = new Set(stack.sockets().map(({ remotePort }) => remotePort));
  const reader = stack.trace();
  await ask(arena, { do: 'get', url: urlOf(families[0]!.ours, PORT, '/hello') });
  // The last ACK may still be on its way.
  const isOver = () =>
    stack
      .sockets()
      .some(({ state, remotePort }) => state === 'TIME-WAIT' && !before.has(remotePort));
  for (const end = performance.now() + 1000; !isOver() && performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stack.set('trace', 0);
  const events = reader.read();
  // Others may still be closing: ours is the one that was accepted.
  const accepted = events.find(({ kind, a }) => kind === TraceKind.CALL && a === Call.ACCEPT);
  const own = accepted === undefined ? events : eventsOf(events, accepted.handle);
  return ladder(own, { local: 'netcell', remote: opponent });
}
