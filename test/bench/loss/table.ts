/**
 * The loss bench's table: a row a cell, both senders' medians and their ratio.
 */
import { type Cell, nameOf } from './cells.ts';
import type { Outcome, SenderName } from './place.ts';

/** The runs of a cell. */
export interface Row extends Readonly<Record<SenderName, readonly Outcome[]>> {
  readonly cell: Cell;
}

/** What was measured, and on what. */
export interface Circumstances {
  readonly machine: string;
  readonly load: number;
  readonly runs: number;
  readonly seconds: number;
  /** Mbit/s that the router carries of each sender where nothing else limits it. */
  readonly carried: Readonly<Record<SenderName, number>>;
  /** Cells that this router can not carry. */
  readonly unable: readonly Cell[];
}

/** Share of the round trip that the router may be late by before the row says so. */
const LATE = 0.1;
/** … and milliseconds that are always allowed. */
const LATE_MS = 0.5;

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}

function goodputOf(outcomes: readonly Outcome[]): number {
  return median(outcomes.map(({ bitsPerSecond }) => bitsPerSecond)) / 1e6;
}

function ratioOf(row: Row): number {
  return goodputOf(row.netcell) / goodputOf(row.linux);
}

/** What else the reader of a row must know. */
function remarkOf({ cell, linux, netcell }: Row): string {
  const late = Math.max(...[...linux, ...netcell].map((outcome) => outcome.late));
  const drops = [linux, netcell].map((all) => median(all.map((outcome) => outcome.drops)));
  const words: string[] = [];
  if (late > Math.max(LATE * cell.rtt, LATE_MS)) words.push(`router late by ${late.toFixed(1)} ms`);
  if (drops.some((count) => count > 0)) words.push(`lost before the router ${drops.join('/')}`);
  return words.join('; ');
}

function lineOf(row: Row): string {
  const [linux, netcell] = [goodputOf(row.linux), goodputOf(row.netcell)];
  const again = [row.linux, row.netcell].map((all) =>
    String(median(all.map(({ retransmissions }) => retransmissions))).padStart(8),
  );
  const figures = [linux, netcell].map((figure) => figure.toFixed(2).padStart(9));
  const ratio = ratioOf(row).toFixed(2).padStart(6);
  const text = `${nameOf(row.cell).padEnd(50)}${figures.join('')}${ratio}${again.join('')}`;
  return `${text}  ${remarkOf(row)}`.trimEnd();
}

/** The table as text. */
export function tableOf(rows: readonly Row[], given: Circumstances): string {
  const { machine, load, runs, seconds, carried, unable } = given;
  const whole = (figure: number) => figure.toFixed(0);
  const congestion = rows[0]?.linux[0]?.congestion ?? 'nothing';
  const head = `${'line'.padEnd(50)}${'Linux'.padStart(9)}${'netcell'.padStart(9)} ratio`;
  const mean = Math.exp(rows.reduce((sum, row) => sum + Math.log(ratioOf(row)), 0) / rows.length);
  const lines = [
    `Goodput of one sender, Mbit/s: netcell beside Linux with ${congestion}, both to Linux`,
    `${runs === 1 ? 'one run' : `medians of ${runs} runs`} of ${seconds} s; segments sent again`,
    `${machine}; load ${load.toFixed(1)} at the beginning`,
    `the router carries ${whole(carried.linux)} of Linux, ${whole(carried.netcell)} of netcell`,
    '',
    `${head}${'again'.padStart(8)}${'again'.padStart(8)}`,
    ...rows.map(lineOf),
    '',
    ...(rows.length > 1 ? [`geometric mean of ${rows.length} ratios: ${mean.toFixed(2)}`] : []),
    ...unable.map((cell) => `left out, the router would be what is measured: ${nameOf(cell)}`),
  ];
  return `${lines.join('\n')}\n`;
}
