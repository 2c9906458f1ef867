/**
 * Draws the ladder's window whenever something in it may be different, at most once a frame.
 */
import { effect, useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Size } from '../parts/use-size.ts';
import { branch, cursor, focus, isAtTop, selectedPacket, version } from '../state/store.ts';
import { themeVersion } from '../state/theme.ts';
import { CanvasPen } from './canvas-pen.ts';
import { paintHead, paintLadder, paintCursorTime } from './paint.ts';
import { keepInView, sceneOf } from './scene.ts';

/** The elements of the window: it scrolls over `space`, which is as high as the ladder. */
export interface Elements {
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly space: RefObject<HTMLDivElement | null>;
}

/** Keeps the canvas drawn, and the cursor in view. */
export function useDrawing({ frame, canvas, space }: Elements, { width, height }: Size): void {
  const penRef = useRef<CanvasPen | undefined>(undefined);
  useEffect(() => {
    const [window, drawing] = [frame.current!, canvas.current!];
    if (width === 0 || height === 0) return;
    const ratio = globalThis.devicePixelRatio || 1;
    drawing.width = Math.round(width * ratio);
    drawing.height = Math.round(height * ratio);
    const pen = (penRef.current ??= new CanvasPen(drawing));
    let asked = 0;
    let drawnHeight = -1;
    const draw = () => {
      asked = 0;
      const scene = sceneOf(window, width, height);
      pen.begin(width, height, ratio);
      if (scene === undefined) return;
      const whole = scene.rungs.height + scene.lanes.head;
      if (whole !== drawnHeight) space.current!.style.height = `${(drawnHeight = whole)}px`;
      pen.move(scene.lanes.head - scene.top, ratio);
      paintLadder(scene, pen);
      paintCursorTime(scene, pen);
      pen.move(0, ratio);
      paintHead(scene, pen);
    };
    const ask = () => {
      asked ||= requestAnimationFrame(draw);
    };
    const stopTheme = effect(() => {
      if (themeVersion.value >= 0) pen.readTheme();
      ask();
    });
    const stop = effect(() => {
      void [branch.value, version.value, cursor.value, selectedPacket.value, focus.value];
      ask();
    });
    window.addEventListener('scroll', ask, { passive: true });
    return () => {
      stopTheme();
      stop();
      cancelAnimationFrame(asked);
      window.removeEventListener('scroll', ask);
    };
  }, [frame, canvas, space, width, height]);

  useSignalEffect(() => {
    if (frame.current === null || branch.value === undefined) return;
    if (isAtTop.value) frame.current.scrollTop = 0;
    else keepInView(frame.current, cursor.value);
  });
}
