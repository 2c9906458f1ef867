/**
 * The segments of the table: all combinations of the six control bits, each at every place of
 * sequence space that the rules could tell apart, with every acknowledgment, with and without text.
 */
import { ACK, FIN, PSH, RST, SYN, URG } from '../../dsl/segment.ts';
import { type Arrival, type Connection, has, lengthOf } from './model.ts';

/** Control bits of the table, and how it names them. */
export const FLAGS = [
  ['FIN', FIN],
  ['SYN', SYN],
  ['RST', RST],
  ['PSH', PSH],
  ['URG', URG],
] as const;

/** Where SEG.SEQ lies, from left to right. */
export const PLACES = [
  /** Its last octet lies just before RCV.NXT. */
  'below',
  /** It begins one octet before RCV.NXT and reaches over it. */
  'across',
  'RCV.NXT',
  'RCV.NXT+1',
  /** The last octet of the window. */
  'edge',
  'beyond',
] as const;
export type Place = (typeof PLACES)[number];

/** Where SEG.ACK lies, from left to right; `no ACK` is the ACK bit off. */
export const ACKS = [
  'no ACK',
  /** Just below SND.UNA - MAX.SND.WND, and just there. */
  'ancient',
  'oldest',
  'old',
  'SND.UNA',
  /** All our text, but not the FIN behind it. */
  'text',
  'SND.NXT',
  'beyond',
] as const;
export type Acked = (typeof ACKS)[number];

/** One event, in the table's own coordinates. */
export interface Event {
  readonly flags: number;
  readonly place: Place;
  readonly acked: Acked;
  readonly hasText: boolean;
}

/** The text of a segment that has some, and how far its urgent pointer reaches. */
const TEXT = 'ab';
const URGENT_REACH = 4;

function seqOf(at: Connection, place: Place, length: number): number {
  switch (place) {
    case 'below':
      return at.rcvNxt - Math.max(length, 1);
    case 'across':
      return at.rcvNxt - 1;
    case 'RCV.NXT':
      return at.rcvNxt;
    case 'RCV.NXT+1':
      return at.rcvNxt + 1;
    case 'edge':
      return at.rcvNxt + at.rcvWnd - 1;
    default:
      return at.rcvNxt + Math.max(at.rcvWnd, 1);
  }
}

function ackOf(at: Connection, acked: Acked): number {
  switch (acked) {
    case 'no ACK':
      return 0;
    case 'ancient':
      return at.una - at.maxWnd - 1;
    case 'oldest':
      return at.una - at.maxWnd;
    case 'old':
      return at.una - 1;
    case 'SND.UNA':
      return at.una;
    case 'text':
      return at.textEnd;
    case 'SND.NXT':
      return at.nxt;
    default:
      return at.nxt + 1;
  }
}

/** The segment of an event. */
export function arrivalOf(at: Connection, event: Event): Arrival {
  const ctl = event.flags | (event.acked === 'no ACK' ? 0 : ACK);
  const text = event.hasText ? TEXT : '';
  const seg: Arrival = {
    ctl,
    seq: 0,
    ack: ackOf(at, event.acked),
    text,
    up: ctl & URG ? URGENT_REACH : 0,
  };
  return { ...seg, seq: seqOf(at, event.place, lengthOf(seg)) };
}

/** Whether an event is one of its own for that connection, and not another one's twin. */
function exists(at: Connection, event: Event): boolean {
  const seg = arrivalOf(at, event);
  if (event.place === 'across' && lengthOf(seg) < 2) return false;
  if (at.rcvWnd === 0 && (event.place === 'RCV.NXT+1' || event.place === 'edge')) return false;
  if (event.acked === 'text') return at.una < at.textEnd && at.textEnd < at.nxt;
  if (event.acked === 'SND.NXT') return at.una < at.nxt;
  return !(has(seg, ACK) && event.acked === 'no ACK');
}

/** Every event of a connection. */
export function eventsOf(at: Connection): Event[] {
  const events: Event[] = [];
  const bits = FLAGS.map(([, bit]) => bit);
  for (let set = 0; set < 1 << bits.length; set++) {
    const flags = bits.reduce((sum, bit, i) => ((set >> i) & 1 ? sum | bit : sum), 0);
    for (const place of PLACES) {
      for (const acked of ACKS) {
        for (const hasText of [false, true]) {
          const event: Event = { flags, place, acked, hasText };
          if (exists(at, event)) events.push(event);
        }
      }
    }
  }
  return events;
}
