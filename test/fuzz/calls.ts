/**
 * What users and clocks do meanwhile: calls with sensible and senseless arguments, and time that
 * jumps.
 */
import { Option, Setting } from '../../host-web/abi.ts';
import { setEndpoint } from '../../host-web/core.ts';
import type { Dice } from '../simulation/dice.ts';
import { sourceRoute } from './mutate-ip.ts';
import { mapped } from './wire.ts';
import { LOCAL_PORT, REMOTE_PORT, type World } from './world.ts';

const VALUES = [
  0, 1, 2, 63, 64, 255, 256, 499, 500, 536, 1_000, 1_460, 4_096, 65_535, 65_536, 150_000,
  0x7fff_ffff, 0xffff_ffff,
] as const;
const LENGTHS = [
  0, 1, 2, 100, 535, 536, 1_460, 4_096, 12_000, 65_536, 65_537, 0xffff_ffff,
] as const;

/** Settings with the largest value a host might reasonably choose for each. */
const SETTINGS = [
  [Setting.TIMESTAMPS, 1],
  [Setting.WINDOW_SCALING, 1],
  [Setting.SACK, 1],
  [Setting.SYN_COOKIES, 2],
  [Setting.ECN, 2],
  [Setting.ECHO_REPLY, 1],
  [Setting.TRACE, 1],
  [Setting.TW_REUSE, 2],
  [Setting.ABORT_ON_OVERFLOW, 1],
  [Setting.RTO_MIN_MS, 1_000],
  [Setting.TIME_WAIT_MS, 120_000],
  [Setting.SYN_ACK_RETRIES, 6],
  [Setting.ACCEPT_SOURCE_ROUTE, 1],
  [Setting.TOLERATE_MISSING_TS, 1],
] as const;

function anyHandle(world: World, r: Dice): number {
  if (world.main !== 0 && r.chance(0.7)) return world.main;
  if (world.handleCount > 0 && r.chance(0.9)) return world.handles[r.below(world.handleCount)]!;
  return r.chance(0.5) ? r.next() : r.below(20);
}

/** One call; answers its name, for the record of a failing run. */
export function call(world: World, r: Dice): string {
  const core = world.core;
  const handle = anyHandle(world, r);
  switch (r.below(16)) {
    case 0:
    case 1:
    case 2:
      return `send ${world.send(handle, r.below(5_000))}`;
    case 3:
    case 4:
    case 5:
      return `receive ${world.receive(handle, r.below(5_000))}`;
    case 6:
      return `receive ${world.receive(handle, r.pick(LENGTHS))}`;
    case 7: {
      const length = r.pick(LENGTHS);
      return `send ${length > 65_536 ? core.send(handle, length) : world.send(handle, length)}`;
    }
    case 8:
      return `accept ${accept(world, handle)}`;
    case 9:
      return `close ${r.chance(0.3) ? core.close(handle) : ''}`;
    case 10:
      return `end ${r.chance(0.1) ? end(world, r, handle) : ''}`;
    case 11:
      return `open ${open(world, r)}`;
    case 12: {
      const [which, most] = SETTINGS[r.below(SETTINGS.length)]!;
      return `set ${which} ${core.set(which, r.below(most + 1))}`;
    }
    case 13:
      return `walk ${walk(world, r)}`;
    default:
      return setAnyOption(world, r, handle);
  }
}

function setAnyOption(world: World, r: Dice, handle: number): string {
  const option = r.below(Option.REUSE_PORT + 2);
  const value = r.chance(0.8) ? r.pick(VALUES) : r.next();
  return `setOption ${Option[option]} ${value}: ${world.core.setOption(handle, option, value)}`;
}

function accept(world: World, handle: number): number {
  const from = world.listener === 0 ? handle : world.listener;
  const accepted = world.core.accept(from);
  world.remember(accepted);
  // A handle nobody could remember is let go of: a leak must be the core's.
  if (accepted > 0 && world.handles[world.handleCount - 1] !== accepted)
    world.core.release(accepted);
  return accepted;
}

function end(world: World, r: Dice, handle: number): string {
  if (r.chance(0.5)) return `abort ${world.core.abort(handle)}`;
  const result = letGo(world, handle);
  if (result === 0) world.forget(handle);
  return `release ${result}`;
}

/** Opens another connection or listener, actively to the peer, to nobody, or to ourselves. */
function open(world: World, r: Dice): number {
  const handle = world.core.create();
  if (handle <= 0) return handle;
  const f = world.family;
  const way = r.below(4);
  const port = r.chance(0.7) ? 0 : r.chance(0.5) ? LOCAL_PORT : r.below(0x1_0000);
  const remote = way === 0 ? f.local : f.remote;
  const remotePort = r.chance(0.5) ? REMOTE_PORT : r.below(0x1_0000);
  if (r.chance(0.2)) {
    world.core.textWindow.set(sourceRoute(r, 4));
    world.core.sourceRoute(handle, r.chance(0.9) ? world.core.textWindow[1]! : r.pick(LENGTHS));
  }
  setEndpoint(world.core, null, port, way === 1 ? null : mapped(remote), remotePort);
  const result = way === 2 ? world.core.listen(handle, r.below(5)) : world.core.connect(handle);
  if (result !== 0 || world.handleCount === world.handles.length) {
    world.core.release(handle);
    return result;
  }
  world.remember(handle);
  return result;
}

function walk(world: World, r: Dice): number {
  let records = 0;
  for (let at = world.core.nextStatus(0); at !== 0; at = world.core.nextStatus(at)) {
    if (++records > 40) throw new Error('nextStatus never ends');
  }
  world.core.nextStatus(r.next());
  return records;
}

/** Lets time pass: a moment, an RTO, a minute, hours. */
export function jump(world: World, r: Dice): string {
  let ms = r.below(10_000) / 1_000;
  if (r.chance(0.5)) ms = r.below(1_500);
  if (r.chance(0.1)) ms = r.below(100_000);
  if (r.chance(0.02)) ms = r.below(10 * 3_600_000);
  world.wait(ms, 8);
  return `wait ${ms}`;
}

/**
 * Lets go of everything and waits until nothing is due any more.
 *
 * @returns the sentence of a leak, '' when every pool is back where it started
 */
export function tearDown(world: World, r: Dice, pools: readonly string[]): string {
  world.main = 0;
  if (r.chance(0.3))
    for (let i = 0; i < world.handleCount; i++) world.core.abort(world.handles[i]!);
  for (let i = 0; i < world.handleCount; i++) letGo(world, world.handles[i]!);
  world.handleCount = 0;
  world.listener = 0;
  world.settle();
  for (let step = 0; world.core.deadlineMs() < 1e15; step++) {
    if (step > 2_000) return 'timers go on for ever after everything was released';
    world.now = Math.max(world.now, world.core.deadlineMs());
    world.core.poll(world.now);
    world.settle();
  }
  let leaks = '';
  for (let pool = 0; pool < pools.length; pool++) {
    if (world.used(pool) !== 0) leaks += ` ${world.used(pool)} ${pools[pool]}`;
  }
  return leaks === '' ? '' : `leaked:${leaks}`;
}

/** Releases a handle, on terms that end in this life: its user may have asked for weeks. */
function letGo(world: World, handle: number): number {
  world.core.setOption(handle, Option.USER_TIMEOUT_MS, 0);
  world.core.setOption(handle, Option.FIN_WAIT_2_MS, 60_000);
  return world.core.release(handle);
}
