/**
 * The lesson of a scenario: a few cards, each with the event it speaks of.
 */
import type { JSX } from 'preact';
import { eventOf } from '../../sim/timeline/mark.ts';
import type { LessonCard } from '../../sim/scenario.ts';
import { branch, isPlaying, scenario, seek } from '../state/store.ts';

export function Lesson(): JSX.Element {
  const spec = scenario.value;
  if (spec === undefined) return <p class="empty">No scenario is open.</p>;
  return (
    <article class="lesson">
      <h3>{spec.title}</h3>
      <p class="summary">{spec.summary}</p>
      <ol>
        {spec.lesson.map((card) => (
          <Card key={card.text} card={card} />
        ))}
      </ol>
      {spec.rfc.length === 0 ? null : <p class="soft">Read on: {spec.rfc.join(', ')}</p>}
    </article>
  );
}

function Card({ card }: { card: LessonCard }): JSX.Element {
  const { text, seek: mark } = card;
  const show = () => {
    const { timeline } = branch.peek() ?? {};
    if (timeline === undefined || mark === undefined) return;
    const event = eventOf(timeline, mark);
    if (event === undefined) return;
    isPlaying.value = false;
    seek(event);
  };
  return (
    <li>
      <p>{text}</p>
      {mark === undefined ? null : (
        <button type="button" onClick={show}>
          Show me
        </button>
      )}
    </li>
  );
}
