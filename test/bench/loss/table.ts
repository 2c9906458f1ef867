/**
 * The loss bench's table: a row a cell, both senders' medians and their ratio.
 */
import { type Cell, nameOf } from './cells.ts';
import { goodputOf, latenessOf, median } from './figures.ts';
import type { Outcome, SenderName } from './place.ts';

/** The runs of a cell. */
export interface Row extends Readonly<Record<SenderName, readonly Outcome[]>> {
  readonly cell: Cell;
}

/** What was measured, and on what. */
export interface Circumstances {
  readonly machine: string;
  readonly load: number;
  readonly seconds: number;
  /** Mbit/s that the router carries of each sender where nothing else limits it. */
  readonly carried: Readonly<Record<SenderName, number>>;
}

/** A sender that gets more than this share of what the router carries is limited by that. */
const MOST = 0.8;

function middleOf(outcomes: readonly Outcome[]): number {
  return median(outcomes.map(goodputOf));
}

function ratioOf(row: Row): number {
  return middleOf(row.netcell) / middleOf(row.linux);
}

/** Whether the router, and no sender, is what is measured. */
function isRouters(row: Row, { carried }: Circumstances): boolean {
  return (['linux', 'netcell'] as const).some((name) => middleOf(row[name]) > MOST * carried[name]);
}

/** What else the reader of a row must know. */
function remarkOf(row: Row, given: Circumstances): string {
  const { cell, linux, netcell } = row;
  const drops = [linux, netcell].map((all) => median(all.map((outcome) => outcome.drops)));
  const isDropped = drops.some((count) => count > 0);
  return [
    isRouters(row, given) ? 'router' : '',
    latenessOf(cell.rtt, [...linux, ...netcell]),
    isDropped ? `lost before the router ${drops.join('/')}` : '',
  ]
    .filter(Boolean)
    .join('; ');
}

function lineOf(row: Row, given: Circumstances): string {
  const [linux, netcell] = [middleOf(row.linux), middleOf(row.netcell)];
  const again = [row.linux, row.netcell].map((all) =>
    String(median(all.map(({ retransmissions }) => retransmissions))).padStart(8),
  );
  const figures = [linux, netcell].map((figure) => figure.toFixed(2).padStart(9));
  const ratio = ratioOf(row).toFixed(2).padStart(6);
  const text = `${nameOf(row.cell).padEnd(50)}${figures.join('')}${ratio}${again.join('')}`;
  return `${text}  ${remarkOf(row, given)}`.trimEnd();
}

/** How many runs the rows stand for, in words. */
function takenOf(rows: readonly Row[]): string {
  const counts = [...new Set(rows.map(({ linux }) => linux.length))].sort((a, b) => a - b);
  const [least, most] = [counts[0], counts.at(-1)];
  if (most === 1) return 'one run';
  const more = least === most ? '' : `, of ${most} where one has few losses`;
  return `medians of ${least} runs${more}`;
}

/** The table as text. */
export function tableOf(rows: readonly Row[], given: Circumstances): string {
  const { machine, load, seconds, carried } = given;
  const whole = (figure: number) => figure.toFixed(0);
  const congestion = rows[0]?.linux[0]?.congestion ?? 'nothing';
  const head = `${'line'.padEnd(50)}${'Linux'.padStart(9)}${'netcell'.padStart(9)} ratio`;
  // What the router limits says nothing of a sender.
  const ratios = rows.filter((row) => !isRouters(row, given)).map(ratioOf);
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  const lines = [
    `Goodput of one sender, Mbit/s: netcell beside Linux with ${congestion}, both to Linux`,
    `${takenOf(rows)} of ${seconds} s; segments sent again`,
    `${machine}; load ${load.toFixed(1)} at the beginning`,
    `the router carries ${whole(carried.linux)} of Linux, ${whole(carried.netcell)} of netcell`,
    '',
    `${head}${'again'.padStart(8)}${'again'.padStart(8)}`,
    ...rows.map((row) => lineOf(row, given)),
    '',
    ...(ratios.length > 1 ? [`geometric mean of ${ratios.length} ratios: ${mean.toFixed(2)}`] : []),
    ...(ratios.length < rows.length ? ['router: what it carries limits both, not the line'] : []),
  ];
  return `${lines.join('\n')}\n`;
}
