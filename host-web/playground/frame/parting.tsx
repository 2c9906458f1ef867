/**
 * Where a branch parts from the one it was made of: the first event that is not the same in both.
 */
import { computed } from '@preact/signals';
import type { JSX } from 'preact';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { branch, isPlaying, seek, version } from '../state/store.ts';
import { seconds } from '../parts/words.ts';
import { happening } from '../parts/event-words.ts';

/** The first event that differs; undefined while there is none. */
const parting = computed(() => {
  version.value;
  const { timeline, parent, forkedAt } = branch.value ?? {};
  if (timeline === undefined || parent === undefined) return undefined;
  const there = parent.timeline;
  let event = forkedAt!;
  while (event < timeline.eventCount && event < there.eventCount) {
    if (told(timeline, event) !== told(there, event)) break;
    event++;
  }
  if (event >= timeline.eventCount && event >= there.eventCount) return undefined;
  return { event, title: parent.title, here: timeline, there };
});

export function Parting(): JSX.Element | null {
  const { event = 0, title, here, there } = parting.value ?? {};
  if (here === undefined || there === undefined) return null;
  const go = () => {
    isPlaying.value = false;
    seek(event);
  };
  return (
    <p class="parting">
      <button type="button" onClick={go}>
        Parts from “{title}”
      </button>
      : here {told(here, event)}; there {told(there, event)}.
    </p>
  );
}

/** An event in a few words, with its time and host: two that are the same say the same. */
function told(timeline: Timeline, event: number): string {
  if (event >= timeline.eventCount) return 'nothing more happens';
  const { at, host } = timeline.events;
  const name = timeline.hosts[host.at(event)]!.id;
  return `${seconds(at.at(event))} s ${name} ${happening(timeline, event)}`;
}
