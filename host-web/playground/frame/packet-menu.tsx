/**
 * The menu of a packet: what can be done to it. Doing something makes a branch.
 */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { closeMenu, menu, type OpenMenu } from '../state/menu.ts';
import { changePacket, dropPacket } from '../state/client.ts';
import { flightOf } from '../state/flight.ts';
import { openTab } from '../state/layout.ts';
import { branch, chosenPacket, isPlaying, scenario, seek } from '../state/store.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { EVENT_KINDS } from '../../sim/timeline/rows.ts';
import { segmentName, span } from '../parts/words.ts';

const RECEIVE = EVENT_KINDS.indexOf('receive');
/** Room the menu needs, so that it stays on the web page. */
const SIZE = { width: 240, height: 280 };
/** Flights a packet is delayed: what is sent next overtakes it. */
const LATE_BY = 3;

export function PacketMenu(): JSX.Element | null {
  const opened = menu.value;
  return opened === undefined ? null : <Menu opened={opened} />;
}

function Menu({ opened }: { opened: OpenMenu }): JSX.Element | null {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const first = list.current?.querySelector<HTMLElement>('button');
    first?.focus();
    const away = (event: Event) => {
      if (!list.current?.contains(event.target as Node)) closeMenu();
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, []);
  const { timeline } = branch.value ?? {};
  const { packet, x, y } = opened;
  if (timeline === undefined || packet >= timeline.packetCount) return null;
  return (
    <div
      ref={list}
      role="menu"
      class="menu"
      tabIndex={-1}
      aria-label={`Packet ${segmentName(timeline, packet)}`}
      style={{
        left: `${Math.max(4, Math.min(x, innerWidth - SIZE.width))}px`,
        top: `${Math.max(4, Math.min(y, innerHeight - SIZE.height))}px`,
      }}
      onKeyDown={(event) => keys(event, list.current!)}
    >
      {choicesOf(timeline, packet).map(({ text, act, isPossible = true }) => (
        <button
          key={text}
          type="button"
          role="menuitem"
          tabIndex={-1}
          disabled={!isPossible}
          onClick={() => {
            closeMenu();
            act();
          }}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

interface Choice {
  readonly text: string;
  readonly act: () => void;
  readonly isPossible?: boolean;
}

function choicesOf(timeline: Timeline, packet: number): readonly Choice[] {
  const { event, arrivesAt } = timeline.packets;
  const arrival = arrivalOf(timeline, packet);
  const late = LATE_BY * (flightOf(scenario.value) || 10);
  return [
    {
      text: 'Drop it on the way (d)',
      act: () => dropPacket(packet),
      isPossible: arrivesAt.at(packet) !== Number.POSITIVE_INFINITY,
    },
    {
      text: `Hold it back for ${span(late)}`,
      act: () => changePacket(packet, { delay: late }, 'late'),
    },
    { text: 'Duplicate it', act: () => changePacket(packet, 'duplicate', 'twice') },
    { text: 'Damage one bit of it', act: () => changePacket(packet, 'corrupt', 'damaged') },
    { text: 'Show its header', act: () => openTab('packet') },
    { text: 'Go to where it is sent', act: () => go(event.at(packet), packet) },
    {
      text: 'Go to where it arrives',
      act: () => go(arrival, packet),
      isPossible: arrival >= 0,
    },
  ];
}

function arrivalOf(timeline: Timeline, packet: number): number {
  const { events, packets } = timeline;
  for (let i = packets.event.at(packet); i < timeline.eventCount; i++) {
    if (events.packet.at(i) === packet && events.kind.at(i) === RECEIVE) return i;
  }
  return -1;
}

function go(event: number, packet: number): void {
  isPlaying.value = false;
  seek(event);
  chosenPacket.value = packet;
}

function keys(event: KeyboardEvent, list: HTMLElement): void {
  event.stopPropagation();
  const items = [...list.querySelectorAll<HTMLElement>('button:not(:disabled)')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items[to]?.focus();
  } else if (event.key === 'Escape' || event.key === 'Tab') {
    event.preventDefault();
    closeMenu();
  }
}
