/**
 * The web page: where each panel stands.
 */
import type { JSX } from 'preact';
import { Diagram } from '../diagram/diagram.tsx';
import { Ladder } from '../ladder/ladder.tsx';
import { Bar } from './bar.tsx';
import { Help } from './help.tsx';
import { Legend } from './legend.tsx';
import { PacketMenu } from './packet-menu.tsx';
import { Parting } from './parting.tsx';
import { Speaker, Strip } from './strip.tsx';
import { Tabs } from './tabs.tsx';
import { Transport } from './transport.tsx';
import { isWide } from '../state/layout.ts';
import { complaint } from '../state/store.ts';
import { EventsTable } from '../table/events-table.tsx';

export function App(): JSX.Element {
  return (
    <div class="app">
      <Bar />
      <main class={isWide.value ? 'stage wide' : 'stage'}>
        <section class="ladder-panel panel" aria-label="Ladder">
          <Ladder />
          <Legend />
          <Parting />
          <Strip />
        </section>
        {isWide.value ? <Aside /> : null}
        <Tabs />
      </main>
      <Transport />
      <PacketMenu />
      <Help />
      <Speaker />
      <Complaint />
    </div>
  );
}

/** What has its own place where there is room. */
function Aside(): JSX.Element {
  return (
    <>
      <section class="panel states-panel" aria-labelledby="states-title">
        <h2 id="states-title">States of both ends</h2>
        <Diagram />
      </section>
      <section class="panel events-panel" aria-labelledby="events-title">
        <h2 id="events-title">Events</h2>
        <EventsTable />
      </section>
    </>
  );
}

function Complaint(): JSX.Element | null {
  if (complaint.value === '') return null;
  return (
    <div class="complaint" role="alert">
      <p>{complaint.value}</p>
      <button
        type="button"
        onClick={() => {
          complaint.value = '';
        }}
      >
        Close
      </button>
    </div>
  );
}
