/**
 * Limits at their edges (line 23 of `cases.ts`): each at 0, 1 and its bounds, beyond them, and many
 * together. A core either serves a connection, or is refused with the number that is too much.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Counter, LIMITS, Memory, State } from '../../host-web/abi.ts';
import { type Core, createCore, type Limits, setEndpoint } from '../../host-web/core.ts';
import { coreModule } from '../core-module.ts';
import { mapped, octetsOf } from '../dsl/stack.ts';
import { repository } from '../host/bundle.ts';
import { door, look } from '../notes/pair.ts';

const NAMES = Object.keys(LIMITS) as (keyof Limits)[];
const SEED = new Uint8Array(32).fill(7);
const SMALL: Limits = { connections: 8, children: 4, timeWaits: 4, pages: 64 };

/** Carries packets until neither has any. */
function exchange(one: Core, other: Core): void {
  const carry = (from: Core, to: Core): number => {
    let count = 0;
    for (let length = from.output(); length !== 0; length = from.output(), count++) {
      to.receiveWindow.set(from.transmitWindow.subarray(0, length));
      to.input(length, 0);
    }
    while (from.signal() !== 0);
    return count;
  };
  while (carry(one, other) + carry(other, one) > 0);
}

/** A core with such limits opens a connection, sends and receives, and closes it. */
function expectService(limits: Limits): void {
  const core = door('10.0.0.1', 1, limits);
  const peer = door('10.0.0.2', 2, SMALL);
  const listener = peer.create();
  setEndpoint(peer, null, 7, null, 0);
  peer.listen(listener, 1);
  const client = core.create();
  setEndpoint(core, null, 0, mapped(octetsOf('10.0.0.2')), 7);
  expect(core.connect(client)).toBe(0);
  exchange(core, peer);
  const server = peer.accept(listener);
  expect(look(core, client, 'state')).toBe(State.ESTABLISHED);
  expect(core.send(client, 1)).toBe(1);
  expect(peer.send(server, 1)).toBe(1);
  exchange(core, peer);
  expect([peer.receive(server, 9), core.receive(client, 9)]).toEqual([1, 1]);
  core.release(client);
  peer.release(server);
  exchange(core, peer);
  // A TIME-WAIT record, and nothing else.
  expect([0, 1, 2, 3, 4, 5].map((pool) => core.used(pool))).toEqual([0, 0, 1, 0, 0, 0]);
  const at = Memory.COUNTERS + 8 * Counter.TcpInErrs;
  expect(core.view.getBigUint64(at, true)).toBe(0n);
}

const create = (limits: Limits) => () => createCore(coreModule, limits, SEED);

describe.each(NAMES)('%s', (name) => {
  const { initial, least, most } = LIMITS[name];
  const ceiling = name === 'listeners' ? SMALL.connections! : most;

  test.each([0, least, least + 1, ceiling])('hostile 23g: at %i there is service', (value) => {
    expectService({ ...SMALL, [name]: value });
  });

  test('hostile 23g: 0 is its default, and what is left out', () => {
    for (const limits of [{}, { [name]: 0 }, { [name]: undefined }] as Limits[]) {
      const core = create(limits)();
      const at = Memory.CONFIG + 4 * NAMES.indexOf(name);
      expect(core.view.getUint32(at, true)).toBe(initial);
    }
  });

  test.each([-1, least - 0.5, ceiling + 1, 0xffff_ffff, 2 ** 32, 2 ** 40, NaN, Infinity])(
    'hostile 23g: %d is refused by its name and bounds',
    (value) => {
      const limits = { ...SMALL, [name]: value };
      expect(create(limits)).toThrow(RangeError);
      expect(create(limits)).toThrow(
        `${name} can not be ${value}: it is a whole number from ${least} to `,
      );
    },
  );
});

test('hostile 23g: a name that is no limit is told all there are', () => {
  const limits = { conections: 4 } as Limits;
  expect(create(limits)).toThrow(`conections is not a limit; there are ${NAMES.join(', ')}`);
});

test('hostile 23g: listeners are not more than connections, and by default as many at most', () => {
  expect(create({ connections: 10, listeners: 11 })).toThrow(
    'listeners can not be 11: it is a whole number from 1 to 10',
  );
  expectService({ connections: 10 });
});

test('hostile 23g: sums beyond 4 GiB are refused with what they are', () => {
  const limits = {
    connections: 1_015_807,
    pages: 786_432,
    ranges: 1 << 24,
    timeWaits: 4_194_300,
    traceEvents: 1 << 20,
  };
  const said = messageOf(limits);
  const [octets = 0, most, part] = [...said.matchAll(/\d{9,}/g)].map(Number);
  expect(said).toBe(
    `the limits ask for ${octets} octets of memory, more than the ${most} there can be: ` +
      `pages 786432 for ${part}`,
  );
  expect([most, octets > 2 ** 32, part! > 786_432 * 4096]).toEqual([2 ** 32 - 65_536, true, true]);
  // What is named is what is to be lowered.
  expectService({ ...limits, pages: 400_000 });
});

test('hostile 23g: what the engine does not give is told as its, with what was asked', () => {
  const limits = JSON.stringify({ connections: 10_000, pages: 100, timeWaits: 100 });
  const built = join(repository, 'build/index.js');
  const program = `import { createStackSync } from ${JSON.stringify(built)};
    try { createStackSync({ limits: ${limits} }); }
    catch (error) { console.log(error.name, error.message); }`;
  const flags = ['--wasm-max-mem-pages=50', '--input-type=module', '-e', program];
  const said = execFileSync(process.execPath, flags, { encoding: 'utf8' });
  expect(said).toMatch(/^RangeError the limits ask for \d+ octets of memory that the engine/);
});

/** What a core says of limits; nothing if it takes them. */
function messageOf(limits: Limits): string {
  try {
    create(limits)();
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as Error).message;
  }
}

test('hostile 23g: any of them at 0, 1 and its most together: service, or the number', () => {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const outcomes = { served: 0, refused: 0 };
  for (let i = 0; i < 80; i++) {
    const limits: { -readonly [Name in keyof Limits]?: number } = {};
    for (const name of NAMES) {
      const { least, most } = LIMITS[name];
      limits[name] = [0, least, most, most][random(4)]!;
    }
    limits.listeners = Math.min(limits.listeners!, limits.connections || 4096);
    const said = messageOf(limits);
    if (said === '') expectService(limits);
    else expect(said).toMatch(/^the limits ask for \d+ octets of memory.*: \w+ \d+ for \d+$/);
    outcomes[said === '' ? 'served' : 'refused']++;
  }
  expect(outcomes.served).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(10);
});
