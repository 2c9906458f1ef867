/**
 * Which connection of a host is meant when none is named: the one that had an event last.
 */
import type { Recording } from '../../sim/recording.ts';

/** Events that are looked back at; a connection silent for longer is found by its number. */
const LOOK_BACK = 500;

/** The connection to show for each host that has any. */
export function focusOf(
  recording: Recording,
  cursor: number,
  chosen: ReadonlyMap<string, number>,
): Map<string, number> {
  const found = new Map<string, number>();
  const { events, connections, hosts } = recording;
  for (const [host, connection] of chosen) {
    const row = connections[connection];
    if (row !== undefined && row.host === host && row.since <= cursor) found.set(host, connection);
  }
  const stacks = hosts.filter(({ kind }) => kind === 'stack').length;
  for (let i = cursor; i >= 0 && i > cursor - LOOK_BACK && found.size < stacks; i--) {
    const connection = events.connection.at(i);
    if (connection < 0 || connections[connection]?.kind !== 'connection') continue;
    const { host } = connections[connection];
    if (!found.has(host)) found.set(host, connection);
  }
  for (const { id, kind } of hosts) {
    if (kind !== 'stack' || found.has(id)) continue;
    const own = connections.filter(({ host, since }) => host === id && since <= cursor);
    const row = own.findLast((one) => one.kind === 'connection') ?? own.at(-1);
    if (row !== undefined) found.set(id, row.id);
  }
  return found;
}
