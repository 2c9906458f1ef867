/**
 * The rules of form and of words (laws 6 and 7 of design.md §1, and style.md part one).
 *
 * A rule takes every source and answers where it is broken and what to do. The rules of what the
 * core may do where (laws 4 and 7) stand in `laws.ts`.
 */
import { functionsOf, lineAt, type Source } from './source.ts';

/** One place where a rule is broken. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  /** What is wrong and what to do about it. */
  readonly advice: string;
}

/** A rule: what it says, and how it is checked. */
export interface Rule {
  readonly name: string;
  check(sources: readonly Source[]): Violation[];
}

const MAX_LINES = 400;
const MAX_FUNCTION_LINES = 70;
const MAX_COLUMNS = 100;
/** Written by `assembly/build.mjs`. */
const GENERATED = 'host-web/abi.ts';

/** Whether a path lies in a room. */
export function isIn(source: Source, ...rooms: string[]): boolean {
  return rooms.some((room) => source.path.startsWith(`${room}/`));
}

/** A rule that looks at one file at a time. */
export function perFile(
  name: string,
  applies: (source: Source) => boolean,
  check: (source: Source) => [number, string][],
): Rule {
  return {
    name,
    check: (sources) =>
      sources
        .filter(applies)
        .flatMap((source) =>
          check(source).map(([line, advice]) => ({ path: source.path, line, advice })),
        ),
  };
}

/** Lines, from 1, of which some text matches; `where` chooses text with or without comments. */
export function linesMatching(
  source: Source,
  where: 'lines' | 'codeLines',
  pattern: RegExp,
  advice: string,
): [number, string][] {
  return source[where].flatMap((text, i): [number, string][] => {
    const found = pattern.exec(text)?.[0].trim();
    return found === undefined ? [] : [[i + 1, advice.replace('$', () => found)]];
  });
}

const everywhere = (): boolean => true;
const written = (source: Source): boolean => source.path !== GENERATED;
/** The words of this room's own patterns would accuse themselves. */
const others = (source: Source): boolean => !/^test\/tidy/.test(source.path);

function longFile(source: Source): [number, string][] {
  const length = source.lines.length - (source.text.endsWith('\n') ? 1 : 0);
  return length <= MAX_LINES
    ? []
    : [[MAX_LINES + 1, `${length} lines: divide the file by subject`]];
}

function longFunctions(source: Source): [number, string][] {
  // `describe` is a chapter of a test, not a function one has to hold in one's head.
  return functionsOf(source)
    .filter(({ name }) => !name.startsWith('describe'))
    .filter(({ from, to }) => to - from + 1 > MAX_FUNCTION_LINES)
    .map(({ name, from, to }) => [from, `${name} has ${to - from + 1} lines: name its parts`]);
}

function longLines(source: Source): [number, string][] {
  return source.lines.flatMap((text, i): [number, string][] => {
    const columns = [...text].length;
    return columns <= MAX_COLUMNS ? [] : [[i + 1, `${columns} columns: break the line`]];
  });
}

/** What a line comment looks like when it was code once. */
const WAS_CODE = new RegExp(
  [
    String.raw`;\s*$`,
    String.raw`[{}]\s*$`,
    String.raw`^(?:const|let|var)\s+\w+(?::\s*\w+)?\s*=`,
    String.raw`^(?:import|export)\s.*\bfrom\b`,
    String.raw`^(?:return|throw|await|yield)\s.*[();]$`,
    String.raw`^(?:\w+\.)*\w+\([^ ]*\)$`,
  ].join('|'),
);

function commentedOut(source: Source): [number, string][] {
  const found: [number, string][] = [];
  for (const match of source.text.matchAll(/(^|\s)\/\/(?!\/)[ \t]*(.*)$/gm)) {
    const at = match.index + (match[1] ?? '').length;
    // A comment is blank in the code; two slashes inside a string are, too, but not a comment's.
    if (isInString(source, at) || !WAS_CODE.test((match[2] ?? '').trim())) continue;
    found.push([lineAt(source.text, at), 'code in a comment: delete it, git remembers']);
  }
  return found;
}

/** Whether a position lies inside a string: its line's quotes before it are not closed. */
function isInString(source: Source, at: number): boolean {
  const begin = source.text.lastIndexOf('\n', at) + 1;
  return (source.code.slice(begin, at).match(/'/g)?.length ?? 0) % 2 === 1;
}

/** A declaration that leaves a file of the core. */
const EXPORT = /^export (?:abstract )?(function|class|const|enum|type|interface) (\w+)/;

/**
 * Whether the lines above one end in a doc comment, decorators and fellow constants passed over.
 */
function isDocumented(lines: readonly string[], at: number, kind: string): boolean {
  for (let i = at - 1; i >= 0; i--) {
    const above = lines[i] ?? '';
    if (/\*\/\s*$/.test(above)) return true;
    const passes =
      above.startsWith('@') ||
      (kind === 'const' && /^export const /.test(above)) ||
      (kind === 'type' && /^export type /.test(above));
    if (!passes) return false;
  }
  return false;
}

function undocumented(source: Source): [number, string][] {
  return source.lines.flatMap((text, i): [number, string][] => {
    const [, kind = '', name = ''] = EXPORT.exec(text) ?? [];
    if (kind === '' || isDocumented(source.lines, i, kind)) return [];
    return [[i + 1, `${kind} ${name} has no doc comment: say in one sentence what it is`]];
  });
}

/** Rules every file is under. */
export const FORM: readonly Rule[] = [
  perFile('a file has at most 400 lines', written, longFile),
  perFile('a function has at most 70 lines', written, longFunctions),
  perFile('a line has at most 100 columns', written, longLines),
  perFile('a file opens with a doc comment', everywhere, (source) =>
    /^(?:#!.*\n)?\/\*\*/.test(source.text)
      ? []
      : [[1, 'say what is here, and what is not and why']],
  ),
  perFile('an export of the core has a doc comment', (s) => isIn(s, 'assembly'), undocumented),
  perFile('no compiler is told to look away', others, (source) =>
    linesMatching(
      source,
      'lines',
      /@ts-(?:ignore|nocheck|expect-error)/,
      '$: mend the type instead',
    ),
  ),
  perFile('nothing is left for later', others, (source) =>
    linesMatching(source, 'lines', /\b(?:TODO|FIXME|XXX|HACK)\b/, '$: do it, or open an issue'),
  ),
  perFile('no code in comments', others, commentedOut),
];

/** Rules about words. */
export const WORDS: readonly Rule[] = [
  perFile(
    "types of the platform are platform.ts's, which every TypeScript reads",
    (source) =>
      isIn(source, 'host-web', 'host-node') &&
      !isIn(source, 'host-web/playground', 'host-node/cli', 'host-node/run') &&
      !['host-web/platform.ts', 'host-web/core-wasm.d.ts'].includes(source.path),
    (source) =>
      linesMatching(
        source,
        'codeLines',
        /(?<!\b(?:new|instanceof|as) )\b(?:WebAssembly\.(?:Module|Memory)\b|Uint8Array<)/,
        '$: say Octets, WasmModule or WasmMemory',
      ),
  ),
  perFile(
    'a library prints nothing',
    (source) =>
      isIn(source, 'assembly', 'host-web', 'host-node') &&
      !isIn(source, 'host-node/cli', 'host-node/run') &&
      source.path.endsWith('.ts'),
    (source) =>
      linesMatching(
        source,
        'codeLines',
        /\bconsole\s*\./,
        '$ in a library: return, throw, or tell a listener',
      ),
  ),
  perFile(
    'the core says tcb',
    (source) => isIn(source, 'assembly'),
    (source) =>
      linesMatching(
        source,
        'codeLines',
        /\b(?:pcbs?|conn|sock|socket)\b|\bsocket[A-Z]\w*|\w+Socket[A-Z]\w*/,
        '$: the record of a connection is a tcb, and its name a handle (style.md §1)',
      ),
  ),
  perFile('a file is named for what it does', everywhere, ({ path }) => {
    const name = /[^/]*$/.exec(path)?.[0] ?? '';
    const empty = /(?:^|[-.])(util|helper|common|misc|manager)s?(?=[-.])/.exec(name)?.[1];
    return empty === undefined ? [] : [[1, `"${empty}" says nothing: name the subject`]];
  }),
  perFile(
    'protocol tests are synchronous',
    (source) => isIn(source, 'test/rfc9293'),
    (source) =>
      linesMatching(
        source,
        'codeLines',
        /\b(?:await|setTimeout|setInterval|setImmediate)\b/,
        '$: a real clock has leaked in; time moves by host.wait(ms)',
      ),
  ),
];
