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
  /** Where two stand side by side, a line of its own for the hosts that took it. */
  readonly label: readonly string[];
  readonly path: string;
  /** Where the label's first line stands, and which way it runs. */
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** The drawing's size, and a box's. */
export const WIDTH = 446;
export const HEIGHT = 400;
export const BOX = { width: 92, height: 24 } as const;

/** Columns of the figure; its rows stand at the places. */
const [LEFT, MIDDLE, RIGHT] = [48, 196, 344];

export const PLACES: readonly Place[] = [
  { state: 'CLOSED', x: MIDDLE, y: 18 },
  { state: 'LISTEN', x: MIDDLE, y: 78 },
  { state: 'SYN-RECEIVED', x: LEFT, y: 142 },
  { state: 'SYN-SENT', x: RIGHT, y: 142 },
  { state: 'ESTABLISHED', x: MIDDLE, y: 204 },
  { state: 'FIN-WAIT-1', x: LEFT, y: 258 },
  { state: 'CLOSE-WAIT', x: RIGHT, y: 258 },
  { state: 'FIN-WAIT-2', x: LEFT, y: 318 },
  { state: 'CLOSING', x: MIDDLE, y: 318 },
  { state: 'LAST-ACK', x: RIGHT, y: 318 },
  { state: 'TIME-WAIT', x: MIDDLE, y: 380 },
  { state: 'CLOSED', x: RIGHT, y: 380, isEnd: true },
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
  arrow('CLOSED > LISTEN', ['passive OPEN', 'create TCB'], 'M186 30 V65', 180, 45, 'end'),
  arrow('LISTEN > CLOSED', ['CLOSE', 'delete TCB', ''], 'M206 66 V31', 212, 40),
  arrow(
    'CLOSED > SYN-SENT',
    ['active OPEN', 'snd SYN'],
    'M242 12 H346 Q362 12 362 28 V129',
    368,
    62,
  ),
  arrow(
    'SYN-SENT > CLOSED',
    ['CLOSE', 'delete TCB', ''],
    'M340 130 V40 Q340 24 324 24 H243',
    334,
    40,
    'end',
  ),
  arrow(
    'LISTEN > SYN-RECEIVED',
    ['rcv SYN', 'snd SYN,ACK'],
    'M150 84 H78 Q62 84 62 100 V129',
    69,
    100,
  ),
  arrow('SYN-RECEIVED > LISTEN', ['rcv RST'], 'M30 130 V88 Q30 72 46 72 H149', 66, 66),
  arrow(
    'LISTEN > SYN-SENT',
    ['SEND', 'snd SYN'],
    'M242 78 H306 Q322 78 322 94 V129',
    316,
    94,
    'end',
  ),
  arrow('SYN-SENT > SYN-RECEIVED', ['rcv SYN, snd SYN,ACK'], 'M298 136 H95', MIDDLE, 131, 'middle'),
  arrow(
    'SYN-RECEIVED > ESTABLISHED',
    ['rcv ACK', 'of SYN'],
    'M94 148 H164 Q180 148 180 164 V191',
    173,
    165,
    'end',
  ),
  arrow(
    'SYN-SENT > ESTABLISHED',
    ['rcv SYN,ACK', 'snd ACK'],
    'M298 148 H228 Q212 148 212 164 V191',
    219,
    165,
  ),
  arrow('SYN-RECEIVED > FIN-WAIT-1', ['CLOSE', 'snd FIN'], 'M22 154 V245', 28, 194),
  arrow(
    'ESTABLISHED > FIN-WAIT-1',
    ['CLOSE', 'snd FIN'],
    'M150 204 H92 Q76 204 76 220 V245',
    83,
    221,
  ),
  arrow(
    'ESTABLISHED > CLOSE-WAIT',
    ['rcv FIN', 'snd ACK'],
    'M242 204 H328 Q344 204 344 220 V245',
    337,
    221,
    'end',
  ),
  arrow('FIN-WAIT-1 > FIN-WAIT-2', ['rcv ACK', 'of FIN'], 'M36 270 V305', 42, 286),
  arrow(
    'FIN-WAIT-1 > CLOSING',
    ['rcv FIN', 'snd ACK'],
    'M94 258 H180 Q196 258 196 274 V305',
    189,
    275,
    'end',
  ),
  arrow('CLOSE-WAIT > LAST-ACK', ['CLOSE', 'snd FIN'], 'M344 270 V305', 350, 286),
  arrow(
    'FIN-WAIT-2 > TIME-WAIT',
    ['rcv FIN', 'snd ACK'],
    'M48 330 V364 Q48 380 64 380 H149',
    56,
    348,
  ),
  arrow('CLOSING > TIME-WAIT', ['rcv ACK', 'of FIN'], 'M196 330 V367', 202, 345),
  arrow('LAST-ACK > CLOSED', ['rcv ACK', 'of FIN'], 'M344 330 V367', 350, 345),
  arrow('TIME-WAIT > CLOSED', ['2 MSL'], 'M242 380 H297', 269, 394, 'middle'),
];
