/**
 * Single keys, wherever on the web page the focus is, unless something is being written or a
 * control has a use of its own for the key. They can be turned off.
 */
import { dropPacket } from './client.ts';
import { actor, hasKeys, isHelpOpen, openTab, tabs } from './layout.ts';
import { nextOf } from './moments.ts';
import {
  branch,
  cursor,
  eventCount,
  isPlaying,
  seek,
  selectedPacket,
  togglePlay,
} from './store.ts';
import type { EventKind } from '../../sim/timeline/rows.ts';

const WRITING = 'input:not([type=range], [type=checkbox]), select, textarea, dialog, [role=menu]';

/** Listens from here on. */
export function listenForKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!hasKeys.value && event.key.length === 1) return;
    const { target } = event;
    if (!(target instanceof Element) || target.closest(WRITING) !== null) return;
    // A button, a slider and a tab know what to do with these.
    if (event.key === ' ' && target.closest('button') !== null) return;
    if (/^(?:Home|End)$/.test(event.key) && target.closest('input') !== null) return;
    if (act(event.key)) event.preventDefault();
  });
}

/** Does what a key stands for; answers whether it stands for anything. */
function act(key: string): boolean {
  const step = STEPS[key];
  if (step !== undefined) {
    isPlaying.value = false;
    seek(step());
    return true;
  }
  const tab = tabs.value[Number(key) - 1];
  if (tab !== undefined) {
    openTab(tab.id);
    return true;
  }
  switch (key) {
    case ' ':
      togglePlay();
      return true;
    case 'd':
      dropPacket(selectedPacket.value);
      return true;
    case 'a':
    case 'b':
      actor.value = key.toUpperCase();
      openTab('do');
      return true;
    case 'g':
      goToTime();
      return true;
    case '?':
      isHelpOpen.value = true;
      return true;
    default:
      return false;
  }
}

const STEPS: Readonly<Record<string, () => number>> = {
  '.': () => cursor.value + 1,
  ',': () => cursor.value - 1,
  ']': () => towards(1, ['send']),
  '[': () => towards(-1, ['send']),
  '}': () => towards(1, ['state']),
  '{': () => towards(-1, ['state']),
  Home: () => -1,
  End: () => eventCount.value - 1,
};

function towards(step: 1 | -1, kinds: readonly EventKind[]): number {
  const { timeline } = branch.value ?? {};
  return timeline === undefined ? -1 : nextOf(timeline, cursor.value, step, kinds);
}

function goToTime(): void {
  const { timeline } = branch.value ?? {};
  const answer = prompt('Go to which time, in seconds?');
  if (timeline === undefined || answer === null) return;
  const seconds = Number(answer);
  if (!Number.isFinite(seconds)) return;
  isPlaying.value = false;
  seek(timeline.eventAt(seconds * 1000));
}
