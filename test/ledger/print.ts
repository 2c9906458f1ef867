/**
 * Prints the conformance table of RFC 9293 as Markdown, and the counts.
 *
 * `node test/script.mjs test/ledger/print.ts`, run in the checkout; with `lines` each place has its
 * line, which the next edit may move. Claims that do not stand are written to standard error.
 */
import { readSources } from '../tidy/source.ts';
import { type Entry, faults, isCode, ledger, summary } from './ledger.ts';
import { deviations, labelsIn, type Place } from './scan.ts';

const withLines = process.argv.includes('lines');

/** Text that stays within its cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function place({ path, line }: Place): string {
  return `\`${withLines ? `${path}:${line}` : path}\``;
}

/** The places of an entry, each file once unless lines are wanted. */
function places(all: readonly Place[]): string {
  return [...new Set(all.map(place))].join(', ');
}

/** Where it is obeyed, or why it is not. */
function where({ status, cited, departures, reason }: Entry): string {
  if (status === 'met') return places(cited) || 'not marked yet';
  if (status === 'partly') return `${places(cited)}, **but**: ${reason}`;
  const why = departures.map((found) => `${place(found)}: ${found.reason}`);
  return `**${status}**: ${reason || why.join(' ') || 'not marked yet'}`;
}

/** The first test that names it, and how many more do. */
function test({ status, shown }: Entry): string {
  const [first] = shown;
  if (first === undefined || status === 'absent' || status === 'moot') return '';
  const name = first.name.replace(/^(?:(?:MUST|SHLD|MAY|REC)-\d+(?:, |: ))+/, '');
  const more = shown.length > 1 ? ` (+${shown.length - 1})` : '';
  return `${place(first)}: ${name}${more}`;
}

const sources = readSources('.');
const entries = ledger(sources);
const lines = ['| label | § | requirement | where | test |', '|---|---|---|---|---|'];
for (const entry of entries) {
  const cells = [entry.label, entry.section, entry.rule, where(entry), test(entry)];
  lines.push(`| ${cells.map(cell).join(' | ')} |`);
}
lines.push(
  '',
  ...summary(entries).map((line) => `- ${line}`),
  '',
  'Departures without a label:',
  '',
);
for (const found of deviations(sources.filter(isCode))) {
  if (labelsIn(found.reason).length === 0) lines.push(`- ${place(found)}: ${found.reason}`);
}
process.stdout.write(`${lines.join('\n')}\n`);

const wrong = faults(entries);
for (const fault of wrong) process.stderr.write(`${fault}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
