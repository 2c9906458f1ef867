/**
 * `npm run bench:scale`: what a connection costs among a million others.
 *
 * Two cores in one thread, by their doors alone. Each figure stands beside that of one connection
 * in the same run; ratios are what to read. `-- PART …` takes parts alone: `trips`, `octets`,
 * `holders`, `ports`, `closing`; `--connections 1000,1000000` takes other numbers, `--minutes 5` a
 * longer `closing`. Times of `trips` and `holders` are the processor's, for others may be at work.
 */
import { readFileSync } from 'node:fs';
import { cpus, freemem, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Result } from '../../host-web/abi.ts';
import type { Limits } from '../../host-web/core.ts';
import { stayOn } from './core.ts';
import { closeAtFullSpeed } from './closing.ts';
import { collectGarbage, octetsOfCallbacks } from './octets.ts';
import { LISTENERS, TwoCores } from './two-cores.ts';

/** Milliseconds of the clock for each round trip: a million are over before any probe is due. */
const STEP = 0.000_1;
/** Round trips measured at a time, and how often; the median counts. */
const LEAST_TRIPS = 200_000;
const RUNS = 5;
const MEBI = 2 ** 20;

const module = new WebAssembly.Module(readFileSync('build/core.wasm'));

function median(figures: number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}

/** Seconds of this process that something takes: others on the machine have their own. */
function timed(work: () => void): number {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}

function limitsFor(connections: number): Limits {
  return { connections: connections + LISTENERS + 8, listeners: LISTENERS };
}

/** Puts handles into an order that no cache can foresee, the same in each run. */
function shuffle(handles: Uint32Array): Uint32Array {
  let state = 0x9e37_79b9;
  for (let i = handles.length - 1; i > 0; i--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = (state >>> 0) % (i + 1);
    [handles[i], handles[other]] = [handles[other]!, handles[i]!];
  }
  return handles;
}

/** Nanoseconds of a round trip, each on the next connection of these. */
function tripsOn(cores: TwoCores, handles: Uint32Array, trips: number): number {
  let at = 0;
  const seconds = timed(() => {
    for (let i = 0; i < trips; i++) {
      cores.pass(STEP);
      cores.roundTrip(handles[at]!);
      if (++at === handles.length) at = 0;
    }
  });
  return (seconds * 1e9) / trips;
}

interface Cost {
  readonly opened: number;
  readonly closed: number;
  /** Nanoseconds, and the same of one connection in turn. */
  readonly trip: number;
  readonly alone: number;
  /** Packets a round trip. */
  readonly packets: number;
  /** Octets that became resident for each connection of a core while nothing was sent. */
  readonly resident: number;
}

/**
 * Lets timers have their turn between two stretches of work, which take seconds each: by one of
 * them a script notices that npm is gone (`end-with-parent.mjs`).
 */
const turn = () => new Promise((resolve) => setTimeout(resolve));

/** All costs of so many connections. */
async function costOf(count: number, single: TwoCores, one: Uint32Array): Promise<Cost> {
  collectGarbage();
  const before = process.memoryUsage().rss;
  const cores = new TwoCores(module, limitsFor(count));
  let handles: Uint32Array = new Uint32Array(0);
  const opening = timed(() => {
    handles = cores.open(count);
  });
  const resident = (process.memoryUsage().rss - before) / count / 2;
  await turn();
  shuffle(handles);
  // What is touched for the first time is mapped first: another cost, that comes once.
  tripsOn(cores, handles, Math.max(count, 20_000));
  const trips = Math.max(count, LEAST_TRIPS);
  const many: number[] = [];
  const few: number[] = [];
  cores.packets = 0;
  for (let run = 0; run < RUNS; run++) {
    await turn();
    many.push(tripsOn(cores, handles, trips));
    few.push(tripsOn(single, one, LEAST_TRIPS));
  }
  const packets = cores.packets / trips / RUNS;
  cores.rest();
  await turn();
  const closing = timed(() => cores.close(handles));
  return {
    opened: count / opening,
    closed: count / closing,
    trip: median(many),
    alone: median(few),
    packets,
    resident,
  };
}

async function benchTrips(counts: readonly number[]): Promise<void> {
  const single = new TwoCores(module, limitsFor(1));
  const one = single.open(1);
  tripsOn(single, one, LEAST_TRIPS);
  console.log('\nRound trips of 64 octets in random order; beside one connection, in turn');
  console.log('connections   trip ns   of one  packets   opened/s   closed/s  resident octets');
  for (const count of counts) {
    const cost = await costOf(count, single, one);
    const words = [
      count.toLocaleString('en').padStart(11),
      cost.trip.toFixed(0).padStart(9),
      `${(cost.trip / cost.alone).toFixed(2)} x`.padStart(8),
      cost.packets.toFixed(2).padStart(8),
      (count < 1_000 ? '' : cost.opened.toFixed(0)).padStart(10),
      (count < 1_000 ? '' : cost.closed.toFixed(0)).padStart(10),
      (count < 10_000 ? '' : cost.resident.toFixed(0)).padStart(10),
    ];
    console.log(words.join(' '));
  }
}

function benchOctets(): void {
  const few = 2_000;
  const many = 20_000;
  octetsOfCallbacks(module, few);
  const each = octetsOfCallbacks(module, many).toFixed(0);
  const ends = (2 * many).toLocaleString('en');
  console.log(`\nJavaScript keeps ${each} octets for each of ${ends} ends with a callback`);
}

// Holders ------------------------------------------------------------------------

/** Octets of unread text that each holder has, and the share of connections that are holders. */
const HELD = [
  { octets: 64, share: 0.1 },
  { octets: 64, share: 0.5 },
  { octets: 6_000, share: 0.01 },
  { octets: 60_000, share: 0.5 },
] as const;

async function benchHolders(count: number): Promise<void> {
  console.log(`\n${count.toLocaleString('en')} connections, some with text that nobody reads`);
  console.log('unread text                        bystander ns  beside none   pages    blocks');
  for (const { octets, share } of HELD) {
    const cores = new TwoCores(module, limitsFor(count));
    const handles = shuffle(cores.open(count));
    const holders = Math.max(1, Math.floor(count * share));
    const bystanders = handles.subarray(holders);
    const trips = Math.max(LEAST_TRIPS, bystanders.length);
    tripsOn(cores, bystanders, trips);
    const often = () => median([1, 2, 3].map(() => tripsOn(cores, bystanders, trips)));
    await turn();
    const free = often();
    await turn();
    for (let i = 0; i < holders; i++) {
      cores.fill(handles[i]!, octets);
      if (i % 64 === 0) cores.pass(0.01);
    }
    const { packets } = cores;
    await turn();
    const held = often();
    await turn();
    const isWhole = cores.packets - packets >= 6 * trips;
    const words = [
      `${(100 * share).toFixed(0)} % hold ${octets.toLocaleString('en')} octets`.padEnd(34),
      held.toFixed(0).padStart(12),
      `${(held / free).toFixed(2)} x`.padStart(12),
      cores.server.used(5).toLocaleString('en').padStart(8),
      cores.server.used(10).toLocaleString('en').padStart(9),
      isWhole ? '' : '  bystanders went without an answer',
    ];
    console.log(words.join(' '));
  }
}

// Ports --------------------------------------------------------------------------

/** Microseconds of so many calls: the median and the longest. */
function callTimes(call: (i: number) => void, calls: number): { half: string; most: string } {
  const times = Array.from({ length: calls }, (_, i) => {
    const begun = performance.now();
    call(i);
    return (performance.now() - begun) * 1e3;
  });
  return { half: median(times).toFixed(1), most: Math.max(...times).toFixed(1) };
}

function benchPorts(): void {
  const ports = 28_232;
  const cores = new TwoCores(module, limitsFor(ports + 1_000));
  const handles: number[] = [];
  const connect = () => {
    const handle = cores.connect(0);
    if (handle > 0) handles.push(handle);
    return handle;
  };
  console.log(`\nconnect() to one socket, of whose ${ports.toLocaleString('en')} ports are free`);
  const row = (what: string, { half, most }: { half: string; most: string }) =>
    console.log(`  ${what.padEnd(12)} ${half.padStart(8)} µs  at most ${most.padStart(8)}`);
  row('all', callTimes(connect, 200));
  while (handles.length < ports - 100) connect();
  row('100 to 1', callTimes(connect, 100));
  const refused = callTimes(() => {
    if (connect() !== -Result.NO_PORT_AVAILABLE) throw new Error('there was a port');
  }, 200);
  row('none', refused);
  shuffleNumbers(handles);
  const last = callTimes((i) => {
    cores.client.abort(handles[i]!);
    cores.client.release(handles[i]!);
    if (connect() <= 0) throw new Error('there was no port');
  }, 200);
  row('one', last);
}

function shuffleNumbers(numbers: number[]): void {
  numbers.splice(0, numbers.length, ...shuffle(Uint32Array.from(numbers)));
}

// The whole ----------------------------------------------------------------------

const { values, positionals } = parseArgs({
  options: {
    connections: { type: 'string', default: '1,1000,10000,100000,1000000' },
    minutes: { type: 'string', default: '0.2' },
  },
  allowPositionals: true,
});
/** Octets that two cores want for a connection of each, its flight and blocks included. */
const OCTETS_EACH = 2 * 3_000;
const fitting = Math.floor(freemem() / OCTETS_EACH);
const counts = values.connections.split(',').map((count) => Math.min(Number(count), fitting));

const PARTS: Record<string, () => void | Promise<void>> = {
  trips: () => benchTrips(counts),
  octets: benchOctets,
  holders: () => benchHolders(Math.max(...counts)),
  ports: benchPorts,
  closing: () => closeAtFullSpeed(module, Number(values.minutes)),
};
const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
stayOn(0);
const [load = 0] = loadavg();
const machine = `${cpus().length} × ${cpus()[0]?.model}`;
console.log(`Node ${process.version}, ${machine}, load ${load.toFixed(1)}`);
console.log(`${(freemem() / MEBI).toFixed(0)} MiB of memory free`);
for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
  await PARTS[name]!();
  await turn();
}
