/**
 * RFC 9293's own drawings, executed: Figures 6 to 13.
 *
 * Two stacks, A and B, and a wire on which each packet waits until the test lets it arrive; what
 * is "late" in a figure arrives late here. Each line of a figure is one line of the table below:
 * the state on the left after it, SEQ, ACK and CTL of its segment, the state on the right after
 * it. The RFC's ISNs are 100 for A and 300 for B unless a figure says otherwise; ours are
 * translated.
 */
import { expect, test } from 'vitest';
import { Option, Signal, State } from '../../host-web/abi.ts';
import { Host } from '../dsl/host.ts';
import { stateName } from '../dsl/ladder.ts';
import {
  ACK,
  decode,
  encode,
  FIN,
  type Flow,
  type Received,
  RST,
  SYN,
  type Segment,
} from '../dsl/segment.ts';
import { octetsOf, Stack } from '../dsl/stack.ts';

type Name = 'A' | 'B';

/** One end of the wire. */
class End {
  readonly stack: Stack;
  /** Packets that have left and not arrived. */
  readonly wire: Uint8Array[] = [];
  user: Host;
  /** The figure's ISN, and ours. */
  base: number;
  iss: number | undefined;

  constructor(address: string, seed: number, base: number, settings: object) {
    this.stack = new Stack({
      ownAddress: address,
      seed,
      settings: { 3: 0, 4: 0, 5: 0, ...settings },
    });
    this.stack.sinks.push((packet) => this.wire.push(packet) > 0);
    this.user = new Host(this.stack).create();
    this.base = base;
  }

  /** The state of the connection, wherever its record lies. */
  state(): State {
    const records = this.stack.records();
    const record =
      records.find((r) => r.remotePort !== 0) ?? records.find((r) => r.state === State.LISTEN);
    return record?.state ?? State.CLOSED;
  }
}

/** Two stacks, with addresses 10.0.0.1 (A, port 1000) and 10.0.0.2 (B, port 2000). */
class Exchange {
  readonly ends: Record<Name, End>;

  constructor({ a = 100, b = 300 } = {}) {
    this.ends = { A: new End('10.0.0.1', 1, a, {}), B: new End('10.0.0.2', 2, b, {}) };
  }

  get a(): Host {
    return this.ends.A.user;
  }

  get b(): Host {
    return this.ends.B.user;
  }

  openA(): void {
    expect(this.a.connect('10.0.0.2', 2000, { port: 1000 })).toBe(0);
  }

  openB(): void {
    expect(this.b.connect('10.0.0.1', 1000, { port: 2000 })).toBe(0);
  }

  /** The next packet of one end, with the figure's numbers. */
  peek(from: Name, index = 0): Received {
    const { wire, stack } = this.ends[from];
    const packet = wire[index] ?? stack.fail(`${from} has sent nothing more`);
    const segment = decode(packet);
    const sender = this.ends[from];
    const receiver = this.ends[from === 'A' ? 'B' : 'A'];
    if (segment.ctl & SYN && sender.iss === undefined) sender.iss = segment.seq;
    const figure = (number: number, end: End) =>
      end.iss === undefined ? number : (number - end.iss + end.base) >>> 0;
    return {
      ...segment,
      seq: figure(segment.seq, sender),
      ack: segment.ctl & ACK ? figure(segment.ack, receiver) : 0,
    };
  }

  /** Lets the packet `index` of one end arrive; answers it in the figure's numbers. */
  arrive(from: Name, index = 0): Received {
    const segment = this.peek(from, index);
    const [packet] = this.ends[from].wire.splice(index, 1);
    const to = this.ends[from === 'A' ? 'B' : 'A'].stack;
    to.input(packet as Uint8Array);
    to.pump();
    return segment;
  }

  /** A segment nobody of now has sent, with the figure's numbers. */
  forge(to: Name, segment: Segment): void {
    const receiver = this.ends[to];
    const sender = this.ends[to === 'A' ? 'B' : 'A'];
    const ours = (number: number, end: End) => (number - end.base + (end.iss ?? end.base)) >>> 0;
    const flow: Flow =
      to === 'A'
        ? {
            source: octetsOf('10.0.0.2'),
            destination: octetsOf('10.0.0.1'),
            sourcePort: 2000,
            destinationPort: 1000,
          }
        : {
            source: octetsOf('10.0.0.1'),
            destination: octetsOf('10.0.0.2'),
            sourcePort: 1000,
            destinationPort: 2000,
          };
    receiver.stack.input(
      encode(
        {
          ...segment,
          win: 65_535,
          seq: ours(segment.seq ?? 0, sender),
          ack: segment.ack ? ours(segment.ack, receiver) : 0,
        },
        flow,
      ),
    );
    receiver.stack.pump();
  }

  states(): string {
    return `${stateName(this.ends.A.state())} / ${stateName(this.ends.B.state())}`;
  }

  /** Compares a segment and the states after it with one line of a figure. */
  line(segment: Received, seq: number, ack: number | null, ctl: number, states: string): void {
    const name = (bits: number) =>
      [
        [SYN, 'SYN'],
        [FIN, 'FIN'],
        [RST, 'RST'],
        [ACK, 'ACK'],
      ]
        .filter(([bit]) => bits & (bit as number))
        .map(([, text]) => text)
        .join(',');
    const flags = segment.ctl & (SYN | FIN | RST | ACK);
    expect(
      `<SEQ=${segment.seq}>${flags & ACK ? `<ACK=${segment.ack}>` : ''}` +
        `<CTL=${name(flags)}> ${this.states()}`,
    ).toBe(`<SEQ=${seq}>${ack === null ? '' : `<ACK=${ack}>`}<CTL=${name(ctl)}> ${states}`);
  }

  quiet(): void {
    expect([this.ends.A.wire.length, this.ends.B.wire.length]).toEqual([0, 0]);
  }
}

/** Figure 6, lines 1 to 4. */
function handshake(exchange: Exchange): void {
  exchange.b.listen(2000);
  exchange.openA();
  exchange.line(exchange.arrive('A'), 100, null, SYN, 'SYN-SENT / SYN-RECEIVED');
  exchange.line(exchange.arrive('B'), 300, 101, SYN | ACK, 'ESTABLISHED / SYN-RECEIVED');
  exchange.line(exchange.arrive('A'), 101, 301, ACK, 'ESTABLISHED / ESTABLISHED');
}

test('Figure 6: the three-way handshake', () => {
  const exchange = new Exchange();
  handshake(exchange);
  exchange.a.write('data');
  const last = exchange.arrive('A');
  exchange.line(last, 101, 301, ACK, 'ESTABLISHED / ESTABLISHED');
  expect(last.text).toBe('data');
  expect(exchange.b.accept()?.read()).toBe('data');
});

test('Figure 7: simultaneous open', () => {
  const exchange = new Exchange();
  exchange.openA();
  exchange.openB();
  exchange.peek('A');
  exchange.line(exchange.arrive('B'), 300, null, SYN, 'SYN-RECEIVED / SYN-SENT');
  exchange.line(exchange.arrive('A'), 100, null, SYN, 'SYN-RECEIVED / SYN-RECEIVED');
  exchange.line(exchange.arrive('B'), 300, 101, SYN | ACK, 'ESTABLISHED / SYN-RECEIVED');
  exchange.line(exchange.arrive('A'), 100, 301, SYN | ACK, 'ESTABLISHED / ESTABLISHED');
  // Each may acknowledge the other's SYN,ACK once more; then there is silence.
  for (const end of ['A', 'B'] as const)
    while (exchange.ends[end].wire.length > 0) exchange.arrive(end);
  exchange.quiet();
  expect(exchange.states()).toBe('ESTABLISHED / ESTABLISHED');
});

test('Figure 8: recovery from an old duplicate SYN', () => {
  const exchange = new Exchange({ b: 300 });
  exchange.b.listen(2000);
  exchange.openA();
  exchange.peek('A');
  // An old SYN of A, numbered 90, arrives before the new one.
  exchange.forge('B', { ctl: SYN, seq: 90 });
  expect(exchange.states()).toBe('SYN-SENT / SYN-RECEIVED');
  exchange.line(exchange.arrive('B'), 300, 91, SYN | ACK, 'SYN-SENT / SYN-RECEIVED');
  // A answers what it did not send with a RST, which takes B back to LISTEN.
  exchange.line(exchange.arrive('A', 1), 91, null, RST, 'SYN-SENT / LISTEN');
  exchange.ends.B.base = 400;
  exchange.ends.B.iss = undefined;
  exchange.line(exchange.arrive('A'), 100, null, SYN, 'SYN-SENT / SYN-RECEIVED');
  exchange.line(exchange.arrive('B'), 400, 101, SYN | ACK, 'ESTABLISHED / SYN-RECEIVED');
  exchange.line(exchange.arrive('A'), 101, 401, ACK, 'ESTABLISHED / ESTABLISHED');
  exchange.quiet();
});

/**
 * A has crashed and forgotten a connection that B still holds: B would send 300 and receive 100.
 */
function halfOpen(): Exchange {
  const exchange = new Exchange({ a: 99, b: 299 });
  exchange.b.listen(2000);
  exchange.openA();
  exchange.arrive('A');
  exchange.arrive('B');
  exchange.arrive('A');
  const listener = exchange.b;
  exchange.ends.B.user = listener.accept() as Host;
  // The crash: nothing is left of A's side, and nothing was said.
  exchange.a.abort();
  exchange.ends.A.wire.length = 0;
  for (const end of ['A', 'B'] as const) exchange.ends[end].stack.wait(1000);
  expect(exchange.states()).toBe('CLOSED / ESTABLISHED');
  return exchange;
}

test('Figure 9: half-open connection discovery', () => {
  const exchange = halfOpen();
  const { A, B } = exchange.ends;
  const old = { base: A.base, iss: A.iss };
  const anew = { base: 400, iss: undefined as number | undefined };
  // A opens anew, from the same socket, with a SYN that means nothing to B.
  A.user = new Host(A.stack).create();
  exchange.openA();
  Object.assign(A, anew);
  exchange.line(exchange.arrive('A'), 400, null, SYN, 'SYN-SENT / ESTABLISHED');
  anew.iss = A.iss;
  // B acknowledges the old connection; A answers that unacceptable ACK with a RST.
  Object.assign(A, old);
  exchange.line(exchange.arrive('B'), 300, 100, ACK, 'SYN-SENT / ESTABLISHED');
  exchange.line(exchange.arrive('A'), 100, null, RST, 'SYN-SENT / LISTEN');
  exchange.b.expect(State.CLOSED);
  exchange.b.expectSignal(Signal.CLOSED);
  // The SYN, sent again, opens the new connection.
  Object.assign(A, anew);
  A.stack.wait(1000);
  B.base = 500;
  B.iss = undefined;
  exchange.line(exchange.arrive('A'), 400, null, SYN, 'SYN-SENT / SYN-RECEIVED');
  exchange.line(exchange.arrive('B'), 500, 401, SYN | ACK, 'ESTABLISHED / SYN-RECEIVED');
  exchange.line(exchange.arrive('A'), 401, 501, ACK, 'ESTABLISHED / ESTABLISHED');
});

test('Figure 10: the active side of a half-open connection sends text', () => {
  const exchange = halfOpen();
  exchange.b.write('ten octets');
  exchange.line(exchange.arrive('B'), 300, 100, ACK, 'CLOSED / ESTABLISHED');
  exchange.line(exchange.arrive('A'), 100, null, RST, 'CLOSED / LISTEN');
  exchange.b.expect(State.CLOSED);
  exchange.b.expectSignal(Signal.CLOSED);
  exchange.quiet();
});

test('Figure 11: an old duplicate SYN starts a reset of two passive sockets', () => {
  const exchange = new Exchange({ a: 99, b: 300 });
  exchange.a.listen(1000);
  exchange.b.listen(2000);
  exchange.forge('B', { ctl: SYN, seq: 99 });
  exchange.ends.A.iss = 99;
  expect(exchange.states()).toBe('LISTEN / SYN-RECEIVED');
  exchange.line(exchange.arrive('B'), 300, 100, SYN | ACK, 'LISTEN / SYN-RECEIVED');
  exchange.line(exchange.arrive('A'), 100, null, RST, 'LISTEN / LISTEN');
  exchange.quiet();
});

test('Figure 12: normal close', () => {
  const exchange = new Exchange({ a: 99, b: 299 });
  exchange.b.listen(2000);
  exchange.openA();
  exchange.arrive('A');
  exchange.arrive('B');
  exchange.arrive('A');
  const listener = exchange.b;
  exchange.ends.B.user = listener.accept() as Host;
  listener.close();
  exchange.a.close();
  exchange.line(exchange.arrive('A'), 100, 300, FIN | ACK, 'FIN-WAIT-1 / CLOSE-WAIT');
  exchange.line(exchange.arrive('B'), 300, 101, ACK, 'FIN-WAIT-2 / CLOSE-WAIT');
  exchange.b.close();
  exchange.line(exchange.arrive('B'), 300, 101, FIN | ACK, 'TIME-WAIT / LAST-ACK');
  exchange.line(exchange.arrive('A'), 101, 301, ACK, 'TIME-WAIT / CLOSED');
  exchange.ends.A.stack.wait(60_000);
  expect(exchange.states()).toBe('CLOSED / CLOSED');
  exchange.quiet();
});

test('Figure 13: simultaneous close', () => {
  const exchange = new Exchange({ a: 99, b: 299 });
  exchange.b.listen(2000);
  exchange.openA();
  exchange.arrive('A');
  exchange.arrive('B');
  exchange.arrive('A');
  const listener = exchange.b;
  exchange.ends.B.user = listener.accept() as Host;
  listener.close();
  exchange.b.setOption(Option.DELAYED_ACK_MS, 0);
  exchange.a.close();
  exchange.b.close();
  exchange.line(exchange.arrive('B'), 300, 100, FIN | ACK, 'CLOSING / FIN-WAIT-1');
  exchange.line(exchange.arrive('A'), 100, 300, FIN | ACK, 'CLOSING / CLOSING');
  exchange.line(exchange.arrive('B'), 301, 101, ACK, 'TIME-WAIT / CLOSING');
  exchange.line(exchange.arrive('A'), 101, 301, ACK, 'TIME-WAIT / TIME-WAIT');
  exchange.ends.A.stack.wait(60_000);
  exchange.ends.B.stack.wait(60_000);
  expect(exchange.states()).toBe('CLOSED / CLOSED');
  exchange.quiet();
});
