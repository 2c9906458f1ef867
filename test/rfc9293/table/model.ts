/**
 * What the table of states and events is made of: where a connection stands when an event meets
 * it, and what comes of it.
 *
 * Sequence numbers are whole numbers relative to the ISN of the side they belong to, so that the
 * rules compare them with `<` and an old one is simply negative. Nothing here looks at the core.
 */
import { print } from '../../dsl/notation.ts';
import { ACK, FIN, PSH, RST, SYN, type Segment } from '../../dsl/segment.ts';

/** The eleven states, as the RFC writes them. */
export type StateName =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/** A connection as RFC 9293 §3.3.1 describes it, and who holds it. */
export interface Connection {
  readonly state: StateName;
  /** OPEN was passive: a listener stands behind it, or did. */
  readonly isPassive: boolean;
  /** The user has no handle of the connection itself, only its listener's. */
  readonly isEntry: boolean;
  /** SND.UNA, SND.NXT, and SND.NXT without our FIN: where the text we sent ends. */
  readonly una: number;
  readonly nxt: number;
  readonly textEnd: number;
  /** MAX.SND.WND. */
  readonly maxWnd: number;
  /** RCV.NXT and RCV.WND. */
  readonly rcvNxt: number;
  readonly rcvWnd: number;
  /** Octets the receive buffer has: the peer can not have sent more ahead of an ACK of ours. */
  readonly buffer: number;
}

/** A segment that arrives. */
export interface Arrival {
  readonly ctl: number;
  readonly seq: number;
  readonly ack: number;
  readonly text: string;
  /** Where its urgent pointer points: octets behind SEG.SEQ. */
  readonly up: number;
}

export const has = (seg: Arrival, bit: number): boolean => (seg.ctl & bit) !== 0;

/** SEG.LEN. */
export const lengthOf = (seg: Arrival): number =>
  seg.text.length + (has(seg, SYN) ? 1 : 0) + (has(seg, FIN) ? 1 : 0);

/** A segment of ours: how the table says it, and how it looks on the wire. */
export interface Answer {
  readonly words: string;
  readonly wire: string;
}

const LETTERS = [
  [SYN, 'SYN'],
  [FIN, 'FIN'],
  [RST, 'RST'],
  [ACK, 'ACK'],
] as const;

/** A segment of ours as the wire's log prints it; PSH is left out, for it decides nothing. */
export function wire(segment: Segment): string {
  const { ctl, seq, text = '' } = segment;
  return print({ ctl: ctl & ~PSH, seq, ack: ctl & ACK ? segment.ack : 0, text });
}

function wordsOf(ctl: number): string {
  return LETTERS.filter(([bit]) => ctl & bit)
    .map(([, name]) => name)
    .join(',');
}

/** What an event leads to: written by the rules, compared with the core, printed in the table. */
export class Outcome {
  readonly from: Connection;
  state: StateName;
  /** Arrows of the state diagram, one after the other. */
  readonly path: string[] = [];
  /** Segments sent at once, and what a delayed acknowledgment sends later. */
  readonly answers: Answer[] = [];
  readonly later: Answer[] = [];
  readonly signals: string[] = [];
  /** What the call answers. */
  result = '';
  una: number;
  nxt: number;
  rcvNxt: number;
  /** Octets the user can read. */
  unread = 0;
  /** 2 MSL begin anew. */
  restarts = false;
  /** What of the segment is taken, and the steps that decided: for the table only. */
  readonly takes: string[] = [];
  readonly rules: string[] = [];
  /** URG would be signalled here. */
  hearsUrgent = false;
  #owes = '';
  #owesLater = false;

  constructor(from: Connection) {
    this.from = from;
    this.state = from.state;
    this.una = from.una;
    this.nxt = from.nxt;
    this.rcvNxt = from.rcvNxt;
  }

  /** Says which step decides. */
  by(rule: string): this {
    this.rules.push(rule);
    return this;
  }

  /** Follows an arrow; of a new connection, its listener's. */
  enter(state: StateName, from: StateName = this.state): void {
    this.path.push(`${from} -> ${state}`);
    this.state = state;
  }

  tell(...signals: string[]): void {
    for (const item of signals) if (!this.signals.includes(item)) this.signals.push(item);
  }

  take(what: string): void {
    this.takes.push(what);
  }

  /** CLOSED, and what its user hears of it: the name of an error, or that it was in order. */
  end(how: string): this {
    this.enter('CLOSED');
    this.tell(`CLOSED ${how}`);
    return this;
  }

  /** Sends a segment; `words` are what the table adds to its control bits. */
  send(segment: Segment, words = ''): this {
    const said = `${wordsOf(segment.ctl)}${words === '' ? '' : ` ${words}`}`;
    this.answers.push({ words: said, wire: wire(segment) });
    return this;
  }

  /** Owes `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`, sent when the whole segment is processed. */
  acknowledge(words = 'ACK'): this {
    if (this.#owes === '') this.#owes = words;
    return this;
  }

  /** The same, but text may wait for more of its kind (SHLD-18). */
  acknowledgeLater(): void {
    this.#owesLater = true;
  }

  /** Ends processing: what is owed goes out. */
  done(): this {
    const bare = wire({ ctl: ACK, seq: this.nxt, ack: this.rcvNxt });
    if (this.#owes !== '') this.answers.push({ words: this.#owes, wire: bare });
    else if (this.#owesLater) this.later.push({ words: 'ACK, delayed', wire: bare });
    return this;
  }
}

/** What can be compared with the core. */
export interface Facts {
  readonly state: string;
  readonly path: readonly string[];
  readonly answers: readonly string[];
  readonly later: readonly string[];
  readonly signals: readonly string[];
  readonly result: string;
  /** SND.UNA, SND.NXT, RCV.NXT and octets to read; null where no TCB is left to ask. */
  readonly variables: readonly [una: number, nxt: number, rcvNxt: number, unread: number] | null;
  readonly restarts: boolean;
}

/** States whose TCB tells its variables. */
const TOLD: readonly StateName[] = [
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
];

export const isTold = (state: string): boolean => TOLD.includes(state as StateName);

/** An outcome without its words. */
export function factsOf(outcome: Outcome): Facts {
  const { state, path, answers, later, signals, result } = outcome;
  const { una, nxt, rcvNxt, unread, restarts } = outcome;
  return {
    state,
    path,
    answers: answers.map((answer) => answer.wire),
    later: later.map((answer) => answer.wire),
    signals: [...signals].sort(),
    result,
    variables: isTold(outcome.state) ? [una, nxt, rcvNxt, unread] : null,
    restarts,
  };
}
