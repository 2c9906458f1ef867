/**
 * Whether a packet left a mark: nothing that arrives may vanish without one.
 *
 * A packet is used, and then something in the pools is other than before; or it is dropped, and
 * then DROPS counts it. What every segment changes in a TCB (when its peer was last heard, how many
 * came) is no mark. A bare ACK needs no other: it was processed, and may have said nothing new.
 */
import { Memory } from '../../host-web/abi.ts';
import { POOLS } from '../pools.ts';
import { ACK, aimed } from './peer.ts';
import { at } from './scene.ts';
import { TCP } from './wire.ts';
import { LIMITS } from './limits.ts';
import { Fault, type World } from './world.ts';

/** TCBs stand first in the pools. */
const TCB_SIZE = 576;
const TCBS_END = Memory.POOLS_BEGIN + TCB_SIZE * LIMITS.connections!;
const words = (n: number) => [n & 255, (n >> 8) & 255];
/** FIN, SYN and RST. */
const CONTROL = 7;

export class Marks {
  readonly #world: World;
  /** Words of a TCB, by their offset, that any segment changes. */
  readonly #noise: ReadonlySet<number>;
  #before: Uint8Array[] = [];

  constructor(world: World, noise: ReadonlySet<number>) {
    this.#world = world;
    this.#noise = noise;
  }

  /** What is held against what is there after a packet. */
  #parts(): Uint8Array[] {
    const { octets, core } = this.#world;
    const ring = core.traceBase() >>> 0;
    const ringEnd = ring + LIMITS.traceEvents! * Memory.TRACE_EVENT_SIZE;
    return [
      octets.subarray(Memory.POOLS_BEGIN, TCBS_END),
      octets.subarray(TCBS_END, ring),
      octets.subarray(ringEnd),
      octets.subarray(Memory.DROPS, Memory.DROPS + 2048),
      octets.subarray(Memory.ECHO_REPLY, Memory.COUNTERS),
      Uint8Array.from(POOLS.flatMap((_, pool) => words(core.used(pool)))),
    ];
  }

  before(): void {
    this.#before = this.#parts().map((part) => part.slice());
  }

  /** Offsets in a TCB, whichever it is, of the words that are not as before. */
  changedWords(): Set<number> {
    const [before, after] = [this.#before[0]!, this.#parts()[0]!];
    const words = new Set<number>();
    for (let at = 0; at < before.length; at++) {
      if (before[at] !== after[at]) words.add((at % TCB_SIZE) & ~7);
    }
    return words;
  }

  /** Judges the packet that has just come. */
  after(): void {
    const parts = this.#parts();
    if (this.#before.some((part, i) => i > 0 && Buffer.compare(part, parts[i]!) !== 0)) return;
    const words = this.changedWords();
    if ([...words].some((word) => !this.#noise.has(word))) return;
    if (words.size > 0 && isBareSegment(this.#world.octets)) return;
    throw new Fault('a packet vanished: it was neither used nor dropped');
  }
}

/** Whether the packet in the receive window has a segment with neither text nor SYN, FIN or RST. */
function isBareSegment(octets: Uint8Array): boolean {
  const packet = octets.subarray(Memory.RECEIVE);
  const word = (at: number) => (packet[at]! << 8) | packet[at + 1]!;
  const isV4 = packet[0]! >> 4 === 4;
  let header = isV4 ? (packet[0]! & 15) * 4 : 40;
  const end = isV4 ? word(2) : 40 + word(4);
  for (let kind = packet[6]!; !isV4 && kind !== TCP && header < end; ) {
    kind = packet[header]!;
    header += 8 + 8 * packet[header + 1]!;
  }
  const text = header + (packet[header + 12]! >> 4) * 4;
  return text === end && (packet[header + 13]! & CONTROL) === 0;
}

let noise: ReadonlySet<number> | undefined;

/** Offsets of what a segment changes that says nothing new. */
function learnNoise(): ReadonlySet<number> {
  const world = at('ESTABLISHED');
  const marks = new Marks(world, new Set());
  world.wait(10, 100);
  marks.before();
  aimed(world, ACK);
  world.segment();
  return marks.changedWords();
}

const known = new WeakMap<World, Marks>();

/** The marks of a world. */
export function marksOf(world: World): Marks {
  noise ??= learnNoise();
  let marks = known.get(world);
  if (marks === undefined) known.set(world, (marks = new Marks(world, noise)));
  return marks;
}
