/** Ephemeral ports (RFC 6056); their statistics are tested in `notes` and `hostile`. */
import { describe, expect, test } from 'vitest';
import { Memory, Result, Setting, StatusField } from '../host-web/abi.ts';
import { type Core, setEndpoint } from '../host-web/core.ts';
import { closed } from './dsl/index.ts';
import { mapped } from './dsl/stack.ts';
import { door } from './notes/pair.ts';

/** Local ports of so many OPENs towards one remote socket, after these listeners. */
function ports(count: number, { seed = 1, listeners = [] as number[] } = {}): number[] {
  const { host } = closed({ seed });
  for (const port of listeners) expect(host.another().listen(port)).toBe(0);
  return Array.from({ length: count }, () => {
    const opening = host.another();
    expect(opening.connect('10.0.0.2', 80)).toBe(0);
    return opening.look('localPort');
  });
}

test('RFC 6056 §3.1: no port is given that makes a tuple in use', () => {
  const given = ports(40);
  expect(new Set(given).size).toBe(40);
});

test('RFC 6056 §3.2b: nor one that somebody listens on', () => {
  const taken = ports(5);
  const given = ports(5, { listeners: taken });
  expect(given.filter((port) => taken.includes(port))).toEqual([]);
});

test('RFC 6056 §3.4: under another key the ports are others', () => {
  expect(ports(3)).toEqual(ports(3));
  const begins = [1, 2, 3, 4, 5, 6].map((seed) => ports(1, { seed })[0]);
  expect(new Set(begins).size).toBe(6);
});

// Few ports, or none ---------------------------------------------------------------

const FIRST_PORT = 32_768;
const PORT_COUNT = 28_232;

/** OPENs at a core's door that are never answered, and the ports they have. */
class Openings {
  readonly core: Core = door('10.0.0.1', 3, { connections: PORT_COUNT + 64, children: 4 });
  /** Handles by the local port, towards each remote one. */
  readonly held = new Map<number, Map<number, number>>();

  /** The port an OPEN was given, or a negated Result. */
  open(remotePort = 80, localPort = 0): number {
    const { core } = this;
    const handle = core.create();
    expect(handle).toBeGreaterThan(0);
    setEndpoint(core, null, localPort, mapped(Uint8Array.of(10, 0, 0, 2)), remotePort);
    const result = core.connect(handle);
    if (result !== 0) {
      core.release(handle);
      return result;
    }
    core.status(handle);
    const port = core.view.getUint32(Memory.STATUS + StatusField.localPort, true);
    const taken = this.towards(remotePort);
    expect(taken.has(port)).toBe(false);
    taken.set(port, handle);
    return port;
  }

  towards(remotePort: number): Map<number, number> {
    const taken = this.held.get(remotePort) ?? new Map<number, number>();
    this.held.set(remotePort, taken);
    return taken;
  }

  /** Gives the connection with that port up. */
  giveUp(port: number, remotePort = 80): void {
    const { core } = this;
    const handle = this.towards(remotePort).get(port)!;
    core.abort(handle);
    core.release(handle);
    this.towards(remotePort).delete(port);
    while (core.output() !== 0);
    while (core.signal() !== 0);
  }

  /** Takes all ports that are left. */
  fill(): number {
    let last = 0;
    for (let port = this.open(); port > 0; port = this.open()) {
      last = port;
      while (this.core.output() !== 0);
    }
    return last;
  }

  /** The free port that counting on from one comes to. */
  nextFree(port: number): number {
    const taken = this.towards(80);
    do {
      port = port + 1 === FIRST_PORT + PORT_COUNT ? FIRST_PORT : port + 1;
    } while (taken.has(port));
    return port;
  }
}

describe('with all ports taken but few', () => {
  test('RFC 6056 §3.3.4: the port given is the one that counting would come to', () => {
    const all = new Openings();
    let last = all.fill();
    expect(all.towards(80).size).toBe(PORT_COUNT);
    let word = 1;
    const below = (limit: number) => {
      word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((word / 2 ** 32) * limit);
    };
    for (let step = 0; step < 3_000; step++) {
      const isFull = all.towards(80).size === PORT_COUNT;
      if (isFull || below(3) === 0) {
        const port = FIRST_PORT + below(PORT_COUNT);
        if (all.towards(80).has(port)) all.giveUp(port);
        continue;
      }
      const expected = all.nextFree(last);
      last = all.open();
      if (last !== expected) expect([step, last]).toEqual([step, expected]);
    }
  });

  test('with none left OPEN is refused, and the one that comes back is given', () => {
    const all = new Openings();
    all.fill();
    for (const port of [FIRST_PORT, 40_000, FIRST_PORT + PORT_COUNT - 1]) {
      expect(all.open()).toBe(-Result.NO_PORT_AVAILABLE);
      all.giveUp(port);
      expect(all.open()).toBe(port);
    }
    expect(all.open()).toBe(-Result.NO_PORT_AVAILABLE);
    // Another destination has all of its own.
    expect(all.open(81)).toBeGreaterThan(0);
  });

  test('a port that was asked for is one less, and is given when it is let go', () => {
    const all = new Openings();
    expect(all.open(80, 50_000)).toBe(50_000);
    all.fill();
    expect(all.towards(80).size).toBe(PORT_COUNT);
    all.giveUp(50_000);
    expect(all.open(80, 50_000)).toBe(50_000);
    expect(all.open()).toBe(-Result.NO_PORT_AVAILABLE);
  });

  test('RFC 6056 §3.2b: the port of a listener is given when the listener has gone', () => {
    const all = new Openings();
    const { core } = all;
    const listener = core.create();
    setEndpoint(core, null, 45_000, null, 0);
    expect(core.listen(listener, 1)).toBe(0);
    all.fill();
    expect(all.towards(80).size).toBe(PORT_COUNT - 1);
    expect(all.open()).toBe(-Result.NO_PORT_AVAILABLE);
    core.release(listener);
    expect(all.open()).toBe(45_000);
    expect(all.open()).toBe(-Result.NO_PORT_AVAILABLE);
  });

  test('what was known of waits is forgotten when tcp_tw_reuse changes', () => {
    const all = new Openings();
    all.fill();
    for (const reuse of [0, 1, 2]) {
      all.core.set(Setting.TW_REUSE, reuse);
      expect(all.open()).toBe(-Result.NO_PORT_AVAILABLE);
      all.giveUp(40_000 + reuse);
      expect(all.open()).toBe(40_000 + reuse);
    }
  });
});
