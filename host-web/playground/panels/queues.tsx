/**
 * What a host has besides open connections: each listener's SYN queue and accept queue, and its
 * TIME-WAIT records.
 */
import type { JSX } from 'preact';
import { Counter, State } from '../../abi.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import type { ConnectionRow } from '../../sim/timeline/rows.ts';
import { branch, glance, version } from '../state/store.ts';
import { span } from '../parts/words.ts';

/** Values of `kept in`. */
const IN_SYN_QUEUE = 1;
const IN_ACCEPT_QUEUE = 2;
const IN_TIME_WAIT = 3;
/** Rows of a list before the rest is counted. */
const LISTED = 8;

const COUNTERS = [
  'TcpExtSyncookiesSent',
  'TcpExtSyncookiesRecv',
  'TcpExtSyncookiesFailed',
  'TcpExtListenOverflows',
  'TcpExtListenDrops',
  'TcpExtTCPReqQFullDrop',
  'TcpRetransSegs',
  'TcpOutRsts',
] as const satisfies readonly (keyof typeof Counter)[];

export function Queues(): JSX.Element {
  version.value;
  const { timeline } = branch.value ?? {};
  if (timeline === undefined) return <p class="empty">Nothing has run yet.</p>;
  const stacks = timeline.hosts.filter(({ kind }) => kind === 'stack');
  return (
    <div class="halves">
      {stacks.map(({ id }) => (
        <HostQueues key={id} timeline={timeline} host={id} />
      ))}
    </div>
  );
}

function HostQueues({ timeline, host }: { timeline: Timeline; host: string }): JSX.Element {
  const at = glance.value;
  const rows = timeline.connectionsAt(host, at);
  const keptIn = (place: number) =>
    rows.filter(({ id }) => timeline.valueAt(id, 'kept in', at) === place);
  const isWaiting = ({ id }: ConnectionRow) =>
    timeline.valueAt(id, 'state', at) === State.TIME_WAIT;
  const timeWaits = rows.filter(
    (row) => isWaiting(row) || timeline.valueAt(row.id, 'kept in', at) === IN_TIME_WAIT,
  );
  const listeners = rows.filter(({ kind }) => kind === 'listener');
  return (
    <section>
      <h3>
        <span class={`host ${host}`}>{host}</span>
      </h3>
      {listeners.length === 0 ? <p class="soft">No listener.</p> : null}
      {listeners.map((listener) => (
        <Listener key={listener.id} timeline={timeline} listener={listener} />
      ))}
      <Records
        timeline={timeline}
        title="In the SYN queue"
        rows={keptIn(IN_SYN_QUEUE)}
        timer="SYN,ACK again in"
      />
      <Records timeline={timeline} title="Waiting for accept" rows={keptIn(IN_ACCEPT_QUEUE)} />
      <Records timeline={timeline} title="TIME-WAIT" rows={timeWaits} timer="over in" />
      <Counters timeline={timeline} host={host} />
    </section>
  );
}

function Listener({
  timeline,
  listener,
}: {
  timeline: Timeline;
  listener: ConnectionRow;
}): JSX.Element {
  const value = (name: 'SYN queue' | 'accept queue' | 'backlog') =>
    timeline.valueAt(listener.id, name, glance.value) ?? 0;
  const backlog = value('backlog');
  return (
    <div class="queue">
      <p>
        Listener on port {listener.localPort}, backlog {backlog}
      </p>
      <Slots name="SYN queue" used={value('SYN queue')} of={backlog} />
      <Slots name="Accept queue" used={value('accept queue')} of={backlog} />
    </div>
  );
}

/** A queue as boxes, filled and empty. */
function Slots({ name, used, of }: { name: string; used: number; of: number }): JSX.Element {
  const shown = Math.min(Math.max(of, used), 16);
  const slots = Array.from({ length: shown }, (_, i) => i);
  return (
    <p class="slots">
      <span>{name}</span>
      <span aria-hidden="true">
        {slots.map((i) => (
          <i key={i} class={i < used ? 'slot used' : 'slot'} />
        ))}
      </span>
      <span class="mono">
        {used} of {of}
      </span>
    </p>
  );
}

interface RecordsProps {
  readonly timeline: Timeline;
  readonly title: string;
  readonly rows: readonly ConnectionRow[];
  readonly timer?: string;
}

function Records({ timeline, title, rows, timer }: RecordsProps): JSX.Element | null {
  if (rows.length === 0) return null;
  const now = timeline.events.at.at(Math.max(glance.value, 0));
  return (
    <div class="records">
      <h4>
        {title}: {rows.length}
      </h4>
      <ul>
        {rows.slice(0, LISTED).map(({ id, localPort, remoteAddress, remotePort, since }) => {
          const at = timeline.valueAt(id, 'timer at', glance.value) ?? 0;
          const left = at > now && timer !== undefined ? `, ${timer} ${span(at - now)}` : '';
          const age = span(now - timeline.events.at.at(since));
          return (
            <li key={id}>
              <span class="mono">
                :{localPort} {remoteAddress}:{remotePort}
              </span>
              <span class="soft">
                {' '}
                for {age}
                {left}
              </span>
            </li>
          );
        })}
        {rows.length > LISTED ? <li class="soft">and {rows.length - LISTED} more</li> : null}
      </ul>
    </div>
  );
}

function Counters({ timeline, host }: { timeline: Timeline; host: string }): JSX.Element | null {
  const counts = COUNTERS.map((name) => ({
    name,
    value: timeline.counterAt(host, Counter[name], glance.value),
  })).filter(({ value }) => value > 0);
  if (counts.length === 0) return null;
  return (
    <dl class="counters">
      {counts.map(({ name, value }) => (
        <div key={name}>
          <dt class="mono">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
