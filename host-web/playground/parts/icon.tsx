/**
 * The few signs the web page has, drawn in the text's colour.
 */
import type { JSX } from 'preact';

const PATHS = {
  play: 'M4 2 L14 8 L4 14 Z',
  pause: 'M3 2 H6.5 V14 H3 Z M9.5 2 H13 V14 H9.5 Z',
  next: 'M3 2 L10 8 L3 14 Z M11 2 H13.5 V14 H11 Z',
  back: 'M13 2 L6 8 L13 14 Z M5 2 H2.5 V14 H5 Z',
  first: 'M14 2 L8 8 L14 14 Z M8.5 2 L2.5 8 L8.5 14 Z M1 2 H2.5 V14 H1 Z',
  last: 'M2 2 L8 8 L2 14 Z M7.5 2 L13.5 8 L7.5 14 Z M13.5 2 H15 V14 H13.5 Z',
  sun:
    'M8 4.5 A3.5 3.5 0 1 0 8 11.5 A3.5 3.5 0 1 0 8 4.5 Z M7.2 0 H8.8 V2.5 H7.2 Z ' +
    'M7.2 13.5 H8.8 V16 H7.2 Z M0 7.2 H2.5 V8.8 H0 Z M13.5 7.2 H16 V8.8 H13.5 Z',
  moon: 'M10.5 1 A7 7 0 1 0 15 10.5 A5.8 5.8 0 0 1 10.5 1 Z',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={PATHS[name]} fill="currentColor" />
    </svg>
  );
}
