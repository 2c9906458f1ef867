/**
 * The transmission control blocks of both ends, side by side: every variable by its RFC name, what
 * it was before this moment where it changed, and what changed it.
 */
import type { JSX } from 'preact';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { VARIABLES } from '../../sim/timeline/rows.ts';
import { because, happening } from '../parts/event-words.ts';
import { firstOfMoment } from '../state/moments.ts';
import { branch, chosenConnections, glance, focus, version } from '../state/store.ts';
import { type Reading, readVariable } from './read-variable.ts';

/** Variables that other panels show. */
const ELSEWHERE = new Set(['kept in', 'SYN queue', 'accept queue', 'backlog', 'timer at']);
const SHOWN = VARIABLES.filter((name) => !ELSEWHERE.has(name));
const HOSTS = ['A', 'B'] as const;

export function Variables(): JSX.Element {
  version.value;
  const { timeline } = branch.value ?? {};
  if (timeline === undefined) return <p class="empty">Nothing has run yet.</p>;
  const rows = SHOWN.map((name) => ({
    name,
    cells: HOSTS.map((host) => reading(timeline, host, name)),
  })).filter(({ cells }) => cells.some((cell) => cell !== undefined));
  return (
    <div class="variables">
      <Cause timeline={timeline} />
      <table>
        <caption class="unseen">Variables of the connection of each host at the cursor</caption>
        <thead>
          <tr>
            <th scope="col">Variable</th>
            {HOSTS.map((host) => (
              <th key={host} scope="col">
                <ConnectionChoice timeline={timeline} host={host} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, cells }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {cells.map((cell, i) => (
                <td key={HOSTS[i]} class={cell?.before === undefined ? '' : 'changed'}>
                  {cell?.text ?? ''}
                  {cell?.before === undefined ? null : <span class="was"> was {cell.before}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 ? <p class="empty">Neither host has a connection here.</p> : null}
    </div>
  );
}

function reading(timeline: Timeline, host: string, name: (typeof VARIABLES)[number]) {
  const connection = focus.value.get(host);
  if (connection === undefined) return undefined;
  return readVariable(timeline, connection, name, glance.value) satisfies Reading | undefined;
}

/** What happened in this moment, with the reasons of whatever is marked below. */
function Cause({ timeline }: { timeline: Timeline }): JSX.Element | null {
  const at = glance.value;
  if (at < 0 || at >= timeline.eventCount) return null;
  const begin = firstOfMoment(timeline, at);
  const { events } = timeline;
  const host = timeline.hosts[events.host.at(begin)]!.id;
  const reasons = [];
  for (let i = begin + 1; i <= at; i++) {
    if (events.reason.at(i) !== 0) reasons.push(i);
  }
  return (
    <p class="about">
      What is marked changed when <span class={`host ${host}`}>{host}</span>{' '}
      {happening(timeline, begin)}.
      {reasons.map((i) => (
        <span key={i}>
          {' '}
          {happening(timeline, i)}: <span class="soft">{because(timeline, i)}</span>
        </span>
      ))}
    </p>
  );
}

/** Which connection of a host is shown; a choice where there are several. */
function ConnectionChoice({ timeline, host }: { timeline: Timeline; host: string }): JSX.Element {
  const rows = timeline.connections.filter((row) => row.host === host && row.since <= glance.value);
  const shown = focus.value.get(host);
  const name = ({ kind, localPort, remotePort }: (typeof rows)[number]) =>
    kind === 'listener' ? `:${localPort} listener` : `:${localPort} :${remotePort}`;
  const row = rows.find(({ id }) => id === shown);
  if (rows.length < 2 || row === undefined) {
    return (
      <>
        <span class={`host ${host}`}>{host}</span> {row === undefined ? '' : name(row)}
      </>
    );
  }
  const choose = (event: Event) => {
    const chosen = new Map(chosenConnections.value);
    chosen.set(host, Number((event.currentTarget as HTMLSelectElement).value));
    chosenConnections.value = chosen;
  };
  return (
    <label>
      <span class={`host ${host}`}>{host}</span>{' '}
      <select value={shown} onChange={choose} aria-label={`Connection of ${host}`}>
        {rows.slice(-40).map((one) => (
          <option key={one.id} value={one.id}>
            {name(one)}
          </option>
        ))}
      </select>
    </label>
  );
}
