/**
 * Where labels stand, and sections of other RFCs: at lines of code, in explanations of departures,
 * in the names of tests.
 *
 * Only a `//` comment cites: at the end of the line that obeys, or on a line of its own right above
 * it. What a doc comment mentions helps the reader and proves nothing.
 */
import { lineAt, type Source } from '../tidy/source.ts';

const LABEL = /\b(?:MUST|SHLD|MAY|REC)-\d+\b/g;
const SECTION = '§\\d+(?:\\.\\d+)*[a-z]?(?!\\w)';
/** One RFC, or the draft of BBR, and its sections: `RFC 7323 §5.3a, §5.4 and §5.5`. */
const SECTIONS = new RegExp(`\\b(RFC \\d{3,4}|BBR) (${SECTION}(?:(?:, | and )${SECTION})*)`, 'g');

/** Where something stands. */
export interface Place {
  readonly path: string;
  readonly line: number;
}

/** A departure, and the reason given for it. */
export interface Deviation extends Place {
  readonly reason: string;
}

/** A test and its name. */
export interface Named extends Place {
  readonly name: string;
}

/** The labels and the sections of other RFCs in a text, each once. */
export function labelsIn(text: string): string[] {
  const sections = [...text.matchAll(SECTIONS)]
    .filter(([, document]) => document !== 'RFC 9293')
    .flatMap(([, document, list = '']) => list.split(/, | and /).map((at) => `${document} ${at}`));
  return [...new Set([...(text.match(LABEL) ?? []), ...sections])];
}

/** Departures; the reason may run on over several lines of comment. */
export function deviations(among: readonly Source[]): Deviation[] {
  return among.flatMap(({ path, text }) =>
    [...text.matchAll(/\bDEVIATION\b:?(.*(?:\n\s*(?:\/\/|\*(?!\/)) ?\S.*)*)/g)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      reason: (match[1] ?? '')
        .replace(/\n\s*(?:\/\/|\*)/g, ' ')
        .replace(/\*\/.*/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    })),
  );
}

/** Lines, from 1, that a departure is explained on. */
function deviationLines({ text }: Source): Set<number> {
  const lines = new Set<number>();
  for (const match of text.matchAll(/\bDEVIATION\b.*(?:\n\s*(?:\/\/|\*(?!\/)) ?\S.*)*/g)) {
    const from = lineAt(text, match.index);
    for (let i = 0; i < match[0].split('\n').length; i++) lines.add(from + i);
  }
  return lines;
}

/** Labels by the lines of code that cite them. */
export function citations(among: readonly Source[]): Map<string, Place[]> {
  const found = new Map<string, Place[]>();
  for (const source of among) {
    const explained = deviationLines(source);
    source.lines.forEach((text, i) => {
      const comment = /^\s*\/?\*/.test(text) ? undefined : /\/\/.*$/.exec(text)?.[0];
      if (comment === undefined || explained.has(i + 1)) return;
      for (const label of labelsIn(comment)) {
        found.set(label, [...(found.get(label) ?? []), { path: source.path, line: i + 1 }]);
      }
    });
  }
  return found;
}

/** Behind the bracket that closes the one at `at`, in code without strings. */
function behindBracket(code: string, at: number): number {
  let depth = 0;
  for (let end = at; end < code.length; end++) {
    if (code[end] === '(') depth++;
    else if (code[end] === ')' && --depth === 0) return end + 1;
  }
  return code.length;
}

/** Tests that run wherever the suite runs, by name: not those that are skipped, or skipped if. */
export function tests(among: readonly Source[]): Named[] {
  return among.flatMap((source) => {
    const { path, text, code } = source;
    const calls = code.matchAll(/(?<![.\w])(?:test|it)((?:\.\w+)*)(?:<[^(]*>)?\s*\(/g);
    return [...calls].flatMap((match) => {
      const chain = match[1] ?? '';
      if (/skip|todo|runIf/.test(chain)) return [];
      let at = match.index + match[0].length;
      if (/\.(?:each|for)$/.test(chain))
        at = code.indexOf('(', behindBracket(code, at - 1) - 1) + 1;
      const quote = at + (/^\s*/.exec(code.slice(at))?.[0].length ?? 0);
      if (code[quote] !== "'") return [];
      const name = text.slice(quote + 1, code.indexOf("'", quote + 1)).replaceAll('\\', '');
      return [{ path, line: lineAt(text, quote), name }];
    });
  });
}
