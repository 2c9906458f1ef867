/**
 * What the lines of the ladder mean.
 */
import type { JSX } from 'preact';

const SIGNS: readonly (readonly [string, string])[] = [
  ['M1 3 L27 9 M21 9.5 L27 9 L22.5 5', 'packet; slant: time on the way'],
  ['M1 5 L14 8 M11 5 L17 11 M11 11 L17 5', 'lost'],
  ['M1 6 H5 M8 6 H12 M15 6 H19 M22 6 H26', 'damaged'],
  ['M14 0 V1.5 M14 3.5 V5 M14 7 V8.5 M14 10.5 V12', 'timer'],
];

export function Legend(): JSX.Element {
  return (
    <ul class="legend" aria-hidden="true">
      {SIGNS.map(([path, text]) => (
        <li key={text}>
          <svg width="28" height="12" viewBox="0 0 28 12" role="presentation">
            <path d={path} fill="none" stroke="currentColor" stroke-width="1.5" />
          </svg>
          {text}
        </li>
      ))}
    </ul>
  );
}
