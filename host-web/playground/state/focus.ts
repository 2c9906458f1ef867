/**
 * Which connection of a host is meant when none is named: of the first host the one that had an
 * event last, or the one the cursor's event is of; of the others the one with the same sockets, or
 * else the listener it would come to, or else their own last one.
 */
import { State } from '../../abi.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import type { ConnectionRow } from '../../sim/timeline/rows.ts';

/** Events that are looked back at; a connection silent for longer is found by its number. */
const LOOK_BACK = 500;

/** The connection to show for each host that has any. */
export function focusOf(
  timeline: Timeline,
  cursor: number,
  chosen: ReadonlyMap<string, number>,
): Map<string, number> {
  const found = new Map<string, number>();
  let first = pairedAt(timeline, cursor);
  for (const { id, kind } of timeline.hosts) {
    if (kind !== 'stack') continue;
    const row =
      chosenOf(timeline, cursor, id, chosen) ??
      (first?.host === id ? first : counterpart(timeline, cursor, id, first)) ??
      latest(timeline, cursor, id);
    if (row === undefined) continue;
    first ??= row.kind === 'connection' ? row : undefined;
    found.set(id, row.id);
  }
  return found;
}

/** The state a host stands in at a cursor: that of its connection in focus, CLOSED without any. */
export function standsIn(
  timeline: Timeline,
  cursor: number,
  focus: ReadonlyMap<string, number>,
  host: string,
): State {
  const connection = focus.get(host);
  if (connection === undefined) return State.CLOSED;
  return timeline.valueAt(connection, 'state', cursor) ?? State.CLOSED;
}

/** The connection of the cursor's event, if another host has its other end. */
function pairedAt(timeline: Timeline, cursor: number): ConnectionRow | undefined {
  if (cursor < 0 || cursor >= timeline.eventCount) return undefined;
  const row = timeline.connections[timeline.events.connection.at(cursor)];
  if (row?.kind !== 'connection') return undefined;
  return timeline.hosts.some(({ id }) => otherEnd(timeline, cursor, id, row) !== undefined)
    ? row
    : undefined;
}

function chosenOf(
  timeline: Timeline,
  cursor: number,
  host: string,
  chosen: ReadonlyMap<string, number>,
): ConnectionRow | undefined {
  const row = timeline.connections[chosen.get(host) ?? -1];
  return row !== undefined && row.since <= cursor ? row : undefined;
}

/** The other end of a connection; where the host holds nothing for it, its listener there. */
function counterpart(
  timeline: Timeline,
  cursor: number,
  host: string,
  other: ConnectionRow | undefined,
): ConnectionRow | undefined {
  if (other === undefined) return undefined;
  return (
    otherEnd(timeline, cursor, host, other) ??
    timeline.connections.findLast(
      (row) =>
        row.host === host &&
        row.kind === 'listener' &&
        row.since <= cursor &&
        row.localPort === other.remotePort,
    )
  );
}

/** The connection with the same sockets the other way round, unless it had ended before. */
function otherEnd(
  timeline: Timeline,
  cursor: number,
  host: string,
  other: ConnectionRow,
): ConnectionRow | undefined {
  return timeline.connections.findLast(
    (row) =>
      row.host === host &&
      row.since <= cursor &&
      row.localPort === other.remotePort &&
      row.remotePort === other.localPort &&
      row.remoteAddress === other.localAddress &&
      !hadEnded(timeline, row, other),
  );
}

/** Whether a connection was CLOSED before another began. */
function hadEnded(timeline: Timeline, row: ConnectionRow, other: ConnectionRow): boolean {
  const isOlder = row.since < other.since;
  return isOlder && timeline.valueAt(row.id, 'state', other.since) === State.CLOSED;
}

function latest(timeline: Timeline, cursor: number, host: string): ConnectionRow | undefined {
  const { events, connections } = timeline;
  for (let i = cursor; i >= 0 && i > cursor - LOOK_BACK; i--) {
    const row = connections[events.connection.at(i)];
    if (row?.host === host && row.kind === 'connection') return row;
  }
  const own = connections.filter((row) => row.host === host && row.since <= cursor);
  return own.findLast(({ kind }) => kind === 'connection') ?? own.at(-1);
}
