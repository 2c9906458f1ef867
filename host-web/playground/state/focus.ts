/**
 * Which connection of a host is meant when none is named: of the first host the one that had an
 * event last; of the others the one with the same sockets, or else their own last one.
 */
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
  let first: ConnectionRow | undefined;
  for (const { id, kind } of timeline.hosts) {
    if (kind !== 'stack') continue;
    const row =
      chosenOf(timeline, cursor, id, chosen) ??
      counterpart(timeline, cursor, id, first) ??
      latest(timeline, cursor, id);
    if (row === undefined) continue;
    first ??= row.kind === 'connection' ? row : undefined;
    found.set(id, row.id);
  }
  return found;
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

/** The other end of a connection: its sockets the other way round. */
function counterpart(
  { connections }: Timeline,
  cursor: number,
  host: string,
  other: ConnectionRow | undefined,
): ConnectionRow | undefined {
  if (other === undefined) return undefined;
  return connections.findLast(
    (row) =>
      row.host === host &&
      row.since <= cursor &&
      row.localPort === other.remotePort &&
      row.remotePort === other.localPort &&
      row.remoteAddress === other.localAddress,
  );
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
