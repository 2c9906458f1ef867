/**
 * Episodes: some tens of packets, calls and jumps from one starting point, then everything is let
 * go.
 *
 * An episode is a function of its seed: each action draws from a generator of its own, so that an
 * action can be left out without changing the others. That is how a failing one is shrunk.
 */
import { Dice } from '../simulation/dice.ts';
import { call, jump, tearDown } from './calls.ts';
import { describe, type Origins } from './describe.ts';
import { marksOf } from './mark.ts';
import { isReset, mutatedSegment, noise, truncated } from './mutate.ts';
import { extended, fragment, icmp, oddIp } from './mutate-ip.ts';
import { aimed, ACK } from './peer.ts';
import type { Start } from './states.ts';
import { Memory, State } from '../../host-web/abi.ts';
import { POOLS } from '../pools.ts';
import { Aim, Fault, REMOTE_PORT, type World } from './world.ts';

/** Actions of an episode; the last ones often find the connection gone. */
export const ACTIONS = 40;
/** Actions an episode goes on for once its connection has left the state it began in. */
const AFTERLIFE = 12;
/** Packets without text one input may bring about: RST or ACK, a SYN,ACK, an ICMP error. */
const MAX_ANSWERS = 4;

export interface Tally {
  /** Packets that met the state the episode began in. */
  inState: number;
  packets: number;
}

export interface Failure {
  readonly message: string;
  /** The action that showed it; ACTIONS for the teardown. */
  readonly action: number;
}

/** What a run leaves out, and whether it tells its story. */
export interface Replay {
  readonly actions: number;
  readonly without?: ReadonlySet<number>;
  readonly story?: string[];
}

/** Of so many packets one is asked what it has changed. */
const MARKED = 128;

let random = new Dice();
const WHOLE: Replay = { actions: ACTIONS };

/** Runs one episode; answers what went wrong. */
export function runEpisode(
  world: World,
  start: Start,
  seed: number,
  episode: number,
  tally: Tally,
  replay = WHOLE,
): Failure | undefined {
  let action = 0;
  let left = AFTERLIFE;
  world.restore(start.saved);
  if (replay.story) tellInto(world, replay.story);
  try {
    for (; action < replay.actions && left > 0; action++) {
      if (replay.without?.has(action)) continue;
      random = new Dice(seed, episode, action);
      if (isThere(world, start)) tally.inState += act(world, start);
      else {
        left--;
        act(world, start);
      }
      tally.packets++;
    }
    action = replay.actions;
    random = new Dice(seed, episode, ACTIONS);
    replay.story?.push('           release everything, wait until nothing is due');
    const leak = tearDown(world, random, POOLS);
    return leak === '' ? undefined : { message: leak, action };
  } catch (error) {
    return { message: sentenceOf(error), action };
  } finally {
    world.tell = undefined;
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof Fault) return error.message;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `trap: ${stack.split('\n').slice(0, 8).join('\n  ')}`;
}

function tellInto(world: World, story: string[]): void {
  world.tell = (arrow, what) => {
    const at = (world.now / 1000).toFixed(6).padStart(14);
    if (typeof what === 'string') story.push(`${at}    ${what}`);
    else {
      const from = arrow === '<' ? Memory.RECEIVE : Memory.TRANSMIT;
      story.push(`${at} ${arrow}  ${describe(world.octets, from, what, originsOf(world))}`);
    }
  };
}

function originsOf(world: World): Origins {
  const a = world.aim;
  return { localPort: a[Aim.localPort]!, iss: a[Aim.iss]!, irs: a[Aim.irs]! };
}

function isThere(world: World, start: Start): boolean {
  if (start.isOpen) return true;
  if (world.main === 0) return start.state === State.SYN_RECEIVED && world.used(1) !== 0;
  return world.aim[Aim.state] === start.state;
}

/** One packet, call or jump; answers how many packets went in. */
function act(world: World, start: Start): number {
  const w = world.writer;
  const way = random.below(100);
  if (start.isOpen) w.sourcePort = random.chance(0.5) ? REMOTE_PORT : 5_000 + random.below(64);
  if (way < 6) {
    const what = call(world, random);
    world.tell?.(' ', what);
    world.settle();
    return 0;
  }
  if (way < 10) {
    const what = jump(world, random);
    world.tell?.(' ', what);
    return 0;
  }
  const before = world.core.deadlineMs();
  const length = packet(world, way);
  const isRst = way < 72 && isReset(world);
  const flags = random.chance(0.005) ? trusted(world) : 0;
  const marks = random.chance(1 / MARKED) ? marksOf(world) : undefined;
  marks?.before();
  world.input(length, flags);
  marks?.after();
  world.settle();
  if (isRst && world.hasReset) throw new Fault('a RST is answered with a RST (RFC 9293 §3.5.2)');
  // What was due anyway may leave together with the answer.
  const due = before <= world.now ? 2 : 0;
  if (world.bareCount > MAX_ANSWERS + due)
    throw new Fault(`${world.bareCount} answers to one packet`);
  return 1;
}

/** The link vouches for the checksum: whatever is in the packet is taken. */
function trusted(world: World): number {
  world.isTainted = true;
  return 1;
}

function packet(world: World, way: number): number {
  world.writer.extension = 0;
  if (way < 72) return mutatedSegment(world, random);
  if (way < 76) return oddIp(world, random);
  if (way < 79) return extended(world, random);
  if (way < 83) return fragment(world, random);
  if (way < 90) return icmp(world, random);
  if (way < 93) return noise(world, random);
  if (way < 96) return truncated(world, random);
  // The last packet again, as it lies there.
  if (way < 98) return world.writer.length;
  aimed(world, ACK, random.below(1_460));
  return world.writer.tcp();
}

// Shrinking ------------------------------------------------------------------------

function shortened(story: readonly string[]): readonly string[] {
  if (story.length <= 60) return story;
  return [...story.slice(0, 40), `    ... ${story.length - 60} lines ...`, ...story.slice(-20)];
}

/**
 * The report of a failing episode: seed, fewest actions that still fail, and what passed the link.
 */
export function report(
  world: World,
  start: Start,
  seed: number,
  episode: number,
  failure: Failure,
): string {
  const run = (replay: Replay) =>
    runEpisode(world, start, seed, episode, { inState: 0, packets: 0 }, replay);
  let actions = Math.min(failure.action + 1, ACTIONS);
  if (failure.action === ACTIONS) {
    for (actions = 0; actions < ACTIONS; actions++) if (run({ actions })) break;
  }
  const without = new Set<number>();
  for (let action = actions - 1; action >= 0; action--) {
    without.add(action);
    if (!run({ actions, without })) without.delete(action);
  }
  const story: string[] = [];
  const last = run({ actions, without, story });
  return [
    last?.message ?? failure.message,
    '',
    `    start    ${start.name}`,
    `    seed     ${seed}, episode ${episode}`,
    `    replay   FUZZ_START='${start.name}' FUZZ_SEED=${seed} FUZZ_EPISODE=${episode}`,
    `    actions  ${actions - without.size} of ${failure.action}`,
    '',
    ...shortened(story),
  ].join('\n');
}
