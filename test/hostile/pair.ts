/**
 * Two stacks and a wire between them, on one virtual clock; whoever stands by the wire can forge.
 */
import { encode, type Flow, type Segment } from '../dsl/segment.ts';
import { octetsOf, Stack, type StackOptions, type Status } from '../dsl/stack.ts';

export class Pair {
  readonly a: Stack;
  readonly b: Stack;
  /** Packets on the wire, with when they arrive. */
  readonly #wire: { at: number; to: Stack; packet: Uint8Array }[] = [];
  /** When each packet was sent, in milliseconds. */
  readonly sent: number[] = [];

  constructor(delay: number, options: StackOptions = {}) {
    this.a = new Stack({ ...options, ownAddress: '10.0.0.1', seed: 1 });
    this.b = new Stack({ ...options, ownAddress: '10.0.0.2', seed: 2 });
    for (const [from, to] of [
      [this.a, this.b],
      [this.b, this.a],
    ] as const) {
      from.sinks.push((packet) => {
        this.sent.push(from.now);
        this.#wire.push({ at: from.now + delay, to, packet });
        return true;
      });
    }
  }

  /** Lets time pass for both, millisecond by millisecond. */
  wait(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.a.wait(1);
      this.b.wait(1);
      while (this.#wire.length > 0 && this.#wire[0]!.at <= this.a.now) {
        const { to, packet } = this.#wire.shift()!;
        to.input(packet);
        to.pump();
      }
    }
  }

  /** Lets a stack receive a segment, its numbers absolute, as if the other end had sent it. */
  forge(to: Stack, at: Status, segment: Segment): void {
    const isA = to === this.a;
    const flow: Flow = {
      source: octetsOf(isA ? '10.0.0.2' : '10.0.0.1'),
      destination: octetsOf(isA ? '10.0.0.1' : '10.0.0.2'),
      sourcePort: at.remotePort,
      destinationPort: at.localPort,
    };
    to.input(encode({ win: 65_535, ...segment }, flow));
    to.pump();
  }
}
