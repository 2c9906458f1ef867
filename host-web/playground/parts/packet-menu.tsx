/**
 * The menu of a packet: what can be done to it. Doing something makes a branch.
 */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { closeMenu, menu, type OpenMenu } from '../ladder/menu-state.ts';
import { dropPacket } from '../state/client.ts';
import { openTab } from '../state/layout.ts';
import { branch, chosenPacket, isPlaying, seek } from '../state/store.ts';
import { EVENT_KINDS } from '../../sim/rows.ts';
import { segmentName } from '../words.ts';

const RECEIVE = EVENT_KINDS.indexOf('receive');
/** Room the menu needs, so that it stays on the page. */
const SIZE = { width: 240, height: 190 };

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
  const { recording } = branch.value ?? {};
  const { packet, x, y } = opened;
  if (recording === undefined || packet >= recording.packetCount) return null;
  const sent = recording.packets.event.at(packet);
  const arrival = arrivalOf(packet);
  const choices: { text: string; act: () => void; isPossible: boolean }[] = [
    {
      text: 'Drop it on the way (d)',
      act: () => dropPacket(packet),
      isPossible: recording.packets.arrivesAt.at(packet) !== Number.POSITIVE_INFINITY,
    },
    { text: 'Show its header', act: () => openTab('packet'), isPossible: true },
    { text: 'Go to where it is sent', act: () => go(sent, packet), isPossible: true },
    {
      text: 'Go to where it arrives',
      act: () => go(arrival, packet),
      isPossible: arrival >= 0,
    },
  ];
  return (
    <div
      ref={list}
      role="menu"
      class="menu"
      tabIndex={-1}
      aria-label={`Packet ${segmentName(recording, packet)}`}
      style={{
        left: `${Math.max(4, Math.min(x, innerWidth - SIZE.width))}px`,
        top: `${Math.max(4, Math.min(y, innerHeight - SIZE.height))}px`,
      }}
      onKeyDown={(event) => keys(event, list.current!)}
    >
      {choices.map(({ text, act, isPossible }) => (
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

function arrivalOf(packet: number): number {
  const { recording } = branch.value!;
  const { events, packets } = recording;
  for (let i = packets.event.at(packet); i < recording.eventCount; i++) {
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
