/**
 * The table of the loss bench's cases: two figures a row, the bar, and whether it is met.
 */
import type { Group, Verdict } from './cases.ts';

/** A group, and what came of it. */
export interface Judged {
  readonly group: Group;
  readonly verdicts: readonly Verdict[];
}

const NAME_WIDTH = 58;
const FIGURE_WIDTH = 9;
const BAR_WIDTH = 20;

function rowOf({ name, figures, digits, bar = '', isMet, remark = '' }: Verdict): string {
  const [first, second] = figures;
  const texts = figures.map((figure) => figure.toFixed(digits).padStart(FIGURE_WIDTH));
  const ratio = first === 0 ? '-' : (second / first).toFixed(2);
  const verdict = isMet === undefined ? '' : isMet ? 'yes' : 'NO';
  const judged = `  ${bar.padEnd(BAR_WIDTH)} ${verdict.padEnd(3)}  ${remark}`;
  return `${name.padEnd(NAME_WIDTH)}${texts.join('')}${ratio.padStart(6)}${judged}`.trimEnd();
}

function sectionOf({ group, verdicts }: Judged): string {
  const columns = group.columns.map((column) => column.padStart(FIGURE_WIDTH)).join('');
  const head = `${''.padEnd(NAME_WIDTH)}${columns} ratio  ${'bar'.padEnd(BAR_WIDTH)} met`;
  return [group.title, head, ...verdicts.map(rowOf)].join('\n');
}

/** The table as text. */
export function casesTableOf(judged: readonly Judged[], circumstances: readonly string[]): string {
  return `${[circumstances.join('\n'), ...judged.map(sectionOf)].join('\n\n')}\n`;
}
