/**
 * The state diagram: both ends as tokens on figure 5, the arrows they took drawn bold.
 */
import type { JSX } from 'preact';
import { stateName, type TcpState } from '../../inspect.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { standsIn } from '../state/focus.ts';
import { stateEvents } from '../state/state-events.ts';
import { branch, glance, focus, isPlaying, seek, version } from '../state/store.ts';
import { seconds } from '../parts/words.ts';
import { ARROWS, type Arrow, BOX, HEIGHT, PLACES, WIDTH } from './figure.ts';
import { type Change, placeOf, type Taken, trafficOf } from './tokens.ts';

/** Changes that are listed by themselves. */
const LISTED = 4;

export function Diagram(): JSX.Element {
  version.value;
  const { timeline } = branch.value ?? {};
  const changes = timeline === undefined ? [] : changesOf(timeline, glance.value, focus.value);
  const { arrows, others } = trafficOf(changes);
  const stands = (['A', 'B'] as const).map((host) => standOf(timeline, host));
  return (
    <div class="diagram">
      <svg viewBox={`0 -4 ${WIDTH} ${HEIGHT + 4}`} role="img" aria-label={spoken(stands, changes)}>
        <defs>
          <marker
            id="tip"
            markerWidth="9"
            markerHeight="8"
            refX="7"
            refY="4"
            orient="auto"
            markerUnits="userSpaceOnUse"
          >
            <path d="M0 0 L9 4 L0 8 z" fill="context-stroke" />
          </marker>
        </defs>
        {ARROWS.map((arrow) => (
          <ArrowLine key={arrow.path} arrow={arrow} taken={arrows.get(arrow)} />
        ))}
        {PLACES.map(({ state, x, y, isEnd }) => {
          const held = stands.some(({ place }) => place.x === x && place.y === y);
          return (
            <g key={`${state}${isEnd}`} class={held ? 'box held' : 'box'}>
              <rect
                x={x - BOX.width / 2}
                y={y - BOX.height / 2}
                width={BOX.width}
                height={BOX.height}
                rx={4}
              />
              <text x={x} y={y + 3.5}>
                {state}
              </text>
            </g>
          );
        })}
        {stands.map(({ host, place }) => (
          <Token key={host} host={host} x={place.x} y={place.y} />
        ))}
      </svg>
      <OtherChanges changes={others} />
    </div>
  );
}

interface Stand {
  readonly host: 'A' | 'B';
  readonly state: TcpState;
  readonly place: (typeof PLACES)[number];
}

function standOf(timeline: Timeline | undefined, host: 'A' | 'B'): Stand {
  if (timeline === undefined) return { host, state: 'CLOSED', place: placeOf('CLOSED', false) };
  const state = stateName(standsIn(timeline, glance.value, focus.value, host));
  return { host, state, place: placeOf(state, focus.value.has(host)) };
}

/** Changes of the connections that are shown, up to the cursor. */
function changesOf(
  timeline: Timeline,
  until: number,
  connections: ReadonlyMap<string, number>,
): Change[] {
  const shown = new Set(connections.values());
  const { events } = timeline;
  const changes: Change[] = [];
  for (const index of stateEvents(timeline)) {
    if (index > until) break;
    if (!shown.has(events.connection.at(index))) continue;
    const host = timeline.hosts[events.host.at(index)]!.id;
    if (host !== 'A' && host !== 'B') continue;
    changes.push({
      host,
      from: stateName(events.a.at(index)),
      to: stateName(events.b.at(index)),
      cursor: index,
      reason: timeline.event(index).why,
    });
  }
  return changes;
}

function ArrowLine({ arrow, taken }: { arrow: Arrow; taken: Taken | undefined }): JSX.Element {
  const { path, label, x, y, anchor } = arrow;
  const last = [...(taken?.A ?? []), ...(taken?.B ?? [])]
    .sort((a, b) => a.cursor - b.cursor)
    .at(-1);
  const count = (host: 'A' | 'B') => {
    const times = taken?.[host].length ?? 0;
    return times === 0 ? '' : times === 1 ? host : `${host}×${times}`;
  };
  const takers = [count('A'), count('B')].filter(Boolean).join(' ');
  const go = () => {
    isPlaying.value = false;
    if (last !== undefined) seek(last.cursor);
  };
  return (
    <g class={taken === undefined ? 'arrow' : 'arrow taken'} onClick={go}>
      <path d={path} marker-end="url(#tip)" />
      {label.map((line, i) => (
        <text key={line} x={x} y={y + i * 11.5} text-anchor={anchor}>
          {line}
          {i === label.length - 1 && takers !== '' ? `${line === '' ? '' : ': '}${takers}` : ''}
        </text>
      ))}
    </g>
  );
}

function Token({ host, x, y }: { host: 'A' | 'B'; x: number; y: number }): JSX.Element {
  const at = host === 'A' ? x - BOX.width / 2 + 1 : x + BOX.width / 2 - 1;
  const top = y - BOX.height / 2;
  return (
    <g class={`token ${host}`} style={{ transform: `translate(${at}px, ${top}px)` }}>
      {host === 'A' ? <circle r={8} /> : <rect x={-8} y={-8} width={16} height={16} rx={2} />}
      <text y={3.5}>{host}</text>
    </g>
  );
}

/** Changes the figure has no arrow for: a RST, a timeout, ABORT. */
function OtherChanges({ changes }: { changes: readonly Change[] }): JSX.Element | null {
  if (changes.length === 0) return null;
  return (
    <ul class="changes">
      {changes.slice(-LISTED).map(({ host, from, to, cursor: at, reason }) => (
        <li key={at}>
          <span class={`host ${host}`}>{host}</span> {from} → {to}
          <span class="soft">
            {' '}
            at {seconds(branch.value!.timeline.events.at.at(at))} s. {reason}
          </span>
        </li>
      ))}
    </ul>
  );
}

function spoken(stands: readonly Stand[], changes: readonly Change[]): string {
  const now = stands.map(({ host, state }) => `${host} is in ${state}`).join(', ');
  const way = (host: string) =>
    changes
      .filter((change) => change.host === host)
      .map(({ to }) => to)
      .join(', ');
  const ways = `A has been through ${way('A') || 'none'}; B through ${way('B') || 'none'}.`;
  return `State diagram of RFC 9293. ${now}. ${ways}`;
}
