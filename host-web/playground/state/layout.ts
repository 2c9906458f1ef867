/**
 * What is open on the web page: the tab, the help, and whether there is room for everything at
 * once.
 */
import { computed, signal } from '@preact/signals';

/** Panels behind tabs; the first two have places of their own where there is room. */
export const TABS = [
  { id: 'events', title: 'Events' },
  { id: 'states', title: 'States' },
  { id: 'packet', title: 'Packet' },
  { id: 'variables', title: 'Variables' },
  { id: 'queues', title: 'Queues' },
  { id: 'link', title: 'Link' },
  { id: 'do', title: 'Do' },
  { id: 'lesson', title: 'Lesson' },
] as const;
export type TabId = (typeof TABS)[number]['id'];

const WIDE = '(min-width: 1100px) and (min-height: 560px)';

export const isWide = signal(true);
const chosenTab = signal<TabId | undefined>(undefined);
/** Tabs there are now. */
export const tabs = computed(() => (isWide.value ? TABS.slice(2) : TABS));
/** The tab that is open. */
export const tab = computed<TabId>(() => {
  const chosen = tabs.value.find(({ id }) => id === chosenTab.value);
  return chosen?.id ?? (isWide.value ? 'packet' : 'events');
});
export const isHelpOpen = signal(false);
/** Host whose user the actions are for. */
export const actor = signal('A');
/** Single keys do something. */
export const hasKeys = signal(readKeys());

const KEYS = 'netcell-keys';

function readKeys(): boolean {
  try {
    return localStorage.getItem(KEYS) !== 'off';
  } catch {
    return true;
  }
}

/** Turns single keys on or off, and keeps the choice. */
export function setKeys(isOn: boolean): void {
  hasKeys.value = isOn;
  try {
    localStorage.setItem(KEYS, isOn ? 'on' : 'off');
  } catch {
    // Where storage is forbidden the choice holds for this visit.
  }
}

export function openTab(id: TabId): void {
  chosenTab.value = id;
}

/** Follows the window's size from here on. */
export function followSize(): void {
  const query = matchMedia(WIDE);
  const look = () => {
    isWide.value = query.matches;
  };
  look();
  query.addEventListener('change', look);
}
