/**
 * The timeline: everything a simulation showed, in the order it showed it. Nothing in it ever
 * changes once it is there; any drawing of it is a function of (timeline, cursor).
 *
 * **The cursor is an event's index.** "At cursor i" means: event i and all before it have happened.
 * What belongs together — a segment arrives, the state changes, an ACK goes out — has one `moment`
 * and several events; a simulation can be taken up again between moments, never within one.
 *
 * | table | a row is | read with |
 * |---|---|---|
 * | `hosts` | a stack, or a crafter, which only makes packets | plain objects |
 * | packets | one packet on one way; a duplicate is a row of its own (`copyOf`) | `packet(i)` |
 * | events | something that happened, with its reason | `event(i)`, `eventAt(ms)` |
 * | `connections` | one from first sight to CLOSED, in a queue, a TCB or TIME-WAIT | objects |
 * | series | a variable of a connection as it changed | `valueAt`, `seriesOf` |
 * | | a counter of a host as it changed | `counterAt` |
 *
 * Rows are made when asked for; for what is asked thousands of times a frame there are the columns
 * (`packets.sentAt.at(i)`). A worker sends `since(position)` and the web page calls `append`: both
 * have the same class. Not here: memory images, which stay with the simulator (`session.ts`).
 */
import { Reason, Result, State, Timer } from '../../abi.ts';
import { explain } from '../../errors.ts';
import { stateName } from '../../inspect.ts';
import { lettersOf } from '../../link/segment.ts';
import { Column } from './column.ts';
import {
  type Batch,
  type ConnectionRow,
  EVENT_COLUMNS,
  EVENT_KINDS,
  type EventColumns,
  type EventRow,
  FATES,
  HEAD,
  type HostRow,
  type NewEvent,
  type NewPacket,
  PACKET_COLUMNS,
  type PacketColumns,
  type PacketRow,
  type Position,
  type Series,
  START,
  table,
  type Variable,
  VARIABLES,
} from './rows.ts';

export * from './rows.ts';

/** Places of the variables in VARIABLES. */
const PLACES: ReadonlyMap<Variable, number> = new Map(VARIABLES.map((name, i) => [name, i]));
/** In a column, for "none". */
const NONE = -1;

export class Timeline {
  readonly hosts: readonly HostRow[];
  readonly packets: PacketColumns = table(PACKET_COLUMNS);
  readonly events: EventColumns = table(EVENT_COLUMNS);
  readonly connections: ConnectionRow[] = [];
  readonly #heads = new Column('u8', 4096);
  readonly #strings: string[] = [];
  readonly #stringIndex = new Map<string, number>();
  /** Every change of every series, in order: what `since` sends. */
  readonly #changes = table({ subject: 'i32', what: 'u32', event: 'u32', value: 'f64' });
  readonly #series = new Map<number, Map<number, Series>>();

  constructor(hosts: readonly HostRow[]) {
    this.hosts = hosts;
  }

  get packetCount(): number {
    return this.packets.sentAt.length;
  }

  get eventCount(): number {
    return this.events.at.length;
  }

  /** Time of the last event, milliseconds. */
  get duration(): number {
    return this.eventCount === 0 ? 0 : this.events.at.last;
  }

  // Writing -----------------------------------------------------------------------

  /** Appends a packet; answers its id. */
  addPacket(row: NewPacket): number {
    const { packets: p } = this;
    p.sentAt.push(row.sentAt);
    p.arrivesAt.push(row.arrivesAt);
    p.from.push(row.from);
    p.to.push(row.to);
    p.fate.push(row.fate);
    p.cause.push(this.#intern(row.cause));
    p.copyOf.push(row.copyOf);
    p.event.push(row.event);
    p.connection.push(row.connection);
    p.protocol.push(row.protocol);
    p.sourcePort.push(row.sourcePort);
    p.destinationPort.push(row.destinationPort);
    p.control.push(row.control);
    p.seq.push(row.seq);
    p.ack.push(row.ack);
    p.wnd.push(row.wnd);
    p.textLength.push(row.textLength);
    p.again.push(row.again);
    p.length.push(row.length);
    this.#heads.pushAll(row.head.subarray(0, HEAD), HEAD);
    return this.packetCount - 1;
  }

  /** Appends an event; answers its index. */
  addEvent(row: NewEvent): number {
    const { events: e } = this;
    e.at.push(row.at);
    e.moment.push(row.moment);
    e.host.push(row.host);
    e.kind.push(row.kind);
    e.packet.push(row.packet);
    e.connection.push(row.connection);
    e.reason.push(row.reason);
    e.text.push(this.#intern(row.text));
    e.a.push(row.a);
    e.b.push(row.b);
    e.c.push(row.c);
    e.d.push(row.d);
    return this.eventCount - 1;
  }

  /** Appends a connection; answers its id. */
  addConnection(row: Omit<ConnectionRow, 'id'>): number {
    this.connections.push({ id: this.connections.length, ...row });
    return this.connections.length - 1;
  }

  /**
   * A variable of a connection is this from the last event on; nothing is written when it was so
   * already.
   */
  change(connection: number, variable: Variable, value: number): void {
    this.#change(connection, PLACES.get(variable)!, this.eventCount - 1, value);
  }

  /** As `change`, for a counter (`Counter` in `abi.ts`) of a host by its place in `hosts`. */
  count(host: number, counter: number, value: number): void {
    this.#change(-1 - host, counter, this.eventCount - 1, value);
  }

  #change(subject: number, what: number, event: number, value: number): void {
    const series = this.#seriesFor(subject, what);
    if (series.values.length > 0 && series.values.last === value) return;
    series.events.push(Math.max(event, 0));
    series.values.push(value);
    this.#changes.subject.push(subject);
    this.#changes.what.push(what);
    this.#changes.event.push(Math.max(event, 0));
    this.#changes.value.push(value);
  }

  #seriesFor(subject: number, what: number): Series {
    let own = this.#series.get(subject);
    if (own === undefined) this.#series.set(subject, (own = new Map()));
    let series = own.get(what);
    if (series === undefined) {
      own.set(what, (series = { events: new Column('u32'), values: new Column('f64') }));
    }
    return series;
  }

  #intern(text: string): number {
    let index = this.#stringIndex.get(text);
    if (index === undefined) {
      index = this.#strings.push(text) - 1;
      this.#stringIndex.set(text, index);
    }
    return index;
  }

  // Copying -----------------------------------------------------------------------

  /** How much there is now. */
  get position(): Position {
    return {
      packets: this.packetCount,
      events: this.eventCount,
      connections: this.connections.length,
      strings: this.#strings.length,
      changes: this.#changes.event.length,
    };
  }

  /** Everything from a position on. */
  since(from: Position, to: Position = this.position): Batch {
    const cut = (columns: Readonly<Record<string, Column>>, begin: number, end: number) =>
      Object.fromEntries(
        Object.entries(columns).map(([name, column]) => [name, column.slice(begin, end)]),
      );
    return {
      packets: cut(this.packets, from.packets, to.packets),
      heads: this.#heads.slice(from.packets * HEAD, to.packets * HEAD) as Uint8Array,
      events: cut(this.events, from.events, to.events),
      connections: this.connections.slice(from.connections, to.connections),
      strings: this.#strings.slice(from.strings, to.strings),
      changes: cut(this.#changes, from.changes, to.changes),
    };
  }

  /** Appends what another timeline had from exactly this one's position on. */
  append(batch: Batch): void {
    for (const text of batch.strings) this.#intern(text);
    for (const [name, numbers] of Object.entries(batch.packets)) {
      this.packets[name as keyof PacketColumns].pushAll(numbers);
    }
    this.#heads.pushAll(batch.heads);
    for (const [name, numbers] of Object.entries(batch.events)) {
      this.events[name as keyof EventColumns].pushAll(numbers);
    }
    this.connections.push(...batch.connections);
    const { subject, what, event, value } = batch.changes as Record<string, ArrayLike<number>>;
    for (let i = 0; i < event!.length; i++) {
      this.#change(subject![i]!, what![i]!, event![i]!, value![i]!);
    }
  }

  /** A new timeline with everything up to a position: where a branch begins. */
  branch(to: Position): Timeline {
    const copy = new Timeline(this.hosts);
    copy.append(this.since(START, to));
    return copy;
  }

  // Reading -----------------------------------------------------------------------

  packet(id: number): PacketRow {
    const { packets: p } = this;
    const flags = lettersOf(p.control.at(id)) || 'none';
    const to = p.to.at(id);
    const arrivesAt = p.arrivesAt.at(id);
    const orNull = (value: number) => (value === NONE ? null : value);
    return {
      id,
      from: this.hosts[p.from.at(id)]!.id,
      to: this.hosts[to]?.id ?? null,
      sentAt: p.sentAt.at(id),
      arrivesAt: arrivesAt === Number.POSITIVE_INFINITY ? null : arrivesAt,
      fate: FATES[p.fate.at(id)]!,
      cause: this.#strings[p.cause.at(id)]!,
      copyOf: orNull(p.copyOf.at(id)),
      event: p.event.at(id),
      connection: orNull(p.connection.at(id)),
      protocol: p.protocol.at(id),
      sourcePort: p.sourcePort.at(id),
      destinationPort: p.destinationPort.at(id),
      control: p.control.at(id),
      flags,
      seq: p.seq.at(id),
      ack: p.ack.at(id),
      wnd: p.wnd.at(id),
      textLength: p.textLength.at(id),
      isRetransmission: p.again.at(id) === 1,
      notation: this.notation(id),
      length: p.length.at(id),
      head: this.#heads.slice(id * HEAD, id * HEAD + Math.min(p.length.at(id), HEAD)) as Uint8Array,
    };
  }

  /** A packet on one line: `[P.] seq 1:1461 ack 1 win 65535`. */
  notation(id: number): string {
    const { packets: p } = this;
    if (p.protocol.at(id) !== 6) return `protocol ${p.protocol.at(id)}`;
    const control = p.control.at(id);
    const [seq, length] = [p.seq.at(id), p.textLength.at(id)];
    const range = length > 0 ? `${seq}:${seq + length}` : `${seq}`;
    const ack = control & 16 ? ` ack ${p.ack.at(id)}` : '';
    return `[${lettersOf(control) || 'none'}] seq ${range}${ack} win ${p.wnd.at(id)}`;
  }

  event(index: number): EventRow {
    const { events: e } = this;
    const reason = e.reason.at(index) as Reason;
    const { sentence, rfc } = explain(Result.OK, reason);
    const orNull = (value: number) => (value === NONE ? null : value);
    return {
      index,
      at: e.at.at(index),
      moment: e.moment.at(index),
      host: this.hosts[e.host.at(index)]!.id,
      kind: EVENT_KINDS[e.kind.at(index)]!,
      packet: orNull(e.packet.at(index)),
      connection: orNull(e.connection.at(index)),
      reason,
      text: this.#textOf(index),
      why: sentence,
      rfc,
      numbers: [e.a.at(index), e.b.at(index), e.c.at(index), e.d.at(index)],
    };
  }

  #textOf(index: number): string {
    const { events: e } = this;
    const said = this.#strings[e.text.at(index)]!;
    if (said !== '') return said;
    const [a, b, c] = [e.a.at(index), e.b.at(index), e.c.at(index)];
    const packet = e.packet.at(index);
    switch (EVENT_KINDS[e.kind.at(index)]!) {
      case 'send':
      case 'receive':
        return this.notation(packet);
      case 'loss':
        return `lost: ${this.#strings[this.packets.cause.at(packet)]!}`;
      case 'state':
        return `${stateName(a as State)} → ${stateName(b as State)}`;
      case 'timer':
        return `timer ${(Timer[a] ?? '').replaceAll('_', ' ').toLowerCase()} ran out`;
      case 'reason':
        return `cwnd ${a} ssthresh ${b} in flight ${c}`;
      case 'deliver':
        return `${a} octets read${b > 0 ? `, ${b} of them strange` : ''}`;
      default:
        return 'dropped';
    }
  }

  /** The last event at or before a time, -1 before the first. */
  eventAt(ms: number): number {
    return this.events.at.countUpTo(ms) - 1;
  }

  /** How a variable of a connection changed; undefined when it never had a value. */
  seriesOf(connection: number, variable: Variable): Series | undefined {
    return this.#series.get(connection)?.get(PLACES.get(variable)!);
  }

  /** A variable of a connection at a cursor; undefined before it had a value. */
  valueAt(connection: number, variable: Variable, cursor: number): number | undefined {
    return valueIn(this.seriesOf(connection, variable), cursor);
  }

  /** The connections a host has at a cursor: those not CLOSED, by id. */
  connectionsAt(host: string, cursor: number): ConnectionRow[] {
    return this.connections.filter(
      (row) => row.host === host && (this.valueAt(row.id, 'state', cursor) ?? 0) !== State.CLOSED,
    );
  }

  /** A counter of a host (`Counter` in `abi.ts`, names as `nstat`'s) at a cursor. */
  counterAt(host: string, counter: number, cursor: number): number {
    const place = this.hosts.findIndex(({ id }) => id === host);
    return valueIn(this.#series.get(-1 - place)?.get(counter), cursor) ?? 0;
  }

  /** Counters of a host that have ever counted. */
  countersOf(host: string): number[] {
    const place = this.hosts.findIndex(({ id }) => id === host);
    return [...(this.#series.get(-1 - place)?.keys() ?? [])].sort((a, b) => a - b);
  }
}

function valueIn(series: Series | undefined, cursor: number): number | undefined {
  if (series === undefined) return undefined;
  const count = series.events.countUpTo(cursor);
  return count === 0 ? undefined : series.values.at(count - 1);
}
