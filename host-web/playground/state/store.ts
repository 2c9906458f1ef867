/**
 * What the web page knows, as signals: the branches of the run, the cursor, and what is looked at.
 *
 * A timeline only grows, in place; `version` says that it has. Everything a panel shows follows
 * from (timeline, cursor). Not here: the worker that makes timelines (`client.ts`).
 */
import { computed, effect, signal } from '@preact/signals';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import type { Scenario } from '../../sim/scenario.ts';
import { focusOf } from './focus.ts';

/** One course of events. Touching the past makes a new one and leaves the old as it was. */
export interface Branch {
  readonly id: number;
  /** What was done to make it: `main`, or `without SYN seq 0 of A`. */
  readonly title: string;
  readonly timeline: Timeline;
  readonly parent: Branch | undefined;
  /** Its first event that its parent has not. */
  readonly forkedAt: number;
  /** What the link was told, in order. */
  readonly links: readonly LinkChange[];
}

/** The link was changed by hand. */
export interface LinkChange {
  /** `A>B`. */
  readonly way: string;
  /** In netem's words. */
  readonly words: string;
  /** The first event after it. */
  readonly from: number;
}

/** How a branch stands in the worker. */
export interface Standing {
  /** Nothing is left to happen, or the scenario's time is over. */
  readonly isOver: boolean;
  /** Hash of all state at its end; empty while it runs. */
  readonly hash: string;
}

export const scenario = signal<Scenario | undefined>(undefined);
export const branches = signal<readonly Branch[]>([]);
export const branch = signal<Branch | undefined>(undefined);
export const standings = signal<ReadonlyMap<number, Standing>>(new Map());
/** Rises whenever a timeline has grown. */
export const version = signal(0);
/** Index of the last event that has happened; -1 before the first. */
export const cursor = signal(-1);
/** The packet the reader chose; -1: that of the cursor's event. */
export const chosenPacket = signal(-1);
/** The connections the reader chose, by host. */
export const chosenConnections = signal<ReadonlyMap<string, number>>(new Map());
export const isPlaying = signal(false);
/**
 * The cursor as panels of text see it: the same, but while time is played no more often than
 * can be read.
 */
export const glance = signal(-1);
/** Flights a second. */
export const speed = signal(2);
/** What could not be done, in a sentence; empty when all is well. */
export const complaint = signal('');

export const standing = computed<Standing>(
  () => standings.value.get(branch.value?.id ?? -1) ?? { isOver: false, hash: '' },
);

/** Events of the branch that is shown. */
export const eventCount = computed(() => {
  version.value;
  return branch.value?.timeline.eventCount ?? 0;
});

/** The packet that is looked at, or -1. */
export const selectedPacket = computed(() => {
  if (chosenPacket.value >= 0) return chosenPacket.value;
  const { timeline } = branch.value ?? {};
  if (timeline === undefined || glance.value >= eventCount.value) return -1;
  if (timeline.packetCount === 0) return -1;
  return packetNear(timeline, glance.value);
});

/** Events that are looked back at for a packet. */
const LOOK_BACK = 64;

/** The packet of an event, or the one before it; before any, the first. */
function packetNear({ events }: Timeline, event: number): number {
  for (let i = event; i >= 0 && i > event - LOOK_BACK; i--) {
    if (events.packet.at(i) >= 0) return events.packet.at(i);
  }
  return 0;
}

/** The connection of each host that panels show. */
export const focus = computed<ReadonlyMap<string, number>>(() => {
  const { timeline } = branch.value ?? {};
  if (timeline === undefined || eventCount.value === 0) return new Map();
  return focusOf(timeline, glance.value, chosenConnections.value);
});

/** The ladder is shown from its top until the cursor is first moved. */
export const isAtTop = signal(true);

/** Puts the cursor on an event, and looks at that event's packet. */
export function seek(event: number): void {
  isAtTop.value = false;
  cursor.value = Math.max(-1, Math.min(event, eventCount.peek() - 1));
  chosenPacket.value = -1;
}

/** Plays, from the beginning if it was at the end; or stops. */
export function togglePlay(): void {
  if (!isPlaying.peek() && cursor.peek() >= eventCount.peek() - 1) seek(-1);
  isPlaying.value = !isPlaying.peek();
}

/** Shows another branch, at the same time of it. */
export function show(next: Branch): void {
  const before = branch.peek();
  const at = before?.timeline.events.at.at(Math.max(cursor.peek(), 0)) ?? 0;
  branch.value = next;
  chosenPacket.value = -1;
  const isShared = cursor.peek() < next.forkedAt || next === before;
  cursor.value = isShared
    ? Math.min(cursor.peek(), next.timeline.eventCount - 1)
    : next.timeline.eventAt(at);
}

const GLANCE_EVERY_MS = 60;
let glancedAt = 0;
effect(() => {
  const at = cursor.value;
  const now = performance.now();
  if (isPlaying.value && now - glancedAt < GLANCE_EVERY_MS) return;
  glancedAt = now;
  glance.value = at;
});
