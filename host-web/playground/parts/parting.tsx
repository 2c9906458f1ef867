/**
 * Where a branch parts from the one it was made of: the first event that is not the same in both.
 */
import { computed } from '@preact/signals';
import type { JSX } from 'preact';
import type { Recording } from '../../sim/timeline/timeline.ts';
import { branch, isPlaying, seek, version } from '../state/store.ts';
import { seconds } from '../words.ts';
import { happening } from './event-words.ts';

/** The first event that differs; undefined while there is none. */
const parting = computed(() => {
  version.value;
  const { recording, parent, forkedAt } = branch.value ?? {};
  if (recording === undefined || parent === undefined) return undefined;
  const there = parent.recording;
  let event = forkedAt!;
  while (event < recording.eventCount && event < there.eventCount) {
    if (told(recording, event) !== told(there, event)) break;
    event++;
  }
  if (event >= recording.eventCount && event >= there.eventCount) return undefined;
  return { event, title: parent.title, here: recording, there };
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
function told(recording: Recording, event: number): string {
  if (event >= recording.eventCount) return 'nothing more happens';
  const { at, host } = recording.events;
  const who = recording.hosts[host.at(event)]!.id;
  return `${seconds(at.at(event))} s ${who} ${happening(recording, event)}`;
}
