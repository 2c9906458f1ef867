/**
 * The state diagram of RFC 9293 §3.3.2 (figure 5): where each state stands, and its arrows.
 *
 * The geometry follows the figure, its second CLOSED at the bottom included. What the figure leaves
 * to its notes (a RST, a timeout, ABORT) is no arrow here; the panel lists such a change in words.
 */
import type { TcpState } from '../../inspect.ts';

/** A box, by its centre. */
export interface Place {
  readonly state: TcpState;
  readonly x: number;
  readonly y: number;
  /** The CLOSED that a connection ends in. */
  readonly isEnd?: boolean;
}

/** One arrow, with what the figure writes on it: the event, and what is sent. */
export interface Arrow {
  readonly from: TcpState;
  readonly to: TcpState;
  readonly label: readonly string[];
  readonly path: string;
  /** Where the label's first line stands, and which way it runs. */
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** The drawing's size, and a box's. */
export const WIDTH = 436;
export const HEIGHT = 370;
export const BOX = { width: 92, height: 22 } as const;

/** Columns and rows of the figure. */
const [LEFT, MIDDLE, RIGHT] = [50, 204, 358];

export const PLACES: readonly Place[] = [
  { state: 'CLOSED', x: MIDDLE, y: 16 },
  { state: 'LISTEN', x: MIDDLE, y: 72 },
  { state: 'SYN-RECEIVED', x: LEFT, y: 132 },
  { state: 'SYN-SENT', x: RIGHT, y: 132 },
  { state: 'ESTABLISHED', x: MIDDLE, y: 190 },
  { state: 'FIN-WAIT-1', x: LEFT, y: 240 },
  { state: 'CLOSE-WAIT', x: RIGHT, y: 240 },
  { state: 'FIN-WAIT-2', x: LEFT, y: 296 },
  { state: 'CLOSING', x: MIDDLE, y: 296 },
  { state: 'LAST-ACK', x: RIGHT, y: 296 },
  { state: 'TIME-WAIT', x: MIDDLE, y: 352 },
  { state: 'CLOSED', x: RIGHT, y: 352, isEnd: true },
];

function arrow(
  ends: string,
  label: readonly string[],
  path: string,
  x: number,
  y: number,
  anchor: Arrow['anchor'] = 'start',
): Arrow {
  const [from, to] = ends.split(' > ') as [TcpState, TcpState];
  return { from, to, label, path, x, y, anchor };
}

export const ARROWS: readonly Arrow[] = [
  arrow('CLOSED > LISTEN', ['passive OPEN', 'create TCB'], 'M194 27 V60', 188, 41, 'end'),
  arrow('LISTEN > CLOSED', ['CLOSE', 'delete TCB'], 'M214 61 V28', 220, 41),
  arrow(
    'CLOSED > SYN-SENT',
    ['active OPEN', 'snd SYN'],
    'M250 11 H358 Q374 11 374 27 V120',
    380,
    58,
  ),
  arrow(
    'SYN-SENT > CLOSED',
    ['CLOSE', 'delete TCB'],
    'M352 121 V38 Q352 22 336 22 H251',
    346,
    38,
    'end',
  ),
  arrow(
    'LISTEN > SYN-RECEIVED',
    ['rcv SYN', 'snd SYN,ACK'],
    'M158 76 H76 Q60 76 60 92 V120',
    67,
    92,
  ),
  arrow('SYN-RECEIVED > LISTEN', ['rcv RST'], 'M30 121 V82 Q30 66 46 66 H157', 66, 61),
  arrow('LISTEN > SYN-SENT', ['SEND', 'snd SYN'], 'M250 72 H314 Q330 72 330 88 V120', 324, 88, 'end'),
  arrow('SYN-SENT > SYN-RECEIVED', ['rcv SYN, snd SYN,ACK'], 'M312 127 H97', MIDDLE, 122, 'middle'),
  arrow(
    'SYN-RECEIVED > ESTABLISHED',
    ['rcv ACK', 'of SYN'],
    'M96 137 H172 Q188 137 188 153 V178',
    182,
    153,
    'end',
  ),
  arrow(
    'SYN-SENT > ESTABLISHED',
    ['rcv SYN,ACK', 'snd ACK'],
    'M312 137 H236 Q220 137 220 153 V178',
    227,
    153,
  ),
  arrow('SYN-RECEIVED > FIN-WAIT-1', ['CLOSE', 'snd FIN'], 'M30 143 V228', 36, 182),
  arrow(
    'ESTABLISHED > FIN-WAIT-1',
    ['CLOSE', 'snd FIN'],
    'M158 190 H92 Q76 190 76 206 V228',
    83,
    206,
  ),
  arrow(
    'ESTABLISHED > CLOSE-WAIT',
    ['rcv FIN', 'snd ACK'],
    'M250 190 H342 Q358 190 358 206 V228',
    351,
    206,
    'end',
  ),
  arrow('FIN-WAIT-1 > FIN-WAIT-2', ['rcv ACK', 'of FIN'], 'M40 251 V284', 46, 266),
  arrow(
    'FIN-WAIT-1 > CLOSING',
    ['rcv FIN', 'snd ACK'],
    'M96 240 H188 Q204 240 204 256 V284',
    197,
    256,
    'end',
  ),
  arrow('CLOSE-WAIT > LAST-ACK', ['CLOSE', 'snd FIN'], 'M358 251 V284', 364, 266),
  arrow(
    'FIN-WAIT-2 > TIME-WAIT',
    ['rcv FIN', 'snd ACK'],
    'M50 307 V336 Q50 352 66 352 H157',
    58,
    324,
  ),
  arrow('CLOSING > TIME-WAIT', ['rcv ACK', 'of FIN'], 'M204 307 V340', 210, 321),
  arrow('LAST-ACK > CLOSED', ['rcv ACK', 'of FIN'], 'M358 307 V340', 364, 321),
  arrow('TIME-WAIT > CLOSED', ['2 MSL', 'delete TCB'], 'M250 352 H311', 281, 347, 'middle'),
];
