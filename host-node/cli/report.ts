/**
 * What a running process tells of its stack: sockets, counters, what was dropped and why.
 *
 * As lines of JSON: the first has everything but the sockets, and the names of a socket's fields;
 * each further one has the values of one socket. A stack under load has hundreds of thousands of
 * them, so they are told a slice a turn, and packets have their turns in between. What is read may
 * come from another user's process: nothing of it reaches a terminal but printable characters, in
 * the shape that is expected.
 */
import { Reason, Result } from '../../host-web/abi.ts';
import { explain } from '../../host-web/errors.ts';
import { eachSocket, readDrops, type TcpInfo } from '../../host-web/inspect.ts';
import type { UdpInfo } from '../../host-web/inspect-udp.ts';
import type { Siblings } from '../tun.ts';
import { ask, type Running } from './control.ts';
import type { Device } from './device.ts';
import { socketTable } from './socket-table.ts';

/** Packets or segments dropped for one reason. */
export interface Drop {
  /** The reason's name, and its sentence. */
  readonly reason: string;
  readonly sentence: string;
  readonly count: number;
}

/** Everything but the sockets. */
export interface Summary {
  readonly addresses: readonly string[];
  readonly mtu: number;
  /** By the names of nstat; those that are not zero. */
  readonly counters: Readonly<Record<string, number>>;
  readonly drops: readonly Drop[];
  readonly link: { readonly received: number; readonly sent: number; readonly dropped: number };
  /** Packets that came by another thread's queue: asked about, taken by theirs, dropped unasked. */
  readonly siblings?: { readonly asked: number; readonly taken: number; readonly dropped: number };
  /** Threads all this is the sum of, where there are several. */
  readonly threads?: number;
  /** Sockets of UDP, where there are any: few, and told with the rest. */
  readonly datagrams?: readonly (UdpInfo & { readonly thread?: number })[];
}

/** A socket, and where there are several threads, whose it is. */
export type Told = TcpInfo & { readonly thread?: number; readonly protocol?: 'udp' };

export interface Report extends Summary {
  readonly sockets: readonly Told[];
}

/** Sockets of UDP that are told. */
const MOST_DATAGRAMS = 1024;
/** Sockets told in one turn: some milliseconds of work. Fewer would take long where turns do. */
const SLICE = 1024;

/** What is asked of a device, or of what is in its place. */
export interface Seen extends Pick<Device, 'stack'> {
  readonly link: Summary['link'];
  readonly sides: readonly { readonly address: string; readonly prefix: number }[];
  readonly tun: { readonly mtu: number; readonly siblings?: Siblings | undefined };
  /** A socket as it is to be told; undefined for one that is not. */
  shown?(socket: TcpInfo): TcpInfo | undefined;
}

/** Tells what is true now. */
export function summaryOf({ stack, link, sides, tun }: Seen): Summary {
  const all = stack.counters();
  const counters = Object.fromEntries(
    Object.entries(all)
      .filter(([, count]) => count !== 0n)
      .map(([name, count]) => [name, Number(count)]),
  );
  const drops = Object.entries(readDrops(stack.core)).map(([reason, count]) => ({
    reason,
    sentence: explain(Result.OK, Reason[reason as keyof typeof Reason]).sentence,
    count: Number(count),
  }));
  const { siblings } = tun;
  const datagrams = stack.udpSockets().slice(0, MOST_DATAGRAMS);
  return {
    addresses: sides.map(({ address, prefix }) => `${address}/${prefix}`),
    mtu: tun.mtu,
    counters,
    drops,
    link: { received: link.received, sent: link.sent, dropped: link.dropped },
    ...(datagrams.length > 0 && { datagrams }),
    ...(siblings && {
      siblings: { asked: siblings.asked, taken: siblings.taken, dropped: siblings.dropped },
    }),
  };
}

/** Pools of the core whose records are sockets. */
const SOCKET_POOLS = { CONNECTIONS: 0, CHILDREN: 1, TIME_WAITS: 2 } as const;

/** The first sockets, at most so many, and how many there are. */
export function firstOf(
  { stack }: Pick<Device, 'stack'>,
  most: number,
): { first: TcpInfo[]; held: number } {
  stack.refresh();
  stack.wake();
  const first: TcpInfo[] = [];
  for (const socket of eachSocket(stack.core)) {
    if (first.push(socket) === most) break;
  }
  if (first.length < most) return { first, held: first.length };
  const { CONNECTIONS, CHILDREN, TIME_WAITS } = SOCKET_POOLS;
  const { core } = stack;
  const held = core.used(CONNECTIONS) + core.used(CHILDREN) + core.used(TIME_WAITS);
  return { first, held };
}

/**
 * The table of the first sockets, and how many more there are. What it costs does not grow with
 * what the stacks hold.
 */
export function firstSockets(
  device: Device,
  most: number,
  info: boolean,
  others: readonly ReturnType<typeof firstOf>[] = [],
): string {
  const all = [firstOf(device, most), ...others];
  const table = socketTable(all.flatMap(({ first }) => first).slice(0, most), { info });
  const held = all.reduce((sum, one) => sum + one.held, 0);
  return held > most ? `${table}\n… and ${held - most} more: netcell ss` : table;
}

function* socketsOf({ stack, shown = (socket) => socket }: Seen): Generator<TcpInfo, void> {
  for (const socket of eachSocket(stack.core)) {
    const told = shown(socket);
    if (told !== undefined) yield told;
  }
}

/** The report as it is sent, a slice at a time. */
export async function* reportLines(device: Seen): AsyncGenerator<string, void> {
  const { stack } = device;
  const sockets = socketsOf(device);
  stack.refresh();
  let next = sockets.next();
  const fields = next.done ? [] : Object.keys(next.value);
  yield `${JSON.stringify({ ...summaryOf(device), fields })}\n`;
  while (!next.done) {
    const lines: string[] = [];
    for (; !next.done && lines.length < SLICE; next = sockets.next()) {
      lines.push(JSON.stringify(Object.values(next.value)));
    }
    yield `${lines.join('\n')}\n`;
    stack.wake();
    await new Promise((resolve) => setImmediate(resolve));
    stack.refresh();
  }
  stack.wake();
}

// Several threads ----------------------------------------------------------------

/** The sum of what several threads tell, of which the first has the device. */
export function sumOf(all: readonly Summary[]): Summary {
  const counters: Record<string, number> = {};
  const drops = new Map<string, Drop>();
  for (const one of all) {
    for (const [name, count] of Object.entries(one.counters)) {
      counters[name] = (counters[name] ?? 0) + count;
    }
    for (const drop of one.drops) {
      const count = drop.count + (drops.get(drop.reason)?.count ?? 0);
      drops.set(drop.reason, { ...drop, count });
    }
  }
  const add = <Name extends string>(
    name: Name,
    of: (one: Summary) => Readonly<Record<Name, number>> | undefined,
  ) => all.reduce((sum, one) => sum + (of(one)?.[name] ?? 0), 0);
  const link = ({ link: of }: Summary) => of;
  const siblings = ({ siblings: of }: Summary) => of;
  const datagrams = all.flatMap((one, thread) => {
    return (one.datagrams ?? []).map((socket) => ({ ...socket, thread }));
  });
  return {
    ...all[0]!,
    counters,
    drops: [...drops.values()],
    link: {
      received: add('received', link),
      sent: add('sent', link),
      dropped: add('dropped', link),
    },
    siblings: {
      asked: add('asked', siblings),
      taken: add('taken', siblings),
      dropped: add('dropped', siblings),
    },
    threads: all.length,
    ...(datagrams.length > 0 && { datagrams }),
  };
}

/** The reports of several threads as one; their sockets have the number of their thread. */
export async function* joinedLines(
  reports: readonly { readonly thread: number; readonly lines: AsyncIterable<string> }[],
): AsyncGenerator<string, void> {
  const heads: (Summary & { fields: string[] })[] = [];
  const rests: { thread: number; rest: AsyncIterator<string> }[] = [];
  try {
    for (const { thread, lines } of reports) {
      const rest = lines[Symbol.asyncIterator]();
      const { done, value } = await rest.next();
      if (done) continue;
      heads.push(JSON.parse(value));
      rests.push({ thread, rest });
    }
    const fields = heads.map((head) => head.fields).find((names) => names.length > 0) ?? [];
    yield `${JSON.stringify({ ...sumOf(heads), fields: [...fields, 'thread'] })}\n`;
    for (const { thread, rest } of rests) {
      for (let next = await rest.next(); !next.done; next = await rest.next()) {
        // Each line is an array of a socket's values.
        yield next.value.replaceAll(']\n', `,${thread}]\n`);
      }
    }
  } finally {
    for (const { rest } of rests) await rest.return?.();
  }
}

// Reading ------------------------------------------------------------------------

/** What the table can not do without, and what it is when another version does not tell it. */
const NEEDED = {
  state: 'CLOSED',
  handle: 0,
  localAddress: '',
  localPort: 0,
  remoteAddress: '',
  remotePort: 0,
  receiveQueue: 0,
  sendQueue: 0,
  timer: '',
  timerMs: 0,
  retransmits: 0,
  synQueue: 0,
} as const;

/** Reads a report line by line; keeps the sockets that are wanted. */
export class ReportReader {
  readonly #isWanted: (socket: TcpInfo) => boolean;
  readonly #sockets = new Map<string, TcpInfo>();
  #summary: Summary | undefined;
  #fields: readonly string[] = [];

  constructor(isWanted: (socket: TcpInfo) => boolean) {
    this.#isWanted = isWanted;
  }

  /** @throws Error when the line is not one of a report */
  take(line: string): void {
    const read: unknown = JSON.parse(line);
    if (this.#summary === undefined) {
      const { fields, ...summary } = read as Summary & { fields: string[] };
      if (!Array.isArray(fields)) throw new TypeError('no fields');
      this.#summary = summary;
      this.#fields = fields.map(String);
    } else {
      const socket = socketOf(this.#fields, read as unknown[]);
      if (this.#isWanted(socket)) this.#sockets.set(keyOf(socket), socket);
    }
  }

  /** What has been read. @throws Error when that was nothing */
  end(): Report {
    if (this.#summary === undefined) throw new TypeError('no summary');
    return { ...this.#summary, sockets: [...this.#sockets.values()] };
  }
}

/**
 * Asks a running process for its report, or what of it is wanted; undefined when it is not there
 * any more.
 *
 * @throws Failure when it may not be asked, says nothing, or what is no report
 */
export async function reportOf(
  running: Running,
  isWanted: (socket: TcpInfo) => boolean = () => true,
): Promise<Report | undefined> {
  const reader = new ReportReader(isWanted);
  const isThere = await ask(running, (line) => reader.take(line));
  return isThere ? reader.end() : undefined;
}

/** Sockets of UDP as rows beside TCP's, where the report has any. @throws TypeError */
export function datagramsOf({ datagrams = [] }: Summary): Told[] {
  return datagrams.map((socket) => {
    const { state, rcvbuf, sndbuf, thread = 0, ...known } = socket;
    const isConnected = state === 'ESTAB';
    const row = {
      ...known,
      state: isConnected ? 'ESTABLISHED' : 'CLOSED',
      rcvbuf: Number(rcvbuf),
      sndbuf: Number(sndbuf),
      thread: Number(thread),
      protocol: 'udp',
    };
    return socketOf(Object.keys(row), Object.values(row));
  });
}

function socketOf(fields: readonly string[], values: readonly unknown[]): TcpInfo {
  const told = Object.fromEntries(fields.map((field, i) => [field, values[i]]));
  const socket: Record<string, unknown> = { ...NEEDED, ...told };
  for (const [field, value] of Object.entries(socket)) {
    const model = NEEDED[field as keyof typeof NEEDED] ?? value;
    if (field === 'timer' && value === null) continue;
    const isPrintable = typeof value !== 'string' || /^[ -~]*$/.test(value);
    if (typeof value !== typeof model || Object(value) === value || !isPrintable) {
      throw new TypeError(field);
    }
  }
  return socket as unknown as TcpInfo;
}

/** What makes a socket another than the one before. */
function keyOf(socket: Told): string {
  const { state, handle, localAddress, localPort, remoteAddress, remotePort, thread = 0 } = socket;
  const which = state === 'LISTEN' ? `${handle} ${thread}` : `${remoteAddress} ${remotePort}`;
  return `${localAddress} ${localPort} ${which}`;
}
