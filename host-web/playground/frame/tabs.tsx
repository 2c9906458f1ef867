/**
 * The tabs and the panel that is open. Arrow keys go from tab to tab, as on any tab list.
 */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Diagram } from '../diagram/diagram.tsx';
import { Inspector } from '../packet/inspector.tsx';
import { Actions } from '../panels/actions.tsx';
import { Lesson } from '../panels/lesson.tsx';
import { LinkPanel } from '../panels/link.tsx';
import { Queues } from '../panels/queues.tsx';
import { Variables } from '../panels/variables.tsx';
import { openTab, tab, type TabId, tabs } from '../state/layout.ts';
import { EventsTable } from '../table/events-table.tsx';

const PANELS: Readonly<Record<TabId, () => JSX.Element>> = {
  events: EventsTable,
  states: Diagram,
  packet: Inspector,
  variables: Variables,
  queues: Queues,
  link: LinkPanel,
  do: Actions,
  lesson: Lesson,
};

export function Tabs(): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const current = tab.value;
  const Panel = PANELS[current];
  useEffect(() => {
    const chosen = list.current?.querySelector<HTMLElement>('[aria-selected=true]');
    // Only the list moves, not the web page it stands on.
    if (chosen) list.current!.scrollLeft = chosen.offsetLeft - list.current!.clientWidth / 2;
  }, [current]);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = tabs.value;
    const at = all.findIndex(({ id }) => id === current);
    const next = all[(at + step + all.length) % all.length]!;
    openTab(next.id);
    list.current?.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return (
    <section class="tabs panel" aria-labelledby="panel-title">
      <h2 id="panel-title" class="unseen">
        {tabs.value.find(({ id }) => id === current)?.title}
      </h2>
      <div ref={list} role="tablist" aria-label="Panels" class="tablist" onKeyDown={move}>
        {tabs.value.map(({ id, title }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`tab-${id}`}
            aria-selected={id === current}
            aria-controls="tabpanel"
            tabIndex={id === current ? 0 : -1}
            onClick={() => openTab(id)}
          >
            {title}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id="tabpanel"
        aria-labelledby={`tab-${current}`}
        class={`body ${current}`}
        tabIndex={current === 'events' ? -1 : 0}
      >
        <Panel />
      </div>
    </section>
  );
}
