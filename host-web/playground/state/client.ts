/**
 * The web page's end of the worker: opens scenarios, makes branches, takes in timelines as they
 * grow.
 *
 * Everything done to a run goes through `touch`: at the end of a branch that is over it goes on
 * there; anywhere else it makes a new branch, and the old one stays.
 */
import { batch as together } from '@preact/signals';
import { parseNetem } from '../../link/netem.ts';
import { Timeline } from '../../sim/timeline/timeline.ts';
import type { Scenario } from '../../sim/scenario.ts';
import type { Edit } from '../../sim/world/universe.ts';
import type { Verdict } from '../../link/channel.ts';
import type { Command, Update } from '../worker/protocol.ts';
import { seconds, segmentName } from '../parts/words.ts';
import { firstOfMoment, momentEnd } from './moments.ts';
import {
  type Branch,
  type LinkChange,
  branch,
  branches,
  chosenConnections,
  chosenPacket,
  complaint,
  cursor,
  isAtTop,
  isPlaying,
  scenario,
  seek,
  standings,
  version,
} from './store.ts';

/** What the next branch to begin will be. */
interface Plan {
  readonly title: string;
  readonly parent: Branch | undefined;
  readonly forkedAt: number;
  /** Where the cursor goes once it is there; -1 is its end. */
  readonly cursor: number;
  readonly links: readonly LinkChange[];
}

const plans = new Map<number, Plan>();
let worker: Worker | undefined;
let nextBranch = 0;
/** The cursor of this branch follows what comes, until the reader moves it. */
let followed = -1;

/** Starts the worker. */
export function start(): void {
  worker = new Worker('worker.js', { type: 'module', name: 'netcell' });
  worker.onmessage = ({ data }: MessageEvent<Update>) => together(() => take(data));
  worker.onerror = (event) => {
    complaint.value = `The simulator stopped: ${event.message || 'its file could not be loaded'}.`;
  };
}

function ask(command: Command): void {
  worker?.postMessage(command);
}

/** Opens one variant of a scenario. */
export function open(spec: Scenario): void {
  const id = nextBranch++;
  plans.clear();
  plans.set(id, { title: 'main', parent: undefined, forkedAt: 0, cursor: -1, links: [] });
  complaint.value = '';
  isPlaying.value = false;
  isAtTop.value = true;
  scenario.value = spec;
  branches.value = [];
  standings.value = new Map();
  chosenConnections.value = new Map();
  ask({ do: 'open', branch: id, spec });
}

/** Does something at the cursor, or, where the link is changed, from there on. */
export function touch(title: string, edit: Edit, link?: Omit<LinkChange, 'from'>): void {
  const from = branch.peek();
  if (from === undefined) return;
  complaint.value = '';
  isPlaying.value = false;
  const { timeline } = from;
  const event = momentEnd(timeline, cursor.peek());
  const isEnd = event === timeline.eventCount - 1;
  if (isEnd && standings.peek().get(from.id)?.isOver) {
    followed = from.id;
    if (link !== undefined) tell(from, { ...link, from: event + 1 });
    ask({ do: 'edit', branch: from.id, edit });
    return;
  }
  const forkedAt = event + 1;
  const links = [...linksBefore(from, forkedAt), ...(link ? [{ ...link, from: forkedAt }] : [])];
  const next = { title: dated(title), parent: from, forkedAt, cursor: forkedAt, links };
  const id = plan(next);
  ask({ do: 'fork', branch: id, from: from.id, event: Math.max(event, 0), edit });
}

/** The link's changes that a branch from there on shares. */
function linksBefore({ links }: Branch, event: number): readonly LinkChange[] {
  return links.filter(({ from }) => from <= event);
}

/** The link of a branch is changed behind its last event. */
function tell(changed: Branch, change: LinkChange): void {
  const next = { ...changed, links: [...changed.links, change] };
  branches.value = branches.peek().map((one) => (one === changed ? next : one));
  branch.value = next;
}

/** Makes a branch in which a packet is lost. */
export function dropPacket(packet: number): void {
  const { packets } = branch.peek()?.timeline ?? {};
  if (packets === undefined || packet < 0) return;
  if (packets.arrivesAt.at(originalOf(packets, packet)) < Number.POSITIVE_INFINITY) {
    changePacket(packet, 'drop', 'without');
  } else complaint.value = 'That packet is lost already.';
}

/** A copy is changed where its original is. */
function originalOf({ copyOf }: Timeline['packets'], packet: number): number {
  return copyOf.at(packet) >= 0 ? copyOf.at(packet) : packet;
}

/**
 * Makes a branch in which something else becomes of a packet.
 *
 * @param word for what becomes of it, before its name: `without`
 */
export function changePacket(packet: number, verdict: Verdict, word: string): void {
  const from = branch.peek();
  if (from === undefined) return;
  complaint.value = '';
  isPlaying.value = false;
  const { timeline } = from;
  const { packets } = timeline;
  const original = originalOf(packets, packet);
  const sent = packets.event.at(original);
  const host = timeline.hosts[packets.from.at(original)]!.id;
  const title = `${word} ${host}: ${segmentName(timeline, original)}`;
  const forkedAt = firstOfMoment(timeline, sent);
  const when = `${seconds(packets.sentAt.at(original))} s`;
  const links = linksBefore(from, forkedAt);
  const id = plan({ title: `${title}, ${when}`, parent: from, forkedAt, cursor: sent, links });
  ask({ do: 'change', branch: id, from: from.id, packet: original, verdict });
}

/** What was done, and when: what a branch is called. */
function dated(title: string): string {
  const { timeline } = branch.peek()!;
  const at = cursor.peek() < 0 ? 0 : timeline.events.at.at(cursor.peek());
  return `${title}, ${seconds(at)} s`;
}

function plan(next: Plan): number {
  const id = nextBranch++;
  plans.set(id, next);
  return id;
}

/** Changes what the link does from the cursor on. @throws RangeError for words it does not know */
export function impair(words: string, way: string): void {
  const edit = { kind: 'impair', impairment: parseNetem(words), way } as const;
  touch(`${way}: ${words}`, edit, { way, words });
}

function take(update: Update): void {
  switch (update.kind) {
    case 'failed':
      complaint.value = `${update.message[0]?.toUpperCase() ?? ''}${update.message.slice(1)}.`;
      return;
    case 'begun': {
      const planned = plans.get(update.branch);
      if (planned === undefined) return;
      const timeline = new Timeline(update.hosts);
      const { cursor: _, ...given } = planned;
      const made: Branch = { id: update.branch, timeline, ...given };
      branches.value = given.parent === undefined ? [made] : [...branches.peek(), made];
      branch.value = made;
      chosenPacket.value = -1;
      cursor.value = -1;
      followed = update.branch;
      return;
    }
    case 'grown':
      grow(update);
  }
}

function grow(update: Extract<Update, { kind: 'grown' }>): void {
  const grown = branches.peek().find(({ id }) => id === update.branch);
  if (grown === undefined) return;
  const { timeline } = grown;
  timeline.append(update.batch);
  const { isOver, hash } = update;
  standings.value = new Map(standings.peek()).set(update.branch, { isOver, hash });
  version.value++;
  if (followed !== update.branch || branch.peek()?.id !== update.branch) return;
  const planned = plans.get(update.branch);
  const end = timeline.eventCount - 1;
  // A branch is looked at where it departs; a run, and what was just done, at its end.
  if (planned !== undefined && planned.cursor >= 0 && planned.cursor <= end) {
    seek(planned.cursor);
    plans.delete(update.branch);
    followed = -1;
  } else if (planned === undefined) seek(end);
  else cursor.value = end;
  if (isOver) {
    plans.delete(update.branch);
    followed = -1;
  }
}
