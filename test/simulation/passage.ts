/**
 * One sender of ours on a line of the loss bench, in virtual time: what gets through, and what is
 * sent again for it.
 */
import { createStackSync, END, type RawConnection, VirtualClock } from '../../host-web/index.ts';
import type { Rule } from '../../host-web/link/path.ts';
import { link } from '../../host-web/sim/index.ts';
import type { Cell } from '../bench/loss/cells.ts';
import { lineOf } from '../bench/loss/line.ts';
import { Observer } from '../bench/loss/observer.ts';
import type { Sysctl } from '../../host-web/sysctl.ts';

const PORT = 7001;
/** When the clock begins, which is never at 0. */
const BEGIN = 1_000;
/** Milliseconds: since the first data packet, `late` counts what is sent again. */
const AT_FIRST = 1000;

/** What is sent, and how. */
export interface Load {
  /** Octets of each write, as many as fit by default; so many milliseconds lie between two. */
  readonly writes?: readonly number[];
  readonly every?: number;
  /** Milliseconds until all is looked at. */
  readonly ms: number;
  readonly seed?: number;
  readonly sysctl?: Sysctl;
}

/** What came of it. */
export interface Passage {
  /** Octets that the receiver has read. */
  readonly octets: number;
  /** Segments sent again: all, and those after the first second. */
  readonly again: number;
  readonly late: number;
  /** … and those of which nothing had been lost. */
  readonly spurious: number;
  readonly timeouts: number;
  /** When they were sent again: milliseconds since the first data packet. */
  readonly times: readonly number[];
  /** Milliseconds from the last write until the receiver had read everything. */
  readonly took: number;
}

/** Counts what the line sees sent again, and when. */
function observer(): { times: number[]; rule: Rule } {
  const times: number[] = [];
  let first: number | undefined;
  const rule: Rule = ({ from, at, textLength, isRetransmission }) => {
    if (from !== 'A' || textLength === 0) return 'pass';
    first ??= at;
    if (isRetransmission) times.push(at - first);
    return 'pass';
  };
  return { times, rule };
}

/** Writes what a load says, or as much as goes; calls `written` with each write. */
function write(
  connection: RawConnection,
  clock: VirtualClock,
  { writes, every = 0 }: Load,
  written: () => void,
): void {
  const chunk = new Uint8Array(65_536);
  if (writes === undefined) {
    const fill = () => {
      while (connection.send(chunk) === chunk.length);
    };
    connection.onOpened = fill;
    connection.onWritable = fill;
    return;
  }
  let next = 0;
  const alarm = clock.alarm(() => {
    written();
    connection.send(chunk.subarray(0, writes[next++]!));
    if (next < writes.length) alarm.set(clock.now() + every);
  });
  connection.onOpened = () => alarm.set(clock.now());
}

/** Sends a load through a line. */
export function pass(cell: Cell, load: Load): Passage {
  const clock = new VirtualClock(BEGIN);
  const sysctl = { ...(cell.marks === undefined ? {} : { tcp_ecn: 1 }), ...load.sysctl };
  const [a, b] = ['10.0.0.1/24', '10.0.0.2/24'].map((address, i) =>
    createStackSync({ address, clock, sysctl, seed: new Uint8Array(32).fill(i + 1) }),
  );
  const line = lineOf(cell, load.seed ?? 1);
  const { times, rule } = observer();
  const observed = new Observer(cell.rtt, 0);
  link(a!, b!, { ...line, watch: observed.watch, rules: [rule, ...(line.rules ?? [])] });
  const into = new Uint8Array(65_536);
  let [octets, wroteAt, readAt] = [0, 0, 0];
  const listener = b!.openListener({ port: PORT });
  listener.onAcceptable = () => {
    const accepted = listener.accept()!;
    accepted.onReadable = () => {
      for (let n = accepted.receive(into); n > 0 && n !== END; n = accepted.receive(into)) {
        octets += n;
        readAt = clock.now();
      }
    };
  };
  const connection = a!.openConnection(`10.0.0.2:${PORT}`);
  write(connection, clock, load, () => (wroteAt = clock.now()));
  clock.advance(load.ms);
  const counters = a!.counters();
  return {
    octets,
    again: Number(counters['TcpRetransSegs']),
    late: times.filter((time) => time > AT_FIRST).length,
    spurious: observed.seenOf(PORT).spurious,
    timeouts: Number(counters['TcpExtTCPTimeouts']),
    times,
    took: readAt - wroteAt,
  };
}
