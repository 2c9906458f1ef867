/**
 * What the lines of the ladder mean.
 */
import type { JSX } from 'preact';
import { branch } from '../state/store.ts';

const SIGNS: readonly (readonly [string, string])[] = [
  ['M1 3 L27 9 M21 9.5 L27 9 L22.5 5', 'packet; slant: time on the way'],
  ['M1 5 L14 8 M11 5 L17 11 M11 11 L17 5', 'lost'],
  ['M1 6 H5 M8 6 H12 M15 6 H19 M22 6 H26', 'damaged'],
  ['M14 0 V1.5 M14 3.5 V5 M14 7 V8.5 M14 10.5 V12', 'timer'],
];

/** Only where there is a branch that was left. */
const GHOST = ['M1 6 H2 M6 6 H7 M11 6 H12 M16 6 H17 M21 6 H22', 'as it was'] as const;

export function Legend(): JSX.Element {
  const signs = branch.value?.parent === undefined ? SIGNS : [...SIGNS, GHOST];
  return (
    <ul class="legend" aria-hidden="true">
      {signs.map(([path, text]) => (
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
