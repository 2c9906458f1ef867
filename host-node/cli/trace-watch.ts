/**
 * The trace of a running stack, as it is handed over: a line of JSON for each event, with the
 * connection it belongs to, or a number, of events that were lost before.
 *
 * The ring is the core's own and overwrites its oldest; it is on while somebody looks. An event has
 * a handle, which is gone when its connection is, and none while that waits in the SYN queue or in
 * TIME-WAIT: those are told by their sequence numbers.
 */
import { Result, State, TraceKind } from '../../host-web/abi.ts';
import { formatEndpoint, parseAddress } from '../../host-web/address.ts';
import type { Stack } from '../../host-web/index.ts';
import { eachSocket, readStatus, type TcpInfo } from '../../host-web/inspect.ts';
import { isRepeated, isSegment } from '../../host-web/sim/ladder.ts';
import type { TraceEvent } from '../../host-web/trace.ts';
import type { Predicate } from './expression.ts';
import { type Addressed, readPacketFilter } from './packet-filter.ts';
import type { Watch } from './watch.ts';

/** An event on its way to who looks. */
export interface Traced {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Both ends, `10.9.0.2:80 10.9.0.1:40512`; empty where no connection is known. */
  readonly name: string;
  readonly iss: number;
  readonly irs: number;
  readonly event: TraceEvent;
}

/** What is known of a connection. */
interface Known {
  readonly name: string;
  readonly iss: number;
  readonly irs: number;
  readonly isWanted: boolean;
}

const UNKNOWN = { name: '', iss: 0, irs: 0 };
/** Connections that are remembered for what is still told of them after their end. */
const MOST_KNOWN = 4096;
/** Records looked through for those without a handle, and how often, milliseconds. */
const MOST_RECORDS = 1024;
const RECORDS_PERIOD = 100;

/** How many look at a stack. */
const lookers = new WeakMap<Stack, number>();

export class TraceWatch implements Watch {
  readonly #stack: Stack;
  readonly #reader: ReturnType<Stack['trace']>;
  readonly #matches: Predicate<Addressed>;
  readonly #isAll: boolean;
  readonly #epoch: number;
  readonly #byHandle = new Map<number, Known>();
  readonly #byName = new Map<string, Known>();
  /** By sequence numbers that its segments have. */
  readonly #byNumber = new Map<number, Known>();
  #missed = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The connection of the last segment: a change of state without a handle follows its own. */
  #last: Known | undefined;
  #segment: TraceEvent | undefined;

  /** @throws UsageError when the filter is none */
  constructor(stack: Stack, filter: string) {
    this.#matches = readPacketFilter(filter);
    this.#isAll = filter === '';
    this.#stack = stack;
    this.#epoch = Date.now() - stack.clock.now();
    this.#reader = stack.trace();
    lookers.set(stack, (lookers.get(stack) ?? 0) + 1);
  }

  read(): string {
    const events = this.#reader.read();
    const missed = this.#reader.missed - this.#missed;
    this.#missed += missed;
    const lines: string[] = missed > 0 ? [`${missed}\n`] : [];
    this.#name(events);
    for (const event of events) {
      const known = this.#knownOf(event);
      if (isSegment(event)) {
        const before = this.#segment;
        [this.#segment, this.#last] = [event, known];
        if (isRepeated(event, before)) continue;
      }
      if (!this.#isAll && known?.isWanted !== true) continue;
      const { name, iss, irs } = known ?? UNKNOWN;
      const { at, handle, kind, state, reason, a, b, c, d } = event;
      const time = this.#epoch + at / 1000;
      lines.push(
        `${JSON.stringify([time, name, iss, irs, handle, kind, state, reason, a, b, c, d])}\n`,
      );
    }
    return lines.join('');
  }

  close(): void {
    const left = lookers.get(this.#stack)! - 1;
    lookers.set(this.#stack, left);
    if (left === 0 && !this.#stack.isClosed) this.#stack.set('trace', 0);
  }

  /** Learns whose events these are. */
  #name(events: readonly TraceEvent[]): void {
    const { core } = this.#stack;
    if (this.#byHandle.size > MOST_KNOWN) this.#byHandle.clear();
    if (this.#byName.size > MOST_KNOWN) this.#byName.clear();
    if (this.#byNumber.size > 8 * MOST_KNOWN) this.#byNumber.clear();
    for (const handle of new Set(events.map((event) => event.handle))) {
      if (handle === 0 || core.status(handle) !== Result.OK) continue;
      const socket = readStatus(core);
      if (socket.remoteAddress !== '') this.#byHandle.set(handle, this.#learn(socket));
    }
    const isStrange = (event: TraceEvent) =>
      event.handle === 0 && isSegment(event) && this.#byItsNumbers(event) === undefined;
    const now = performance.now();
    if (now - this.#lookedAt < RECORDS_PERIOD || !events.some(isStrange)) return;
    this.#lookedAt = now;
    let records = 0;
    for (const socket of eachSocket(core)) {
      if (records++ === MOST_RECORDS) break;
      if (socket.handle === 0) this.#learn(socket);
    }
  }

  #learn(socket: TcpInfo): Known {
    const { localAddress, localPort, remoteAddress, remotePort, iss, irs } = socket;
    const { snd_nxt, rcv_nxt } = socket;
    const here = formatEndpoint(localAddress, localPort);
    const name = `${here} ${formatEndpoint(remoteAddress, remotePort)}`;
    // A record in TIME-WAIT does not know its first numbers any more.
    const before = iss === 0 && irs === 0 ? this.#byName.get(name) : undefined;
    const isWanted = this.#isAll || this.#matches(addressed(socket));
    const known = before ?? { name, iss, irs, isWanted };
    this.#byName.set(name, known);
    // A number behind is what acknowledges the SYN or the FIN, one before is the FIN's own.
    for (const number of [iss, irs]) {
      if (number !== 0) this.#byNumber.set(number, known).set((number + 1) >>> 0, known);
    }
    for (const number of [snd_nxt, rcv_nxt]) {
      if (number !== 0) this.#byNumber.set(number, known).set((number - 1) >>> 0, known);
    }
    return known;
  }

  #knownOf(event: TraceEvent): Known | undefined {
    if (event.handle !== 0 && event.state !== State.LISTEN) {
      const known = this.#byHandle.get(event.handle);
      if (known !== undefined) return known;
    }
    if (isSegment(event)) return this.#byItsNumbers(event);
    return event.kind === TraceKind.STATE ? this.#last : undefined;
  }

  #byItsNumbers({ a }: TraceEvent): Known | undefined {
    return this.#byNumber.get(a);
  }
}

/** A connection as a filter looks at it: what it receives and what it sends are its packets. */
function addressed(socket: TcpInfo): Addressed {
  const source = parseAddress(socket.localAddress)!;
  return {
    family: source.length === 4 ? 4 : 6,
    source,
    destination: parseAddress(socket.remoteAddress)!,
    sourcePort: socket.localPort,
    destinationPort: socket.remotePort,
  };
}

/** Reads a line that `read` has written: an event, or how many were lost. @throws TypeError */
export function readTraced(line: string): Traced | number {
  const read: unknown = JSON.parse(line);
  if (typeof read === 'number') return read;
  if (!Array.isArray(read)) throw new TypeError('no event');
  const [at, name, ...numbers] = read as [number, string, ...number[]];
  const [iss, irs, handle, kind, state, reason, a, b, c, d] = numbers;
  if (![at, iss, irs, handle, kind, state, reason, a, b, c, d].every(Number.isFinite)) {
    throw new TypeError('no event');
  }
  const event = { at: 1000 * at, handle, kind, state, reason, a, b, c, d } as TraceEvent;
  return { at, name: String(name), iss: iss!, irs: irs!, event };
}
