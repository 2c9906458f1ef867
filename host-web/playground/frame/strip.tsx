/**
 * The line below the ladder: the event the cursor stands on, and why it happened. Also said aloud,
 * at most once a second.
 */
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { branch, glance, eventCount, isPlaying } from '../state/store.ts';
import { seconds } from '../parts/words.ts';
import { because, happening } from '../parts/event-words.ts';

const SPEAK_EVERY_MS = 1000;

export function Strip(): JSX.Element {
  const { timeline } = branch.value ?? {};
  const at = glance.value;
  if (timeline === undefined || at < 0 || at >= eventCount.value) {
    return <p class="strip soft">Before the first event.</p>;
  }
  const host = timeline.hosts[timeline.events.host.at(at)]!.id;
  const why = because(timeline, at);
  return (
    <p class="strip">
      <span class="mono">{seconds(timeline.events.at.at(at))} s</span>{' '}
      <span class={`host ${host}`}>{host}</span> {happening(timeline, at)}
      {why === '' ? '.' : '. '}
      <span class="soft">{why}</span>
    </p>
  );
}

/** Says where the cursor went, for screen readers. */
export function Speaker(): JSX.Element {
  const [said, say] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useSignalEffect(() => {
    const at = glance.value;
    const shown = branch.value;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { timeline } = shown ?? {};
      if (timeline === undefined || at < 0 || at >= timeline.eventCount || isPlaying.peek()) return;
      const host = timeline.hosts[timeline.events.host.at(at)]!.id;
      const what = happening(timeline, at).replace(' → ', ' to ');
      say(`${seconds(timeline.events.at.at(at))} s. ${host}, ${what}. ${because(timeline, at)}`);
    }, SPEAK_EVERY_MS);
  });
  return (
    <div class="unseen" aria-live="polite">
      {said}
    </div>
  );
}
