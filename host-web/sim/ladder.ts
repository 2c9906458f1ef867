/**
 * The ladder: one connection's segments as rungs between two TCPs, with states and reasons, from
 * the trace ring. The one ladder of the project: command line, failing tests and playground print
 * with it.
 *
 * The trace is one TCP's, so the left rail is what that TCP was in. The right rail is what the
 * remote TCP must have been in, read off the segments that crossed: exact on a link that neither
 * loses nor reorders, a good guess elsewhere. Not here: reading the ring (the stack does) and
 * colour.
 */
import { Ctl, Reason, Result, State, Timer, TraceKind } from '../abi.ts';
import { lettersOf } from '../link/segment.ts';
import { explain } from '../errors.ts';
import { stateName } from '../inspect.ts';
import type { TraceEvent } from '../trace.ts';

export interface LadderOptions {
  /** Names at the head of the rails. */
  readonly local?: string;
  readonly remote?: string;
  /** Time that is printed as zero, microseconds; that of the first event by default. */
  readonly epoch?: number;
  /** Octets of arrow between the rails; 44 by default. */
  readonly width?: number;
  /** Runs of more plain text and acknowledgments than this are told in one line; 6 by default. */
  readonly longestRun?: number;
  /** Print state changes with their reasons, timers and congestion control; true by default. */
  readonly notes?: boolean;
}

/** Flags as tcpdump prints them: `S.`, `P.`, `F.`, `.`, or `none`. */
export function flagsOf(control: number): string {
  return lettersOf(control) || 'none';
}

/** Whether an event is a segment that arrived or was sent. */
export function isSegment({ kind }: TraceEvent): boolean {
  return kind === TraceKind.SEGMENT_IN || kind === TraceKind.SEGMENT_OUT;
}

/**
 * The events of one connection.
 *
 * While a connection waits in the SYN queue, and once TIME-WAIT has its own record, the core has no
 * handle to write; such events are told by their sequence numbers.
 */
export function eventsOf(events: readonly TraceEvent[], handle: number): TraceEvent[] {
  const own = new Set<number>();
  for (const event of events) {
    if (event.handle !== handle || !isSegment(event)) continue;
    own.add(event.a).add(event.b);
    // A number one before is the SYN's or the FIN's, one behind what acknowledges it.
    own
      .add((event.a + 1) >>> 0)
      .add((event.a - 1) >>> 0)
      .add((event.b - 1) >>> 0);
  }
  own.delete(0);
  const strange = (event: TraceEvent) => event.handle === 0 || event.state === State.LISTEN;
  let related = false;
  return events.filter((event) => {
    if (event.handle === handle) return (related = true);
    if (!strange(event)) return false;
    if (isSegment(event))
      return (related = own.has(event.a) && ((event.c & Ctl.ACK) === 0 || own.has(event.b)));
    // A change of state without a handle belongs to the segment it follows.
    return related && event.kind === TraceKind.STATE;
  });
}

/** Where the remote TCP stands, as far as its segments and ours tell. */
class Remote {
  state = State.CLOSED;
  /** Sequence numbers behind our FIN and behind its own. */
  #ourFin: number | undefined;
  #itsFin: number | undefined;
  #hasOurFin = false;
  #isFinAcknowledged = false;

  /** A segment of its own has arrived here: what it acknowledges, it had before it sent it. */
  sent({ a: seq, b: ack, c }: TraceEvent): void {
    if (c & Ctl.RST) {
      this.state = State.CLOSED;
      return;
    }
    if (c & Ctl.SYN) this.state = c & Ctl.ACK ? State.SYN_RECEIVED : State.SYN_SENT;
    else if (this.state === State.SYN_SENT) this.state = State.ESTABLISHED;
    if (c & Ctl.ACK && ack === this.#ourFin) this.#takeFin();
    if (c & Ctl.FIN && this.#itsFin === undefined) {
      this.#itsFin = (seq + (c >>> 16) + 1) >>> 0;
      if (this.state === State.CLOSE_WAIT) this.state = State.LAST_ACK;
      else this.state = State.FIN_WAIT_1;
    }
  }

  /**
   * A segment of ours will reach it.
   *
   * @param crosses it sends a FIN before it has ours
   */
  receives({ a: seq, b: ack, c }: TraceEvent, crosses: boolean): void {
    if (c & Ctl.RST) {
      this.state = State.CLOSED;
      return;
    }
    const opens =
      this.state === State.SYN_RECEIVED || (this.state === State.SYN_SENT && (c & Ctl.SYN) !== 0);
    if (c & Ctl.ACK && opens) this.state = State.ESTABLISHED;
    if (c & Ctl.ACK && ack === this.#itsFin) this.#finIsAcknowledged();
    if (c & Ctl.FIN) {
      this.#ourFin = (seq + (c >>> 16) + 1) >>> 0;
      if (!crosses) this.#takeFin();
    }
  }

  #takeFin(): void {
    if (this.#hasOurFin) return;
    this.#hasOurFin = true;
    if (this.state === State.ESTABLISHED) this.state = State.CLOSE_WAIT;
    else if (this.state === State.FIN_WAIT_2) this.state = State.TIME_WAIT;
    else if (this.state === State.FIN_WAIT_1) {
      this.state = this.#isFinAcknowledged ? State.TIME_WAIT : State.CLOSING;
    }
  }

  #finIsAcknowledged(): void {
    this.#isFinAcknowledged = true;
    if (this.state === State.FIN_WAIT_1) this.state = State.FIN_WAIT_2;
    else if (this.state === State.CLOSING) this.state = State.TIME_WAIT;
    else if (this.state === State.LAST_ACK) this.state = State.CLOSED;
  }
}

/** A segment, or something that happened between two. */
interface Rung {
  readonly event: TraceEvent;
  /** State of the local TCP once it has dealt with it. */
  local: State;
  remote: State;
  /** What it brought about, below a segment; what happened, otherwise. */
  readonly notes: string[];
}

/** Prints the events of one connection, a line each for segments, notes below. */
export function ladder(events: readonly TraceEvent[], options: LadderOptions = {}): string {
  const { local = 'local', remote = 'remote', width = 44, longestRun = 6 } = options;
  const epoch = options.epoch ?? events[0]?.at ?? 0;
  const rungs = rungsOf(events, options.notes ?? true);
  const numbers = relativeNumbers(events);
  const lines = [`  ${' '.repeat(9)} ${local.padEnd(13)} ${' '.repeat(width - 2)} ${remote}`];
  for (let i = 0; i < rungs.length; ) {
    const run = plainRun(rungs, i);
    if (run > longestRun) {
      lines.push(summary(rungs.slice(i, i + run), width));
      i += run;
      continue;
    }
    lines.push(...printRung(rungs[i++]!, numbers, epoch, width));
  }
  return lines.join('\n');
}

function rungsOf(events: readonly TraceEvent[], withNotes: boolean): Rung[] {
  const rungs: Rung[] = [];
  const peer = new Remote();
  for (const [i, event] of events.entries()) {
    const last = rungs.at(-1);
    if (isSegment(event)) {
      if (last !== undefined && isRepeated(event, last.event)) {
        last.local = event.state;
        continue;
      }
      if (event.kind === TraceKind.SEGMENT_IN) peer.sent(event);
      else peer.receives(event, (event.c & Ctl.FIN) !== 0 && finsCross(events, i));
      rungs.push({ event, local: event.state, remote: peer.state, notes: [] });
      continue;
    }
    const isOwn = last === undefined || !follows(event, last.event);
    if (!isOwn && event.kind === TraceKind.STATE) last.local = event.state;
    const note = noteOf(event);
    if (!withNotes || note === '') continue;
    if (isOwn) rungs.push({ event, local: event.state, remote: peer.state, notes: [note] });
    else last.notes.push(note);
  }
  return rungs;
}

/**
 * Whether a segment is the one before, told again: the SYN queue's entry and the TCB made of it
 * both write the segment that completes a handshake.
 */
export function isRepeated(event: TraceEvent, before: TraceEvent | undefined): boolean {
  if (before?.handle !== 0 || before.kind !== event.kind || before.at !== event.at) return false;
  return before.a === event.a && before.b === event.b && before.c === event.c;
}

/** Whether the remote TCP sends its FIN before it has the one we send at `from`. */
function finsCross(events: readonly TraceEvent[], from: number): boolean {
  const { a: seq, c } = events[from]!;
  const end = (seq + (c >>> 16) + 1) >>> 0;
  const its = events
    .slice(from)
    .find(({ kind, c }) => kind === TraceKind.SEGMENT_IN && (c & Ctl.FIN) !== 0);
  return its !== undefined && its.b !== end;
}

/** Whether an event is what an arrived segment brought about; else the user or time did. */
function follows(event: TraceEvent, segment: TraceEvent): boolean {
  if (segment.kind !== TraceKind.SEGMENT_IN) return false;
  if (event.kind === TraceKind.CALL || event.kind === TraceKind.TIMER) return false;
  return !BY_USER.has(event.reason);
}

const BY_USER: ReadonlySet<Reason> = new Set([
  Reason.USER_OPEN,
  Reason.USER_CLOSE,
  Reason.USER_ABORT,
  Reason.RELEASED_WITH_UNREAD_TEXT,
]);

/** What a line says of an event that is no segment; empty when nothing. */
export function noteOf(event: TraceEvent): string {
  const { sentence, rfc } = explain(Result.OK, event.reason);
  const because = sentence === '' ? '' : `: ${sentence}${rfc === '' ? '' : ` (${rfc})`}`;
  switch (event.kind) {
    case TraceKind.STATE:
      // A TCB made of a SYN-queue entry has been in SYN-RECEIVED all along.
      if (event.a === State.CLOSED && event.b === State.SYN_RECEIVED) return '';
      return `${stateName(event.a)} → ${stateName(event.b)}${because}`;
    case TraceKind.DROP:
      return `dropped${because}`;
    case TraceKind.TIMER:
      return `timer ${Timer[event.a]!.replaceAll('_', ' ').toLowerCase()} ran out`;
    case TraceKind.CONGESTION:
      return `cwnd ${event.a} ssthresh ${event.b} in flight ${event.c}${because}`;
    case TraceKind.NOTE:
      return `noted${because}`;
    default:
      // A call that changes the state has said so; the others come with every octet.
      return '';
  }
}

/** Sequence numbers of each direction count from its SYN, or from the first segment seen. */
function relativeNumbers(events: readonly TraceEvent[]): { iss: number; irs: number } {
  const first = (kind: TraceKind, other: TraceKind): number => {
    const sent = events.find((event) => event.kind === kind);
    if (sent !== undefined) return sent.a;
    return events.find((event) => event.kind === other && (event.c & Ctl.ACK) !== 0)?.b ?? 0;
  };
  return {
    iss: first(TraceKind.SEGMENT_OUT, TraceKind.SEGMENT_IN),
    irs: first(TraceKind.SEGMENT_IN, TraceKind.SEGMENT_OUT),
  };
}

/** How many rungs from `from` on carry nothing but text and acknowledgments, without a note. */
function plainRun(rungs: readonly Rung[], from: number): number {
  let end = from;
  while (end < rungs.length && isPlain(rungs[end]!)) end++;
  return end - from;
}

function isPlain(rung: Rung): boolean {
  return (
    isSegment(rung.event) &&
    (rung.event.c & (Ctl.SYN | Ctl.FIN | Ctl.RST)) === 0 &&
    rung.notes.length === 0
  );
}

function summary(run: readonly Rung[], width: number): string {
  const count = (kind: TraceKind) => run.filter(({ event }) => event.kind === kind);
  const octets = (rungs: readonly Rung[]) =>
    rungs.reduce((sum, { event }) => sum + (event.c >>> 16), 0);
  const [sent, received] = [count(TraceKind.SEGMENT_OUT), count(TraceKind.SEGMENT_IN)];
  const said = (rungs: readonly Rung[]) => `${rungs.length} segments of ${octets(rungs)} octets`;
  const text = `… → ${said(sent)}, ← ${said(received)} …`;
  return `  ${' '.repeat(9)} ${' '.repeat(13)}${text.padStart((width + text.length) >> 1)}`;
}

/** A text on an arrow, to the right or to the left. */
export function arrow(text: string, isRight: boolean, width: number): string {
  const shaft = '─'.repeat(Math.max(2, width - 4 - text.length));
  return (isRight ? `─${text}${shaft}►` : `◄${shaft}${text}─`).padEnd(width - 2);
}

function printRung(
  rung: Rung,
  numbers: { iss: number; irs: number },
  epoch: number,
  width: number,
): string[] {
  const { event } = rung;
  const time = ((event.at - epoch) / 1e6).toFixed(6).padStart(9);
  if (!isSegment(event)) {
    return rung.notes.map((note) => `  ${time} ${stateName(rung.local).padEnd(13)} ${note}`);
  }
  const notes = rung.notes.map((note) => `  ${' '.repeat(9)} │ ${note}`);
  const states = [stateName(rung.local).padEnd(13), stateName(rung.remote)];
  return [`  ${time} ${states[0]} ${segmentArrow(event, numbers, width)} ${states[1]}`, ...notes];
}

/** A segment on its arrow: to the right what was sent, to the left what arrived. */
export function segmentArrow(
  event: TraceEvent,
  { iss, irs }: { readonly iss: number; readonly irs: number },
  width: number,
): string {
  const isOut = event.kind === TraceKind.SEGMENT_OUT;
  const [base, otherBase] = isOut ? [iss, irs] : [irs, iss];
  const length = event.c >>> 16;
  const seq = (event.a - base) >>> 0;
  const ack = event.c & Ctl.ACK ? ` ack ${(event.b - otherBase) >>> 0}` : '';
  const range = length > 0 ? `${seq}:${seq + length}` : `${seq}`;
  const text = ` [${flagsOf(event.c & 0xff)}] seq ${range}${ack} win ${event.d} `;
  return arrow(text, isOut, width);
}
