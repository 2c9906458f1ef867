/**
 * The conformance table as Markdown, and its place in `README.md` beside this file: counts,
 * departures with their reasons, and each requirement with the code that obeys it and a test that
 * shows it.
 *
 * Places are files without lines, for lines move with every edit.
 */
import { readFileSync } from 'node:fs';
import type { Source } from '../tidy/source.ts';
import { documents, type Entry, isCode, STATUSES, select, shortLabel, summary } from './ledger.ts';
import { DRAFT } from './bbr.ts';
import { SUBJECTS } from './others.ts';
import { deviations, labelsIn, type Place } from './scan.ts';

/** The document the table stands in, seen from the checkout's root. */
export const DOCUMENT = 'test/ledger/README.md';

/** What the table stands between. */
const BEGIN = '<!-- npm run ledger -- --write -->';
const END = '<!-- the ledger ends -->';

/** How a place is written: a path, or a path with its line. */
export type Spelling = (place: Place) => string;

/** The form that stays as it is when lines move. */
export const withoutLine: Spelling = ({ path }) => `\`${path}\``;
/** The form for whoever wants to go there. */
export const withLine: Spelling = ({ path, line }) => `\`${path}:${line}\``;

/** A row of a table; its cells keep within their bounds. */
function row(...cells: (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

function head(...cells: string[]): string[] {
  return [row(...cells), row(...cells.map(() => '---'))];
}

/** Places, each once. */
function places(all: readonly Place[], spell: Spelling): string {
  return [...new Set(all.map(spell))].join(', ');
}

/** A reason as it stands in the code, without the labels it begins with. */
function withoutLabels(reason: string): string {
  return reason.replace(/^(?:(?:[A-Z]+-\d+|(?:(?:RFC \d+|BBR) )?§[\d.]+[a-z]?),? )+/, '… ');
}

function reasonOf(entry: Entry): string {
  if (entry.status !== 'deviates') return entry.reason;
  return entry.departures.map(({ reason }) => reason).join(' ');
}

/** Where it is obeyed, or why it is not. */
function where(entry: Entry, spell: Spelling): string {
  const { status, cited, departures } = entry;
  if (status === 'met') return places(cited, spell);
  if (status === 'partly') return `${places(cited, spell)}, **but**: ${entry.reason}`;
  if (status !== 'deviates') return `**${status}**: ${entry.reason}`;
  return `**deviates**: ${places(departures, spell)}`;
}

const PREFIX =
  /^(?:(?:[A-Z]{3,4}-\d+|(?:(?:RFC \d+|BBR) )?§[\d.]+[a-z]?|hostile \d+[a-z])(?:, |: | and ))+/;

/** The first test that names it, and how many more do. */
function test({ status, shown }: Entry, spell: Spelling): string {
  const [first] = shown;
  if (first === undefined || status === 'absent' || status === 'moot') return '';
  const more = shown.length > 1 ? ` (+${shown.length - 1})` : '';
  return `${spell(first)}: ${first.name.replace(PREFIX, '')}${more}`;
}

/** What an RFC is, in a line. */
function title(rfc: number): string {
  const subject = SUBJECTS[rfc];
  if (rfc === DRAFT) return `BBR, ${subject}`;
  return subject === undefined ? `RFC ${rfc}` : `RFC ${rfc}, ${subject}`;
}

/** Counts of each RFC. */
function counts(entries: readonly Entry[]): string[] {
  const lines = head('', 'rules', ...STATUSES, 'MUSTs met');
  const rowOf = (name: string, of: readonly Entry[]) => {
    const musts = select(of, { level: 'MUST' });
    const done = musts.filter(({ status }) => status === 'met' || status === 'moot');
    const numbers = STATUSES.map((status) => select(of, { status }).length || '');
    const share = musts.length === 0 ? '' : `${done.length} of ${musts.length}`;
    return row(name, of.length, ...numbers, share);
  };
  for (const rfc of documents(entries)) lines.push(rowOf(title(rfc), select(entries, { rfc })));
  return [...lines, rowOf('**all**', entries)];
}

/** Every departure and every rule that is met in part, with its reason. */
function departures(entries: readonly Entry[], sources: readonly Source[]): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  const away = entries.filter(({ status }) => status === 'deviates' || status === 'partly');
  for (const entry of away) {
    const reason = reasonOf(entry);
    if (seen.has(reason)) continue;
    seen.add(reason);
    const same = away.filter((other) => reasonOf(other) === reason);
    const names = same.map(({ label, rule }) => `**${label}** (${rule})`);
    const status = entry.status === 'partly' ? 'in part: ' : '';
    lines.push(`- ${names.join(', ')}: ${status}${withoutLabels(reason)}`);
  }
  for (const { path, reason } of deviations(sources.filter(isCode))) {
    if (labelsIn(reason).length === 0) lines.push(`- \`${path}\`: ${reason}`);
  }
  return lines;
}

/** The table of one RFC. */
function table(entries: readonly Entry[], rfc: number, spell: Spelling): string[] {
  const rows = select(entries, { rfc }).map((entry) => {
    const { section, rule, level } = entry;
    const name = rfc === 9293 ? [entry.label, section] : [shortLabel(entry), level];
    return row(...name, rule, where(entry, spell), test(entry, spell));
  });
  const names = rfc === 9293 ? ['label', '§'] : ['§', 'level'];
  return [...head(...names, 'requirement', 'where', 'test'), ...rows];
}

/** The whole of it. */
export function conformance(
  entries: readonly Entry[],
  sources: readonly Source[],
  spell: Spelling = withoutLine,
): string {
  const others = documents(entries).filter((rfc) => rfc !== 9293);
  return [
    '## Counts',
    '',
    ...counts(entries),
    '',
    '## Departures, and why',
    '',
    ...departures(entries, sources),
    '',
    `## ${title(9293)}`,
    '',
    ...summary(entries, 9293).map((line) => `- ${line}`),
    '',
    ...table(entries, 9293, spell),
    ...others.flatMap((rfc) => ['', `## ${title(rfc)}`, '', ...table(entries, rfc, spell)]),
  ].join('\n');
}

/** The document with this table between its markers. */
export function inDocument(text: string, part: string): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no markers`);
  return `${before}${BEGIN}\n\n${part}\n\n${END}${after}`;
}

/** The document as it stands. */
export function readDocument(): string {
  return readFileSync(DOCUMENT, 'utf8');
}
