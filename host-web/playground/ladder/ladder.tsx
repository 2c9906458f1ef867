/**
 * The ladder on a canvas: as large as its window, however long the recording is.
 *
 * The window scrolls over an empty element of the ladder's height, so that wheel, touch and
 * scrollbar are the platform's own. A canvas says nothing to who can not see it; the table of events
 * beside it is the same, and the cursor is one.
 */
import { effect, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useSize } from '../parts/use-size.ts';
import {
  branch,
  chosenPacket,
  cursor,
  eventCount,
  focus,
  isAtTop,
  isPlaying,
  seek,
  selectedPacket,
  version,
} from '../state/store.ts';
import { themeVersion } from '../state/theme.ts';
import { CanvasPen } from './canvas-pen.ts';
import { packetAt } from './hit.ts';
import { lanesFor } from './lanes.ts';
import { openMenu } from './menu-state.ts';
import { paintCursor, paintHead, paintLadder, type Scene } from './paint.ts';

/** Where the cursor's line is kept while it moves: this share of the window from its top. */
const KEPT_AT = 0.72;
/** A finger that rests for so long means the menu. */
const LONG_PRESS_MS = 500;

export function Ladder(): JSX.Element {
  const windowRef = useRef<HTMLDivElement>(null);
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const spaceRef = useRef<HTMLDivElement>(null);
  const penRef = useRef<CanvasPen | undefined>(undefined);
  const { width, height } = useSize(windowRef);
  const pressRef = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useEffect(() => {
    const canvas = canvasRef.current!;
    const frame = windowRef.current!;
    if (width === 0 || height === 0) return;
    const ratio = globalThis.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = (penRef.current ??= new CanvasPen(canvas));
    let asked = 0;
    const draw = () => {
      asked = 0;
      const scene = sceneOf(frame, width, height);
      pen.begin(width, height, ratio);
      if (scene === undefined) return;
      spaceRef.current!.style.height = `${scene.rungs.height + scene.lanes.head}px`;
      pen.move(scene.lanes.head - scene.top, ratio);
      paintLadder(scene, pen);
      paintCursor(scene, pen);
      pen.move(0, ratio);
      paintHead(scene, pen);
    };
    const ask = () => {
      asked ||= requestAnimationFrame(draw);
    };
    const stop = effect(() => {
      void [branch.value, version.value, cursor.value, selectedPacket.value, focus.value];
      if (themeVersion.value >= 0) pen.readTheme();
      ask();
    });
    frame.addEventListener('scroll', ask, { passive: true });
    return () => {
      stop();
      cancelAnimationFrame(asked);
      frame.removeEventListener('scroll', ask);
    };
  }, [width, height]);

  useSignalEffect(() => {
    const frame = windowRef.current;
    if (frame === null || branch.value === undefined) return;
    if (isAtTop.value) frame.scrollTop = 0;
    else keepInView(frame, cursor.value);
  });

  const at = (event: MouseEvent) => {
    const frame = windowRef.current!;
    const scene = sceneOf(frame, width, height);
    const box = frame.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (scene === undefined) return { packet: -1, y: -1 };
    const below = y - scene.lanes.head + scene.top;
    return { packet: packetAt(scene, x, below), y: below };
  };
  const point = (event: MouseEvent) => {
    const { packet, y } = at(event);
    const { recording, rungs } = branch.peek() ?? {};
    if (recording === undefined || rungs === undefined || y < 0) return;
    isPlaying.value = false;
    if (packet >= 0) {
      seek(recording.packets.event.at(packet));
      chosenPacket.value = packet;
    } else seek(Math.min(rungs.firstFrom(y + 1) - 1, eventCount.peek() - 1));
  };
  const menu = (event: MouseEvent) => {
    const { packet } = at(event);
    if (packet < 0) return;
    event.preventDefault();
    openMenu(packet, event.clientX, event.clientY);
  };
  const press = (event: PointerEvent) => {
    clearTimeout(pressRef.current);
    if (event.pointerType === 'touch') {
      pressRef.current = setTimeout(() => menu(event), LONG_PRESS_MS);
    }
  };
  const release = () => clearTimeout(pressRef.current);

  return (
    // biome-ignore lint/a11y/useSemanticElements: no element is a window on a drawing
    <div
      class="ladder"
      ref={windowRef}
      tabIndex={0}
      role="group"
      aria-label="Ladder of packets. The table of events says the same in words."
      onClick={point}
      onContextMenu={menu}
      onPointerDown={press}
      onPointerUp={release}
      onPointerMove={release}
      onPointerCancel={release}
    >
      <canvas ref={canvasRef} aria-hidden="true" style={{ width: `${width}px`, height: `${height}px` }} />
      <div ref={spaceRef} class="space" style={{ marginTop: `${-height}px` }} />
    </div>
  );
}

function sceneOf(frame: HTMLElement, width: number, height: number): Scene | undefined {
  const shown = branch.peek();
  if (shown === undefined) return undefined;
  const { recording, rungs, parent, forkedAt } = shown;
  const lanes = lanesFor(recording.hosts, width);
  const top = frame.scrollTop;
  return {
    recording,
    rungs,
    lanes,
    cursor: cursor.peek(),
    selected: selectedPacket.peek(),
    ghost: parent === undefined ? undefined : { recording: parent.recording, from: forkedAt },
    focus: focus.peek(),
    top,
    bottom: top + height - lanes.head,
  };
}

/** Scrolls so far that the cursor's event can be seen. */
function keepInView(frame: HTMLElement, event: number): void {
  const { rungs } = branch.peek() ?? {};
  if (rungs === undefined || event < 0 || event >= rungs.y.length) return;
  const head = 44;
  const y = rungs.y.at(event);
  const height = frame.clientHeight - head;
  const { scrollTop } = frame;
  if (isPlaying.peek()) {
    if (y > scrollTop + height * KEPT_AT || y < scrollTop) frame.scrollTop = y - height * KEPT_AT;
  } else if (y < scrollTop + 20 || y > scrollTop + height - 40) {
    frame.scrollTop = y - height / 2;
  }
}
