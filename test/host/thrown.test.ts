/**
 * Whatever a callback of a user or of a link throws, at every place of the pump: that callback's
 * owner hears of it, and the stack, its alarm and everybody else go on.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Link,
  pipe,
  RawConnection,
  RawListener,
  relay,
  type Stack,
  VirtualClock,
} from '../../host-web/index.ts';
import type { LinkPort } from '../../host-web/link/link.ts';
import { capture, impaired, simulatedLink } from '../../host-web/sim/index.ts';
import { stackAt, string, text } from './world.ts';

/** What was thrown where nobody catches. */
const uncaught: string[] = [];
const real = globalThis.queueMicrotask;

beforeEach(() => {
  uncaught.length = 0;
  vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) =>
    real(() => {
      try {
        task();
      } catch (error) {
        uncaught.push((error as Error).message);
      }
    }),
  );
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Two stacks; `near` is what the first is attached to. */
function two(near: (end: Link, clock: VirtualClock) => Link = (end) => end) {
  const clock = new VirtualClock();
  const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
  const [one, other] = pipe();
  const link = near(one, clock);
  const errors: string[] = [];
  a.attach(link, { onError: (error) => errors.push((error as Error).message) });
  b.attach(other);
  return { clock, a, b, errors, link, far: other };
}

/** Serves an echo on a port, and counts the octets. */
function echo(stack: Stack, port: number): RawListener {
  const listener = stack.openListener({ port });
  listener.onAcceptable = () => {
    for (let raw = listener.accept(); raw !== null; raw = listener.accept()) serve(raw);
  };
  return listener;
}

function serve(raw: RawConnection): void {
  raw.onReadable = () => {
    for (let got = raw.read(); ; got = raw.read()) {
      if (typeof got === 'number') return;
      raw.send(got);
    }
  };
  raw.onEnd = () => raw.close();
}

/** What a bystander gets back. */
function bystander(stack: Stack, port: number) {
  const raw = stack.openConnection(`10.0.0.2:${port}`);
  const heard = { text: '', isOver: false };
  raw.onOpened = () => raw.send(text('bystander'));
  raw.onReadable = () => {
    const got = raw.read();
    if (typeof got === 'object') heard.text += string(got);
  };
  raw.onClosed = () => {
    heard.isOver = true;
  };
  return { raw, heard };
}

const names = (target: object) => Object.keys(target).filter((name) => /^on[A-Z]/.test(name));
/** Every callback of the raw API, by its own word. */
const CONNECTION = names(new RawConnection({} as never, 0, false));
const LISTENER = names(new RawListener({} as never, 0, () => null as never));

/** Has a callback throw whenever it is called, behind what it does; counts the calls. */
function spoil(target: RawConnection | RawListener, name: string): { calls: number } {
  const callbacks = target as unknown as Record<string, ((...args: unknown[]) => void) | null>;
  const inner = callbacks[name];
  const spoilt = { calls: 0 };
  callbacks[name] = (...args) => {
    spoilt.calls++;
    inner?.(...args);
    throw new Error(`${name} of a user`);
  };
  return spoilt;
}

/** A life in which a connection hears of everything but trouble. */
function live(clock: VirtualClock, client: RawConnection, server: () => RawConnection): void {
  clock.advance(1);
  server().isUrgent = true;
  server().send(text('urgent'));
  clock.advance(1);
  client.read();
  while (client.send(new Uint8Array(65_536)) > 0);
  clock.advance(100);
  server().discard();
  clock.advance(5000);
  while (server().discard() !== 0 || client.sendQueue > 0) clock.advance(10);
  client.close();
  clock.advance(100);
  server().close();
  clock.advance(100);
}

describe('a user’s callback', () => {
  it.each(CONNECTION)('%s of a connection throws', async (name) => {
    let isDead = false;
    const { clock, a, b } = two((end) => ({
      mtu: end.mtu,
      attach: (port) => end.attach(port),
      send: (length) => !isDead && end.send(length),
      flush: () => end.flush?.(),
      close: () => end.close(),
    }));
    const listener = b.openListener({ port: 7 });
    echo(b, 8);
    const client = a.openConnection('10.0.0.2:7');
    const spoilt = spoil(client, name);
    let server: RawConnection | null = null;
    const accepted = () => (server ??= listener.accept())!;
    live(clock, client, accepted);
    // Trouble that is no end: R1 passes without an answer.
    const troubled = a.openConnection('10.0.0.2:7');
    const other = spoil(troubled, name);
    clock.advance(1);
    isDead = true;
    troubled.send(text('into the void'));
    clock.advance(20_000);
    isDead = false;
    const { heard } = bystander(a, 8);
    clock.advance(5000);
    await Promise.resolve();
    expect(spoilt.calls + other.calls).toBeGreaterThan(0);
    expect(uncaught).toEqual(Array(spoilt.calls + other.calls).fill(`${name} of a user`));
    expect(client.isClosed).toBe(true);
    expect(heard.text).toBe('bystander');
  });

  it.each(LISTENER)('%s of a listener throws', async (name) => {
    const { clock, a, b } = two();
    const listener = echo(b, 7);
    const spoilt = spoil(listener, name);
    echo(b, 8);
    const [victim, other] = [bystander(a, 7), bystander(a, 8)];
    clock.advance(100);
    listener.close();
    clock.advance(100);
    await Promise.resolve();
    expect(spoilt.calls).toBeGreaterThan(0);
    expect(uncaught).toEqual(Array(spoilt.calls).fill(`${name} of a user`));
    expect([victim.heard.text, other.heard.text]).toEqual(['bystander', 'bystander']);
    expect(listener.isClosed).toBe(true);
  });
});

/** The calls a stack makes to its link while it is attached. */
const CALLS = ['send', 'flush', 'receive', 'advise', 'close'] as const;
type LinkCall = (typeof CALLS)[number];

/** A link of which one call throws, the first time or always. */
function spoiltLink(inner: Link, name: LinkCall, times: number) {
  const spoilt = { calls: 0 };
  const link: Link = {
    mtu: inner.mtu,
    attach: (port) => inner.attach(port),
    send: (length) => inner.send(length),
    flush: () => inner.flush?.(),
    receive: () => inner.receive?.(),
    advise: (destination) => inner.advise?.(destination),
    close: () => inner.close(),
  };
  const work = link[name] as (argument: never) => unknown;
  link[name] = ((argument: never) => {
    if (++spoilt.calls <= times) throw new Error(`${name} of a link`);
    return work.call(link, argument);
  }) as never;
  return { link, spoilt };
}

describe('a link', () => {
  it.each(CALLS)('whose %s throws once loses that and no more', async (name) => {
    let spoilt = { calls: 0 };
    const { clock, a, b, errors } = two((end) => {
      const made = spoiltLink(end, name, 1);
      spoilt = made.spoilt;
      return made.link;
    });
    echo(b, 7);
    const first = bystander(a, 7);
    // Nobody is there: the link is advised against that way.
    const silent = a.openConnection('10.0.0.99:7', { patient: true });
    clock.advance(30_000);
    const second = bystander(a, 7);
    clock.advance(5000);
    expect([first.heard.text, second.heard.text]).toEqual(['bystander', 'bystander']);
    silent.abort();
    if (name === 'close') await a.close();
    await Promise.resolve();
    expect(spoilt.calls).toBeGreaterThan(0);
    expect(errors).toEqual([`${name} of a link`]);
    expect(uncaught).toEqual([]);
  });

  it('that always throws gets every retransmission offered, and the end comes in time', () => {
    let spoilt = { calls: 0 };
    const { clock, a, errors } = two((end) => {
      const made = spoiltLink(end, 'send', Number.POSITIVE_INFINITY);
      spoilt = made.spoilt;
      return made.link;
    });
    const raw = a.openConnection('10.0.0.2:7', { timeout: '20s' });
    clock.advance(10_000);
    expect(spoilt.calls).toBe(4);
    expect(errors).toHaveLength(4);
    clock.advance(10_000);
    expect(raw.error).toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('that throws as it is attached is not attached, and another can be', () => {
    const stack = stackAt(1, new VirtualClock());
    const link = { ...spoiltLink(pipe()[0], 'send', 0).link };
    link.attach = () => {
      throw new Error('attach of a link');
    };
    expect(() => stack.attach(link)).toThrow('attach of a link');
    expect(stack.link).toBe(null);
    stack.attach(pipe()[0]);
  });

  it('without an owner has its errors thrown apart', async () => {
    const clock = new VirtualClock();
    const stack = stackAt(1, clock);
    stack.attach(spoiltLink(pipe()[0], 'send', 1).link);
    stack.openConnection('10.0.0.2:7');
    clock.advance(0);
    await Promise.resolve();
    expect(uncaught).toEqual(['send of a link']);
  });

  it('whose owner throws in turn disturbs nobody', async () => {
    const clock = new VirtualClock();
    const stack = stackAt(1, clock);
    let port: LinkPort | undefined;
    const thrower = (name: string) => () => {
      throw new Error(name);
    };
    const { link } = spoiltLink(pipe()[0], 'send', 1);
    const attach = link.attach.bind(link);
    link.attach = (given) => {
      port = given;
      attach(given);
    };
    stack.attach(link, { onError: thrower('onError'), onClosed: thrower('onClosed') });
    const raw = stack.openConnection('10.0.0.2:7', { timeout: '2s' });
    clock.advance(0);
    port!.ended(new Error('gone'));
    clock.advance(3000);
    await Promise.resolve();
    expect(uncaught).toEqual(['onError', 'onClosed']);
    expect(raw.isClosed).toBe(true);
  });
});

describe('what stands around a link', () => {
  const once = (name: string) => {
    let calls = 0;
    return () => {
      if (++calls === 3) throw new Error(name);
      return undefined;
    };
  };

  it.each([
    ['a rule of an impairment', (end, clock) => impaired(end, { clock, rules: [once('thrown')] })],
    ['a watch', (end, clock) => impaired(end, { clock, delay: 5, watch: once('thrown') })],
    [
      'a comment of a capture',
      (end, clock) => capture(end, () => {}, { clock, comment: once('thrown') }),
    ],
    ['the file of a capture', (end, clock) => capture(end, once('thrown'), { clock })],
    [
      'a link within an impairment',
      (end, clock) => impaired(spoiltLink(end, 'send', 1).link, { clock, delay: 5 }),
    ],
  ] as [string, (end: Link, clock: VirtualClock) => Link][])('%s throws', (_, make) => {
    const { clock, a, b, errors } = two(make);
    echo(b, 7);
    const { heard } = bystander(a, 7);
    clock.advance(5000);
    expect(errors).toHaveLength(1);
    expect(heard.text).toBe('bystander');
  });

  it('a rule of a simulated link throws, at either side', () => {
    const clock = new VirtualClock();
    const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
    const network = simulatedLink({ clock, delay: 5, rules: [once('thrown')] });
    const errors: unknown[] = [];
    const owner = { onError: (error: unknown) => errors.push(error) };
    a.attach(network.a, owner);
    b.attach(network.b, owner);
    echo(b, 7);
    const { heard } = bystander(a, 7);
    clock.advance(5000);
    expect(errors).toHaveLength(1);
    expect(heard.text).toBe('bystander');
  });

  it('a link of a relay throws', () => {
    const clock = new VirtualClock();
    const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
    const [[nearA, farA], [nearB, farB]] = [pipe(), pipe()];
    a.attach(nearA);
    b.attach(nearB);
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    relay(spoiltLink(farA, 'send', 1).link, spoiltLink(farB, 'flush', 1).link, { onError });
    echo(b, 7);
    const { heard } = bystander(a, 7);
    clock.advance(10_000);
    expect(errors).toHaveLength(2);
    expect(heard.text).toBe('bystander');
  });
});
