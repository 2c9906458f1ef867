/**
 * Sequences: what happens to one connection between the kernel and netcell, as a table.
 *
 * A row is something that happens, and the states both ends must then come to, with the error
 * their sockets have met. The two ends are called `a` and `b`; every sequence is played with the
 * kernel as `a` and with netcell as `a`, over IPv4 and IPv6, and where it begins with a connection,
 * opened by either. States are RFC 9293's; the kernel's are compared under the names of `ss`.
 *
 * Nothing waits for a time: a row is over when both states are there, or PATIENCE is.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { parseAddress } from '../../host-web/address.ts';
import type { Flow, Segment } from '../dsl/segment.ts';
import { KernelSide } from './kernel-side.ts';
import { NetcellSide } from './netcell-side.ts';
import type { Side, Tuple } from './side.ts';
import { isAck, isRst, type Switchboard, type Way, type Wire } from './wire.ts';

/** A state, with the socket's error behind it if it has met one; or one each, where they differ. */
export type Cell = string | { readonly kernel: string; readonly netcell: string };
type Act = (scene: Scene) => unknown;
export type Step = readonly [what: string, a: Cell, b: Cell, act: Act];

export interface Sequence {
  readonly title: string;
  /** Who opens the connection; by default `a`. */
  readonly opened?: 'by either' | 'by b';
  /** Who may be `a`; by default either. */
  readonly a?: 'kernel' | 'netcell';
  readonly steps: readonly Step[];
}

/** One sequence with its parts given out. */
export interface Casting {
  readonly version: 4 | 6;
  readonly a: 'kernel' | 'netcell';
  readonly opener: 'a' | 'b';
}

/** A line of the table. */
export interface Row {
  readonly what: string;
  readonly kernel: string;
  readonly netcell: string;
}

export const KERNEL = { 4: '10.9.0.1', 6: 'fd00:9::1' } as const;
/** Longest wait for a row, milliseconds: long, for it only passes when a test fails. */
const PATIENCE = 200_000;
/** Between two looks, milliseconds. */
const POLL = 5;
const FIRST_PORT = 10_000;

const SS: Readonly<Record<string, string>> = { ESTABLISHED: 'ESTAB', 'SYN-RECEIVED': 'SYN-RECV' };

const OPENERS = { 'by a': ['a'], 'by b': ['b'], 'by either': ['a', 'b'] } as const;

/** Every way to give out a sequence's parts. */
export function castingsOf({ a, opened }: Sequence): Casting[] {
  const names = a === undefined ? (['kernel', 'netcell'] as const) : [a];
  const openers = OPENERS[opened ?? 'by a'];
  return names.flatMap((name) => {
    return openers.flatMap((opener) => {
      return ([4, 6] as const).map((version): Casting => ({ version, a: name, opener }));
    });
  });
}

/** A sequence's title with its parts given out. */
export function titleOf({ title, opened }: Sequence, { version, a, opener }: Casting): string {
  const b = a === 'kernel' ? 'netcell' : 'kernel';
  const who = opener === 'a' ? a : b;
  return `IPv${version}, a is ${a}${opened ? `, ${who} opened` : ''}: ${title}`;
}

/** What a sequence's table has to be. */
export function expected({ steps }: Sequence, casting: Casting): Row[] {
  return steps.map(([what, a, b]) => {
    const [kernel, netcell] = casting.a === 'kernel' ? [a, b] : [b, a];
    const [state = '', ...error] = (typeof kernel === 'string' ? kernel : kernel.kernel).split(' ');
    return {
      what,
      kernel: [SS[state] ?? state, ...error].join(' '),
      netcell: typeof netcell === 'string' ? netcell : netcell.netcell,
    };
  });
}

/** The table, one line a row. */
export function print(rows: readonly Row[]): string {
  const head = { what: 'what happens', kernel: 'kernel', netcell: 'netcell' };
  return [head, ...rows]
    .map(({ what, kernel, netcell }) => `${kernel.padEnd(24)} ${netcell.padEnd(24)} ${what}`)
    .join('\n');
}

/** The stage of one sequence. */
export class Scene {
  readonly casting: Casting;
  readonly tuple: Tuple;
  readonly wire: Wire;
  readonly kernel: KernelSide;
  readonly netcell: NetcellSide;
  readonly a: Side;
  readonly b: Side;
  /** What `a` and `b` send. */
  readonly fromA: Way;
  readonly fromB: Way;

  /** @param number tells scenes apart that are played at once: 0 to 50,000 */
  constructor(board: Switchboard, casting: Casting, number: number) {
    const [high, low] = [1 + Math.floor(number / 200), 1 + (number % 200)];
    const netcell =
      casting.version === 4 ? `10.9.${high}.${low}` : `fd00:9::${number.toString(16)}:1`;
    this.casting = casting;
    this.tuple = {
      kernel: KERNEL[casting.version],
      kernelPort: FIRST_PORT + number,
      netcell,
      netcellPort: 7,
    };
    this.wire = board.wire(netcell);
    this.kernel = new KernelSide(this.tuple);
    this.netcell = new NetcellSide(this.tuple, this.wire);
    const isKernel = casting.a === 'kernel';
    [this.a, this.b] = isKernel ? [this.kernel, this.netcell] : [this.netcell, this.kernel];
    const { fromKernel, fromNetcell } = this.wire;
    [this.fromA, this.fromB] = isKernel ? [fromKernel, fromNetcell] : [fromNetcell, fromKernel];
  }

  /** A connection between the two, opened by whom the casting says. */
  async open(): Promise<void> {
    const [active, passive] = this.casting.opener === 'a' ? [this.a, this.b] : [this.b, this.a];
    passive.listen();
    active.connect();
    await this.until('a connection', () => passive.isHolding);
  }

  /** One machine loses its memory, and the other hears nothing of it. */
  async crash(side: Side): Promise<void> {
    if (side === this.netcell) {
      await this.netcell.crash();
      return;
    }
    // Its RST is lost, and its listener, if any, gone.
    this.wire.fromKernel.lose(isRst);
    this.kernel.stopListening();
    this.kernel.reset();
    await this.until('the RST', () => this.wire.fromKernel.count(isRst) > 0);
  }

  /** Nothing that either side sends arrives before `releaseAll`. */
  holdAll(): void {
    this.fromA.hold();
    this.fromB.hold();
  }

  releaseAll(): void {
    this.fromA.release();
    this.fromB.release();
  }

  /** Waits until something is so. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`it never came: ${what}`);
      await pause(POLL);
      this.a.look();
      this.b.look();
    }
  }

  /** Text from one side is read by the other. */
  async tell(from: Side, to: Side, text: string): Promise<void> {
    const before = to.received;
    from.send(text);
    await this.until(`'${text}' from ${from.name}`, () => to.received === before + text);
  }

  /** Waits for `b` to answer what `act` does by an ACK that nobody else asked for. */
  async challenged(act: () => void): Promise<void> {
    const before = this.fromB.count(isAck);
    act();
    await this.until('the challenge ACK', () => this.fromB.count(isAck) > before);
    const { seq, ack } = this.fromB.sent.findLast(isAck)!;
    same([seq, ack], [this.fromB.next, this.fromA.next]);
  }

  /** Puts a segment on the wire as if `from` had sent it. */
  forge(from: Side, segment: Segment): void {
    const { kernel, kernelPort, netcell, netcellPort } = this.tuple;
    const way = from === this.a ? this.fromA : this.fromB;
    const octets = { kernel: parseAddress(kernel)!, netcell: parseAddress(netcell)! };
    const flow: Flow =
      from === this.kernel
        ? {
            source: octets.kernel,
            destination: octets.netcell,
            sourcePort: kernelPort,
            destinationPort: netcellPort,
          }
        : {
            source: octets.netcell,
            destination: octets.kernel,
            sourcePort: netcellPort,
            destinationPort: kernelPort,
          };
    way.forge(segment, flow);
  }

  /** Plays it; the rows seen, the last of them where it went wrong. */
  async play({ steps }: Sequence, rows: Row[]): Promise<void> {
    const wanted = expected({ title: '', steps }, this.casting);
    for (const [at, [what, , , act]] of steps.entries()) {
      const row = wanted[at]!;
      try {
        await act(this);
        await this.until('the states', () => {
          const now = this.#row(what, this.kernel.state(), this.netcell.state());
          return now.kernel === row.kernel && now.netcell === row.netcell;
        });
      } catch (error) {
        const now = this.#row(what, this.kernel.state(), this.netcell.state());
        rows.push({ ...now, what: `${what} <- ${(error as Error).message}` });
        return;
      }
      rows.push(this.#row(what, await this.kernel.lastWord(), await this.netcell.lastWord()));
      if (JSON.stringify(rows.at(-1)) !== JSON.stringify(row)) return;
    }
  }

  #row(what: string, kernel: string, netcell: string): Row {
    const withError = (state: string, { error }: Side) => (error ? `${state} ${error}` : state);
    return {
      what,
      kernel: withError(kernel, this.kernel),
      netcell: withError(netcell, this.netcell),
    };
  }

  async dispose(): Promise<void> {
    this.wire.fromKernel.cut();
    this.wire.fromNetcell.cut();
    this.kernel.dispose();
    await this.netcell.dispose();
  }
}

/** Fails the row unless the two are equal. */
export function same(actual: unknown, wanted: unknown): void {
  deepStrictEqual(actual, wanted);
}

/** The first row of whatever needs a connection. */
export const connected: Step = [
  'there is a connection',
  'ESTABLISHED',
  'ESTABLISHED',
  (scene) => scene.open(),
];

/** How a sequence begins that looks at the opening itself. */
export function connecting({ a, b }: Scene): void {
  b.listen();
  a.connect();
}

/** Both ends work: text one way and the other. */
export const talking: Step = [
  'text goes both ways',
  'ESTABLISHED',
  'ESTABLISHED',
  async (scene) => {
    await scene.tell(scene.a, scene.b, 'hello');
    await scene.tell(scene.b, scene.a, 'and hello to you');
  },
];
