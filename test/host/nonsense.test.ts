/**
 * Arguments that make no sense, at every call of the API: one clear TypeError or RangeError, thrown
 * or by the promise that is waited for, and nothing is left behind. Names of hosts are sense, but
 * there is nobody to ask for their addresses.
 */
import { describe, expect, it } from 'vitest';
import { createStack, type Stack } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';
import { connected, fate, pools, world } from './world.ts';

/** Values that are hardly ever what was meant. */
const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  0,
  -1,
  Number.NaN,
  true,
  '',
  'nonsense nonsense',
  () => {},
  {},
  [],
  { hostname: null, port: 80 },
  { hostname: '10.0.0.2', port: null },
  { hostname: '10.0.0.2', port: 70_000 },
  { hostname: '10.0.0.2' },
  '10.0.0.2',
  '10.0.0.300:80',
  '10.0.0.2:70000',
  'fd00::2:80',
];

const at = '10.0.0.2:7';
const options = (name: string) => (value: unknown) => ({ [name]: value }) as never;

type Call = (stack: Stack, value: never) => unknown;

/** Calls, each with the place where nonsense goes; some of it may be sense there. */
const CALLS: Record<string, Call> = {
  'connect(it)': (stack, it) => stack.connect(it),
  'connect(address, it)': (stack, it) => stack.connect(at, it),
  ...Object.fromEntries(
    ['localAddress', 'localPort', 'signal', 'timeout', 'sourceRoute', 'sendBuffer', 'hopLimit'].map(
      (name): [string, Call] => [
        `connect(address, { ${name}: it })`,
        (stack, it) => stack.connect(at, options(name)(it)),
      ],
    ),
  ),
  'openConnection(it)': (stack, it) => stack.openConnection(it),
  'openConnection(address, it)': (stack, it) => stack.openConnection(at, it).release(),
  'listen(it)': (stack, it) => stack.listen(it),
  'listen({ port: it })': (stack, it) => stack.listen({ port: it }),
  'listen({ hostname: it })': (stack, it) => stack.listen({ port: 80, hostname: it }),
  'listen({ backlog: it })': (stack, it) => stack.listen({ port: 80, backlog: it }),
  'listen({ signal: it })': (stack, it) => stack.listen({ port: 80, signal: it }),
  'openListener(it)': (stack, it) => stack.openListener(it).release(),
  'ping(it)': (stack, it) => stack.ping(it),
  'ping(address, it)': (stack, it) => stack.ping('10.0.0.2', it),
  'ping(address, { timeout: it })': (stack, it) => stack.ping('10.0.0.2', { timeout: it }),
  'ping(address, { size: it })': (stack, it) => stack.ping('10.0.0.2', { size: it }),
  'attach(it)': (stack, it) => stack.attach(it),
  'attach(link, it)': (stack, it) => stack.attach({} as never, it),
  'addAddress(it)': (stack, it) => stack.addAddress(it),
  'set(it)': (stack, it) => stack.set(it, 1),
  'set(name, it)': (stack, it) => stack.set('tcp_sack', it),
  'get(it)': (stack, it) => stack.get(it),
  'accept(it)': (stack, it) => stack.listen({ port: 80 }).accept(it),
  'accept({ signal: it })': (stack, it) => stack.listen({ port: 80 }).accept({ signal: it }),
  'tune(it)': (stack, it) => stack.connect(at).tune(it),
  'tune({ timeout: it })': (stack, it) => stack.connect(at).tune({ timeout: it }),
};

/** What an engine says where nobody has looked. */
const UNCLEAR =
  /Cannot (?:read|destructure|convert|use|mix)|is not (?:a function|iterable|defined)|reading '/;

/** Errors of a call: what it throws, and what its promises reject with. */
async function errorsOf(work: () => unknown): Promise<unknown[]> {
  const errors: unknown[] = [];
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    return [error];
  }
  const { opened, closed } = (result ?? {}) as Record<string, Promise<unknown> | undefined>;
  for (const promise of [result, opened, closed]) {
    if (promise instanceof Promise) promise.catch((error) => errors.push(error));
  }
  await fate(Promise.resolve());
  return errors;
}

describe.each(Object.entries(CALLS))('%s', (_, call) => {
  it('is refused in words of ours, where it is refused', async () => {
    const { b: stack, clock } = await world();
    for (const value of NONSENSE) {
      const errors = await errorsOf(() => call(stack, value as never));
      for (const error of errors) {
        expect(error, String(value)).toBeInstanceOf(Error);
        expect((error as Error).message, String(value)).not.toMatch(UNCLEAR);
        const isKnown = error instanceof TypeError || error instanceof RangeError;
        expect(isKnown, `${String(value)}: ${error}`).toBe(true);
      }
    }
    await stack.close();
    await clock.run(1);
    expect(pools(stack)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('what never makes sense', () => {
  it.each([...NONSENSE, Symbol('it')])('connect(%o) throws one TypeError', async (value) => {
    const { a } = await world();
    expect(() => a.connect(value as never)).toThrow(TypeError);
    expect(() => a.connect(value as never)).toThrow(/is not an address and a port, such as/);
  });

  it.each([null, 0, 'options', Symbol('options')])('createStack(%o)', async (value) => {
    const error = await createStack(value as never).catch((reason: Error) => reason.message);
    expect(String(error)).toMatch(/^options are an object/);
  });

  it.each(['address', 'limits', 'sysctl', 'mtu', 'seed'])('createStack with %s', async (name) => {
    for (const value of NONSENSE.slice(0, 12)) {
      const given = { module: coreModule, [name]: value } as never;
      const error = await createStack(given).catch((reason: Error) => reason);
      if (error instanceof Error) expect(error.message, String(value)).not.toMatch(UNCLEAR);
    }
  });
});

describe('the name of a host', () => {
  it.each(['example.org:80', 'localhost:80', 'a:1', 'x--y.example.:443'])(
    'connect(%s): opened and closed reject',
    async (address) => {
      const { a } = await world();
      const socket = a.connect(address);
      const writer = socket.writable.getWriter();
      const read = socket.readable.getReader().read();
      const waits = [socket.opened, socket.closed, read, writer.closed].map(fate);
      expect(await Promise.all(waits)).toEqual(Array(4).fill('ENOTFOUND'));
      await expect(socket.opened).rejects.toThrow(
        `connect ENOTFOUND ${address}: a stack has no resolver, give it the address`,
      );
      expect(pools(a)).toEqual([0, 0, 0, 0, 0, 0]);
    },
  );

  it('as an object, of a raw connection, of a listener, of a ping', async () => {
    const { a, clock } = await world();
    const named = { hostname: 'example.org', port: 80 };
    expect(await fate(a.connect(named).opened)).toBe('ENOTFOUND');
    const codes: unknown[] = [];
    a.openConnection(named).onClosed = (error) => codes.push(error?.code);
    expect(codes).toEqual([]);
    await clock.run(1);
    expect(codes).toEqual(['ENOTFOUND']);
    const listener = a.listen({ port: 80, hostname: 'localhost' });
    const waits = [listener.opened, listener.closed, listener.accept()].map(fate);
    expect(await Promise.all(waits)).toEqual(Array(3).fill('ENOTFOUND'));
    expect(await fate(a.ping('example.org'))).toBe('ENOTFOUND');
  });
});

it('a signal that is none opens nothing', async () => {
  const { a } = await world();
  expect(() => a.connect(at, { signal: {} as never })).toThrow(/^signal is an AbortSignal/);
  expect(pools(a)).toEqual([0, 0, 0, 0, 0, 0]);
  const { client } = await connected();
  expect(() => client.tune(null as never)).toThrow(/^options are an object/);
});
