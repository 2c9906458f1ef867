/**
 * The table of events: what the ladder shows, in words, one row an event.
 *
 * It is the ladder's other half, for readers who can not see a canvas: the same cursor, moved by
 * the same keys. Only the rows in view exist; their numbers say where they stand among all.
 */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useSignalEffect } from '@preact/signals';
import { because, happening } from '../parts/event-words.ts';
import { useSize } from '../parts/use-size.ts';
import { branch, cursor, eventCount, glance, isAtTop, isPlaying, seek } from '../state/store.ts';
import { openMenu } from '../state/menu.ts';
import { seconds } from '../parts/words.ts';

const ROW = 24;
/** Rows beyond the edges that are there as well, so that scrolling shows no gap. */
const SPARE = 6;

export function EventsTable(): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const { height } = useSize(frame);
  const [top, setTop] = useState(0);
  const count = eventCount.value;
  const at = glance.value;

  useSignalEffect(() => {
    const element = frame.current;
    if (element === null) return;
    if (isAtTop.value) {
      element.scrollTop = 0;
      return;
    }
    const y = glance.value * ROW;
    const visible = element.clientHeight - ROW;
    if (y < element.scrollTop) element.scrollTop = Math.max(y, 0);
    else if (y + ROW > element.scrollTop + visible) element.scrollTop = y + ROW - visible;
    setTop(element.scrollTop);
  });

  const first = Math.max(Math.floor(top / ROW) - SPARE, 0);
  const last = Math.min(Math.ceil((top + height) / ROW) + SPARE, count);
  // Rows that scroll out at one end come in again at the other: elements are not made anew.
  const ring = Math.ceil(height / ROW) + 2 * SPARE + 1;
  const rows = [];
  for (let index = first; index < last; index++) rows.push(index);

  return (
    <div
      ref={frame}
      class="events"
      role="grid"
      aria-label="Events"
      aria-rowcount={count + 1}
      aria-colcount={4}
      aria-activedescendant={at >= first && at < last ? `event-${at}` : undefined}
      tabIndex={0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={move}
    >
      <div role="rowgroup" class="heads">
        <div role="row" aria-rowindex={1} class="row">
          <span role="columnheader">Time s</span>
          <span role="columnheader">Host</span>
          <span role="columnheader">What happens</span>
          <span role="columnheader">Why</span>
        </div>
      </div>
      <div role="rowgroup" style={{ height: `${count * ROW}px`, position: 'relative' }}>
        {rows.map((index) => (
          <Row key={index % ring} index={index} isCurrent={index === at} />
        ))}
      </div>
    </div>
  );
}

function Row({ index, isCurrent }: { index: number; isCurrent: boolean }): JSX.Element | null {
  const { timeline } = branch.value ?? {};
  if (timeline === undefined || index >= timeline.eventCount) return null;
  const host = timeline.hosts[timeline.events.host.at(index)]!.id;
  const what = happening(timeline, index);
  const why = because(timeline, index);
  const choose = () => {
    isPlaying.value = false;
    seek(index);
  };
  const menu = (event: MouseEvent) => {
    const packet = timeline.events.packet.at(index);
    if (packet < 0) return;
    event.preventDefault();
    choose();
    openMenu(packet, event.clientX, event.clientY);
  };
  return (
    <div
      role="row"
      id={`event-${index}`}
      aria-rowindex={index + 2}
      aria-selected={isCurrent}
      class={index > glance.value ? 'row later' : 'row'}
      style={{ top: `${index * ROW}px` }}
      onClick={choose}
      onContextMenu={menu}
    >
      <span role="gridcell" class="mono">
        {seconds(timeline.events.at.at(index))}
      </span>
      <span role="gridcell" class={`host ${host}`}>
        {host}
      </span>
      <span role="gridcell" title={what}>
        {what}
      </span>
      <span role="gridcell" class="soft" title={why}>
        {why}
      </span>
    </div>
  );
}

/** The keys of a grid; those of the whole web page work here too. */
function move(event: KeyboardEvent): void {
  const screen = Math.max(
    Math.floor((event.currentTarget as HTMLElement).clientHeight / ROW) - 2,
    1,
  );
  const steps: Record<string, number> = {
    ArrowDown: cursor.value + 1,
    ArrowUp: Math.max(cursor.value - 1, 0),
    PageDown: cursor.value + screen,
    PageUp: Math.max(cursor.value - screen, 0),
    Home: 0,
    End: eventCount.value - 1,
  };
  const to = steps[event.key];
  if (to !== undefined && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    event.stopPropagation();
    isPlaying.value = false;
    seek(to);
  } else if (event.key === 'Enter' || (event.key === 'F10' && event.shiftKey)) {
    const packet = branch.value?.timeline.events.packet.at(cursor.value) ?? -1;
    const row = document.getElementById(`event-${cursor.value}`)?.getBoundingClientRect();
    if (packet < 0 || row === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    openMenu(packet, row.left + 40, row.bottom);
  }
}
