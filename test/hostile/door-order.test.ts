/**
 * Calls in a wrong order (line 23 of `cases.ts`): every export of the module before `open`, before
 * `init`, and after an `init` that was refused. The exports are the module's own list, so that one
 * added later is asked as well.
 */
import { describe, expect, test } from 'vitest';
import { ConfigField, Memory, Result } from '../../host-web/abi.ts';
import type { Exports } from '../../host-web/core.ts';
import { coreModule } from '../core-module.ts';

type Call = (...numbers: number[]) => unknown;

/** Exports that have no result to refuse with: they do nothing, or say that nothing is there. */
const NOTHING: Readonly<Record<string, unknown>> = {
  poll: undefined,
  time: undefined,
  input: 0,
  output: 0,
  deadlineMs: Infinity,
  signal: 0,
  get: 0,
  nextStatus: 0,
  nextUdpStatus: 0,
  traceCount: 0,
  traceBase: 0,
  used: 0,
};

const NUMBERS = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1e15, NaN, Infinity];

const calls = WebAssembly.Module.exports(coreModule)
  .filter(({ kind, name }) => kind === 'function' && name !== 'open' && name !== 'init')
  .map(({ name }) => name);

function fresh(): Exports {
  return new WebAssembly.Instance(coreModule).exports as unknown as Exports;
}

function configure(core: Exports, limits: Partial<Record<keyof typeof ConfigField, number>>): void {
  const config = new DataView(core.memory.buffer, Memory.CONFIG);
  for (const [name, value] of Object.entries(limits)) {
    config.setUint32(ConfigField[name as keyof typeof ConfigField], value, true);
  }
}

/** What each export is after, when it is called too early. */
const MOMENTS: Readonly<Record<string, (core: Exports) => void>> = {
  'before open': () => {},
  'before init': (core) => expect(core.open()).toBe(0),
  'before the seed is there': (core) => {
    core.open();
    expect(core.init()).toBe(-Result.NOT_INITIALISED);
  },
  'after limits that were refused': (core) => {
    core.open();
    configure(core, { seeded: 1, connections: 0xffff_ffff });
    expect(core.init()).toBe(-Result.INVALID_ARGUMENT);
  },
};

describe.each(Object.entries(MOMENTS))('%s', (_moment, arrive) => {
  test.each(calls)('hostile 23j: %s answers NOT_INITIALISED, or does nothing', (name) => {
    const core = fresh();
    arrive(core);
    const before = new Uint8Array(core.memory.buffer.slice(0));
    const call = core[name as keyof Exports] as Call;
    for (const first of NUMBERS) {
      for (const second of [0, 1, 0xffff_ffff]) {
        const answer = call(first, second, second);
        expect(answer).toBe(name in NOTHING ? NOTHING[name] : -Result.NOT_INITIALISED);
      }
    }
    expect(core.memory.buffer.byteLength).toBe(before.length);
    expect(Buffer.compare(new Uint8Array(core.memory.buffer), before)).toBe(0);
  });

  test('hostile 23j: open and init still make a stack afterwards', () => {
    const core = fresh();
    arrive(core);
    expect(core.open()).toBe(0);
    configure(core, { seeded: 1, connections: 4 });
    expect(core.init()).toBe(0);
    expect(core.init()).toBe(-Result.NOT_INITIALISED);
    core.poll(1000);
    expect(core.create()).toBeGreaterThan(0);
  });
});

test('hostile 23j: every export that answers a result is asked for it', () => {
  expect(calls.length).toBeGreaterThan(25);
  expect(Object.keys(NOTHING).filter((name) => !calls.includes(name))).toEqual([]);
});
