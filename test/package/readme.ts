/**
 * The programs in the README: its code blocks, as a reader copies them.
 *
 * A block whose language is `ts` is a program by itself: it runs as JavaScript as it stands, and
 * is checked as TypeScript.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../host/bundle.ts';

export interface Block {
  /** What stands behind the fence: `ts`, `sh`, `js`. */
  readonly language: string;
  /** The heading it stands under. */
  readonly heading: string;
  readonly text: string;
}

/** Every code block of the README. */
export function blocks(): Block[] {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8');
  return readme.split(/^#+ /m).flatMap((section) => {
    const [heading = ''] = section.split('\n', 1);
    const fences = section.matchAll(/^```(\w*)\n(.*?)^```$/gms);
    return [...fences].map(([, language = '', text = '']) => ({ language, heading, text }));
  });
}
