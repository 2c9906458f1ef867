/**
 * Starting points: a core in each of the eleven states, by the peer's segments and its user's
 * calls.
 *
 * Each is built once for a family and a set of options, verified, and saved; the fuzzer restores it
 * as often as it likes.
 */
import { Option, Setting, State, StatusField } from '../../host-web/abi.ts';
import { setEndpoint } from '../../host-web/core.ts';
import {
  ACK,
  addSack,
  aimed,
  CWR,
  ECE,
  ECN,
  FIN,
  SACK,
  SCALING,
  sendAimed,
  SYN,
  synOptions,
  TIMESTAMPS,
  usualOptions,
} from './peer.ts';
import { type Family, mapped, V4, V6 } from './wire.ts';
import { Aim, LOCAL_PORT, REMOTE_PORT, type Saved, World } from './world.ts';

/** One starting point for one family and set of options. */
export interface Start {
  readonly name: string;
  readonly state: State;
  readonly saved: Saved;
  /** Whether packets should come from many remote ports: nobody holds the tuple yet. */
  readonly isOpen: boolean;
}

interface Choice {
  readonly family: Family;
  /** What the peer's SYN offers. */
  readonly flags: number;
  /** The peer's ISN: near the wraps, so that text crosses them. */
  readonly isn: number;
}

function begin(world: World, fresh: Saved, choice: Choice): void {
  world.restore({ ...fresh, family: choice.family });
  world.core.set(Setting.ECN, choice.flags & ECN ? 1 : 2);
  const a = world.aim;
  a[Aim.peerTs] = 0x7fff_ff80;
  a[Aim.localPort] = world.writer.destinationPort = LOCAL_PORT;
  a[Aim.remotePort] = world.writer.sourcePort = REMOTE_PORT;
  a[Aim.irs] = choice.isn;
  a[Aim.rcvNxt] = choice.isn;
}

function createHandle(world: World): number {
  const handle = world.core.create();
  world.remember(handle);
  return handle;
}

function listen(world: World): void {
  const handle = createHandle(world);
  setEndpoint(world.core, null, LOCAL_PORT, null, 0);
  if (world.core.listen(handle, 4) !== 0) throw new Error('listen');
  world.listener = handle;
}

function sendSyn(world: World, choice: Choice, ctl: number): void {
  const w = world.writer;
  const setup = ctl & ACK ? ECE : ECE | CWR;
  aimed(world, choice.flags & ECN ? ctl | setup : ctl);
  w.seq = choice.isn;
  synOptions(world, choice.flags);
  world.segment();
  world.settle();
}

/** The numbers of a SYN or SYN,ACK the core has just sent. */
function takeSyn(world: World, choice: Choice): void {
  const a = world.aim;
  const e = world.emitted;
  if (!e.isSyn) throw new Error('no SYN came');
  a[Aim.iss] = e.seq;
  a[Aim.una] = e.seq;
  a[Aim.nxt] = (e.seq + 1) >>> 0;
  a[Aim.irs] = choice.isn;
  a[Aim.rcvNxt] = (choice.isn + 1) >>> 0;
  a[Aim.readSeq] = a[Aim.rcvNxt]!;
  a[Aim.rcvWnd] = e.wnd;
  a[Aim.flags] = choice.flags;
}

function entry(world: World, choice: Choice): void {
  listen(world);
  sendSyn(world, choice, SYN);
  takeSyn(world, choice);
  if (world.used(1) !== 1) throw new Error('no entry');
}

function synSent(world: World, choice: Choice): void {
  const handle = createHandle(world);
  setEndpoint(world.core, null, LOCAL_PORT, mapped(choice.family.remote), REMOTE_PORT);
  if (world.core.connect(handle) !== 0) throw new Error('connect');
  world.main = handle;
  world.settle();
  takeSyn(world, choice);
  world.refresh();
}

function crossing(world: World, choice: Choice): void {
  synSent(world, choice);
  sendSyn(world, choice, SYN);
}

function established(world: World, choice: Choice): void {
  entry(world, choice);
  sendAimed(world, ACK);
  world.main = world.core.accept(world.listener);
  world.remember(world.main);
  world.refresh();
  world.aim[Aim.hasEdge] = 0;
}

function activeEstablished(world: World, choice: Choice): void {
  synSent(world, choice);
  sendSyn(world, choice, SYN | ACK);
}

function inFlight(world: World, choice: Choice): void {
  established(world, choice);
  world.send(world.main, 9_000);
  world.settle();
}

function outOfOrderHeld(world: World, choice: Choice): void {
  established(world, choice);
  for (const [offset, length] of [
    [100, 50],
    [300, 50],
    [5_000, 600],
  ] as const) {
    aimed(world, ACK, length);
    world.writer.seq = (world.aim[Aim.rcvNxt]! + offset) >>> 0;
    world.segment();
    world.settle();
  }
}

function zeroWindow(world: World, choice: Choice): void {
  inFlight(world, choice);
  aimed(world, ACK);
  world.writer.wnd = 0;
  world.segment();
  world.settle();
  world.send(world.main, 3_000);
  world.settle();
}

function recovering(world: World, choice: Choice): void {
  inFlight(world, choice);
  const una = world.aim[Aim.una]!;
  for (let i = 1; i <= 4; i++) {
    aimed(world, ACK);
    world.writer.ack = una;
    if (choice.flags & SACK) {
      addSack(world, [[(una + 1_500) >>> 0, (una + 1_500 + 700 * i) >>> 0]]);
    }
    world.segment();
    world.settle();
  }
}

function finWait1(world: World, choice: Choice): void {
  established(world, choice);
  world.core.close(world.main);
  world.settle();
}

function finWait1WithText(world: World, choice: Choice): void {
  inFlight(world, choice);
  world.core.close(world.main);
  world.settle();
}

function finWait2(world: World, choice: Choice): void {
  finWait1(world, choice);
  sendAimed(world, ACK);
}

function closeWait(world: World, choice: Choice): void {
  established(world, choice);
  sendAimed(world, ACK | FIN, 10);
}

function closing(world: World, choice: Choice): void {
  finWait1(world, choice);
  aimed(world, ACK | FIN);
  world.writer.ack = world.aim[Aim.una]!;
  world.segment();
  world.settle();
}

function lastAck(world: World, choice: Choice): void {
  closeWait(world, choice);
  world.core.close(world.main);
  world.settle();
}

function timeWait(world: World, choice: Choice): void {
  finWait2(world, choice);
  sendAimed(world, ACK | FIN);
}

function cookies(world: World): void {
  world.core.set(Setting.SYN_COOKIES, 2);
  listen(world);
}

/** An established connection whose buffer needs a window scale, with its keep-alive on. */
function scaled(world: World, choice: Choice): void {
  listen(world);
  world.core.setOption(world.listener, Option.RECEIVE_BUFFER, 150_000);
  world.core.setOption(world.listener, Option.KEEP_ALIVE, 1);
  sendSyn(world, choice, SYN);
  takeSyn(world, choice);
  sendAimed(world, ACK);
  world.main = world.core.accept(world.listener);
  world.remember(world.main);
  world.refresh();
  world.aim[Aim.hasEdge] = 0;
  usualOptions(world);
}

type Build = (world: World, choice: Choice) => void;

const STARTS: readonly (readonly [name: string, state: State, build: Build])[] = [
  ['CLOSED', State.CLOSED, () => {}],
  ['LISTEN', State.LISTEN, listen],
  ['LISTEN with cookies', State.LISTEN, cookies],
  ['SYN-RECEIVED, an entry', State.SYN_RECEIVED, entry],
  ['SYN-RECEIVED, crossing', State.SYN_RECEIVED, crossing],
  ['SYN-SENT', State.SYN_SENT, synSent],
  ['ESTABLISHED', State.ESTABLISHED, established],
  ['ESTABLISHED, active', State.ESTABLISHED, activeEstablished],
  ['ESTABLISHED, in flight', State.ESTABLISHED, inFlight],
  ['ESTABLISHED, out-of-order text', State.ESTABLISHED, outOfOrderHeld],
  ['ESTABLISHED, zero window', State.ESTABLISHED, zeroWindow],
  ['ESTABLISHED, recovering', State.ESTABLISHED, recovering],
  ['ESTABLISHED, scaled', State.ESTABLISHED, scaled],
  ['FIN-WAIT-1', State.FIN_WAIT_1, finWait1],
  ['FIN-WAIT-1, in flight', State.FIN_WAIT_1, finWait1WithText],
  ['FIN-WAIT-2', State.FIN_WAIT_2, finWait2],
  ['CLOSE-WAIT', State.CLOSE_WAIT, closeWait],
  ['CLOSING', State.CLOSING, closing],
  ['LAST-ACK', State.LAST_ACK, lastAck],
  ['TIME-WAIT', State.TIME_WAIT, timeWait],
];

const FLAGS = [0, TIMESTAMPS | ECN, SACK | SCALING, TIMESTAMPS | SACK | SCALING | ECN];
const ISNS = [0xffff_ff80, 0x7fff_f000, 0x1234_5678, 0xffff_e000];

export const NAMES: readonly string[] = STARTS.map(([name]) => name);

/** A starting point's variants: both families, four sets of options. */
export function startsOf(world: World, fresh: Saved, name: string): Start[] {
  const entry = STARTS.find(([known]) => known === name);
  if (entry === undefined) throw new Error(`no starting point ${name}`);
  const [, state, build] = entry;
  const starts: Start[] = [];
  for (const family of [V4, V6]) {
    for (const [i, flags] of FLAGS.entries()) {
      begin(world, fresh, { family, flags, isn: ISNS[i]! });
      build(world, { family, flags, isn: ISNS[i]! });
      verify(world, name, state);
      const variant = `${name}, ${family.isV4 ? 'IPv4' : 'IPv6'}, ${nameOf(flags)}`;
      const isOpen = state === State.CLOSED || state === State.LISTEN;
      starts.push({ name: variant, state, saved: world.save(), isOpen });
    }
  }
  return starts;
}

function nameOf(flags: number): string {
  if (flags === 0) return 'no options';
  const names = ['timestamps', 'SACK', 'scaling'];
  return names.filter((_, bit) => flags & (1 << bit)).join('+');
}

function verify(world: World, name: string, state: State): void {
  if (world.main === 0) return;
  if (world.core.status(world.main) !== 0) throw new Error(`${name}: the handle is stale`);
  const is = world.field(StatusField.state);
  if (is !== state) throw new Error(`${name}: in ${State[is]} instead`);
}
