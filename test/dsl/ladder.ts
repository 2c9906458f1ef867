/**
 * Ladders: what happened between the stack and its peer, one rung a line, and why.
 *
 * One printer, two sources: the log a test keeps of the segments on its wire, and the core's trace
 * ring, which knows states and reasons besides.
 */
import {
  Call,
  Ctl,
  REASONS,
  Reason,
  State,
  Timer,
  TraceEventField,
  TraceKind,
} from '../../host-web/abi.ts';
import { type Core } from '../../host-web/core.ts';
import { Memory } from '../../host-web/abi.ts';
import { print } from './notation.ts';

/** One line of a ladder. */
export interface Rung {
  /** Milliseconds. */
  at: number;
  /** `>` sent by the stack, `<` sent to it, blank for what happened inside. */
  arrow: '>' | '<' | ' ';
  /** A segment in notation, or what happened. */
  text: string;
  isOffending?: boolean;
}

/** Name of a state as the RFC writes it. */
export function stateName(state: number): string {
  return (State[state] ?? `state ${state}`).replaceAll('_', '-');
}

/** Prints rungs, times in seconds; the offending one is marked. */
export function printLadder(rungs: readonly Rung[]): string {
  return rungs
    .map((rung) => {
      const mark = rung.isOffending ? '>>>' : '   ';
      return `${mark} ${(rung.at / 1000).toFixed(3).padStart(10)}  ${rung.arrow} ${rung.text}`;
    })
    .join('\n');
}

/** One event of the trace ring. */
export interface TraceRecord {
  at: number;
  handle: number;
  kind: number;
  state: number;
  reason: number;
  numbers: readonly [number, number, number, number];
}

/** Reads the events from number `from` on, as far as the ring still has them. */
export function readTrace(core: Core, from: number, capacity: number): TraceRecord[] {
  const count = core.traceCount() >>> 0;
  const records: TraceRecord[] = [];
  for (let n = Math.max(from, count - capacity); n < count; n++) {
    const at = (core.traceBase() >>> 0) + (n % capacity) * Memory.TRACE_EVENT_SIZE;
    const view = core.view;
    const word = (field: number) => view.getUint32(at + field, true);
    records.push({
      at: Number(view.getBigUint64(at + TraceEventField.at, true)) / 1000,
      handle: word(TraceEventField.handle),
      kind: view.getUint8(at + TraceEventField.kind),
      state: view.getUint8(at + TraceEventField.state),
      reason: view.getUint16(at + TraceEventField.reason, true),
      numbers: [
        word(TraceEventField.a),
        word(TraceEventField.b),
        word(TraceEventField.c),
        word(TraceEventField.d),
      ],
    });
  }
  return records;
}

function because(reason: number): string {
  return reason === Reason.NONE ? '' : `: ${REASONS[reason as Reason] ?? `reason ${reason}`}`;
}

/** The rung of a trace event; segments only if the wire's own log does not show them already. */
export function rungOf(record: TraceRecord, withSegments: boolean, epoch = 0): Rung | null {
  const [a, b, c, d] = record.numbers;
  const at = record.at - epoch;
  switch (record.kind) {
    case TraceKind.SEGMENT_IN:
    case TraceKind.SEGMENT_OUT: {
      if (!withSegments) return null;
      const text = print({
        ctl: c & 0xff & ~Ctl.NONE,
        seq: a,
        ack: b,
        win: d,
        text: ' '.repeat(c >>> 16),
      });
      return {
        at,
        arrow: record.kind === TraceKind.SEGMENT_IN ? '<' : '>',
        text: `${text}  ${stateName(record.state)}`,
      };
    }
    case TraceKind.STATE:
      return {
        at,
        arrow: ' ',
        text: `${stateName(a)} -> ${stateName(b)}${because(record.reason)}`,
      };
    case TraceKind.DROP:
      return { at, arrow: ' ', text: `dropped or challenged${because(record.reason)}` };
    case TraceKind.TIMER:
      return {
        at,
        arrow: ' ',
        text: `timer ${Timer[a]} ran out (RTO ${b / 1000} ms, ${c} retransmissions)`,
      };
    case TraceKind.CONGESTION:
      return {
        at,
        arrow: ' ',
        text:
          `cwnd ${a} ssthresh ${b} FlightSize ${c} SRTT ${d / 1000} ms` + because(record.reason),
      };
    case TraceKind.NOTE:
      return { at, arrow: ' ', text: `noted${because(record.reason)}` };
    case TraceKind.CALL:
      return { at, arrow: ' ', text: `${Call[a]} answers ${c | 0}` };
    default:
      return null;
  }
}

/** The ladder of the trace ring alone: absolute numbers, states and reasons. */
export function traceLadder(core: Core, capacity: number, epoch = 0): Rung[] {
  return readTrace(core, 0, capacity).flatMap((record) => rungOf(record, true, epoch) ?? []);
}
