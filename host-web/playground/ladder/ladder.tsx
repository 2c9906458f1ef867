/**
 * The ladder on a canvas: as large as its window, however long the timeline is.
 *
 * The window scrolls over an empty element of the ladder's height, so that wheel, touch and
 * scrollbar are the platform's own. A canvas says nothing to a screen reader; the table of
 * events beside it is the same, and the cursor is one.
 */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useSize } from '../parts/use-size.ts';
import { openMenuAt, openMenuByKey, point, press, release } from './pointing.ts';
import { useDrawing } from './use-drawing.ts';

export function Ladder(): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const space = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  useDrawing({ frame, canvas, space }, size);
  return (
    <div
      class="ladder"
      ref={frame}
      tabIndex={0}
      role="group"
      aria-label="Ladder of packets. The table of events says the same in words."
      onClick={point}
      onContextMenu={openMenuAt}
      onKeyDown={openMenuByKey}
      onPointerDown={press}
      onPointerUp={release}
      onPointerMove={release}
      onPointerCancel={release}
    >
      <canvas
        ref={canvas}
        aria-hidden="true"
        style={{ width: `${size.width}px`, height: `${size.height}px` }}
      />
      <div ref={space} class="space" style={{ marginTop: `${-size.height}px` }} />
    </div>
  );
}
