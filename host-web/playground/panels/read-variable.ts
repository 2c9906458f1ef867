/**
 * One variable of a connection at a cursor, in words, with what it was before this moment.
 */
import { type State } from '../../abi.ts';
import { stateName } from '../../inspect.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import type { Variable } from '../../sim/timeline/rows.ts';
import { firstOfMoment } from '../state/moments.ts';
import { span, thousands, timerName } from '../parts/words.ts';

export interface Reading {
  readonly text: string;
  /** What it was before the moment of the cursor's event; undefined when that is the same. */
  readonly before: string | undefined;
}

const SENT: ReadonlySet<Variable> = new Set(['SND.UNA', 'SND.NXT']);
const TIMES: ReadonlySet<Variable> = new Set(['SRTT', 'RTTVAR', 'RTO']);
/** ssthresh before any loss: as good as none. */
const UNBOUNDED = 0x7fff_ffff;

/** Reads it; undefined before it had a value. */
export function readVariable(
  timeline: Timeline,
  connection: number,
  name: Variable,
  cursor: number,
): Reading | undefined {
  const value = timeline.valueAt(connection, name, cursor);
  if (value === undefined) return undefined;
  const text = inWords(timeline, connection, name, value, cursor);
  const begin = firstOfMoment(timeline, cursor);
  const earlier = timeline.valueAt(connection, name, begin - 1);
  if (earlier === undefined || earlier === value) return { text, before: undefined };
  return { text, before: inWords(timeline, connection, name, earlier, begin - 1) };
}

function inWords(
  timeline: Timeline,
  connection: number,
  name: Variable,
  value: number,
  cursor: number,
): string {
  if (name === 'state') return stateName(value as State);
  if (SENT.has(name)) return relative(timeline, connection, 'ISS', value, cursor);
  if (name === 'RCV.NXT') return relative(timeline, connection, 'IRS', value, cursor);
  if (TIMES.has(name)) return value === 0 ? 'none yet' : span(value);
  if (name === 'timer') {
    const at = timeline.valueAt(connection, 'timer at', cursor) ?? 0;
    const left = at - timeline.events.at.at(Math.max(cursor, 0));
    return value === 0 ? 'none' : `${timerName(value)}, in ${span(Math.max(left, 0))}`;
  }
  if (name === 'options') {
    const words = [
      value & 1 ? 'timestamps' : '',
      value & 2 ? 'SACK' : '',
      value & 4 ? 'wscale' : '',
    ];
    return words.filter(Boolean).join(', ') || 'none';
  }
  if (name === 'ssthresh' && value >= UNBOUNDED) return 'unbounded';
  if (name === 'ISS' || name === 'IRS') return String(value);
  return thousands(value);
}

/** A sequence number counted from the SYN's. */
function relative(
  timeline: Timeline,
  connection: number,
  base: Variable,
  value: number,
  cursor: number,
): string {
  const begin = timeline.valueAt(connection, base, cursor) ?? 0;
  const offset = (value - begin) >>> 0;
  return base === 'IRS' && begin === 0 ? 'none yet' : `${base} + ${thousands(offset)}`;
}
