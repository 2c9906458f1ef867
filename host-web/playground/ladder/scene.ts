/**
 * The scene of the ladder's window now: the store's branch and cursor, and how far it is scrolled.
 */
import { branch, cursor, focus, isPlaying, selectedPacket } from '../state/store.ts';
import { HEAD, lanesFor } from './lanes.ts';
import { rungsOf } from './placed.ts';
import type { Scene } from './view.ts';

/** Where the cursor's line is kept while it moves: this share of the window from its top. */
const KEPT_AT = 0.72;

/** What is in view; undefined before there is a branch. */
export function sceneOf(frame: HTMLElement, width: number, height: number): Scene | undefined {
  const shown = branch.peek();
  if (shown === undefined) return undefined;
  const { timeline, parent, forkedAt } = shown;
  const lanes = lanesFor(timeline.hosts, width);
  const top = frame.scrollTop;
  return {
    timeline,
    rungs: rungsOf(shown),
    lanes,
    cursor: cursor.peek(),
    selected: selectedPacket.peek(),
    ghost: parent === undefined ? undefined : { timeline: parent.timeline, from: forkedAt },
    focus: focus.peek(),
    top,
    bottom: top + height - HEAD,
  };
}

/** Scrolls so far that the cursor's event can be seen. */
export function keepInView(frame: HTMLElement, event: number): void {
  const shown = branch.peek();
  if (shown === undefined || event < 0) return;
  const { y: heights } = rungsOf(shown);
  if (event >= heights.length) return;
  const y = heights.at(event);
  const height = frame.clientHeight - HEAD;
  const { scrollTop } = frame;
  if (isPlaying.peek()) {
    if (y > scrollTop + height * KEPT_AT || y < scrollTop) frame.scrollTop = y - height * KEPT_AT;
  } else if (y < scrollTop + 20 || y > scrollTop + height - 40) {
    frame.scrollTop = y - height / 2;
  }
}
