/**
 * The notes on running out of ports: 28,232 of them, each away for a minute after its connection
 * was closed, so 470 connects a second to one destination and no more; and how reuse lifts that.
 *
 * Two stacks with the raw API, every connection opened and closed by segments.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { createStackSync, pipe, SocketError, VirtualClock } from '../../host-web/index.ts';
import type { Stack } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';
import { fate } from '../host/world.ts';

const FIRST_PORT = 32_768;
const LAST_PORT = 60_999;
const PORTS = 28_232;
const MINUTE = 60_000;

class Scene {
  readonly clock = new VirtualClock();
  readonly a = this.#stack(1);
  readonly b = this.#stack(2);
  readonly #listener;

  constructor() {
    const [one, other] = pipe();
    this.a.attach(one);
    this.b.attach(other);
    this.#listener = this.b.openListener({ port: 7 });
  }

  #stack(host: number): Stack {
    return createStackSync({
      address: `10.0.0.${host}/24`,
      clock: this.clock,
      module: coreModule,
      seed: new Uint8Array(32).fill(host),
      limits: { connections: 64, listeners: 4, children: 64, pages: 64, timeWaits: 70_000 },
    });
  }

  /** Opens a connection and closes it, A first: A has TIME-WAIT. Answers its local port, or why. */
  cycle(port = 7): number | string {
    const raw = this.a.openConnection(`10.0.0.2:${port}`);
    this.clock.advance(0);
    if (!raw.isOpened) return raw.error?.code ?? 'still opening';
    const { localPort } = raw;
    const server = this.#listener.accept()!;
    raw.close();
    this.clock.advance(0);
    server.close();
    this.clock.advance(0);
    if (!raw.isClosed || raw.error !== null) return raw.error?.code ?? 'still closing';
    raw.release();
    server.release();
    return localPort;
  }

  cycles(count: number): (number | string)[] {
    return Array.from({ length: count }, () => this.cycle());
  }

  get timeWaits(): number {
    return this.a.core.used(2);
  }
}

describe('28,232 ports for a minute', () => {
  const scene = new Scene();
  let ports: (number | string)[];
  let next: SocketError;

  beforeAll(() => {
    // Timestamps would not matter: reuse is for loopback only unless somebody turns it on.
    ports = scene.cycles(PORTS);
  }, MINUTE);

  test('each is used, once, and waits', () => {
    expect(ports.filter((port) => typeof port === 'string')).toEqual([]);
    expect(new Set(ports).size).toBe(PORTS);
    expect(Math.min(...(ports as number[]))).toBe(FIRST_PORT);
    expect(Math.max(...(ports as number[]))).toBe(LAST_PORT);
    expect(scene.timeWaits).toBe(PORTS);
    expect(scene.b.core.used(2)).toBe(0);
  });

  test('the next one fails at once', async () => {
    const socket = scene.a.connect('10.0.0.2:7');
    expect(await fate(socket.opened)).toBe('EADDRNOTAVAIL');
    next = (await socket.closed.catch((error: unknown) => error)) as SocketError;
    expect(next).toMatchObject({ syscall: 'connect', address: '10.0.0.2', port: 7 });
  });

  test('and tells the numbers: ports, TIME-WAIT, how many a second', () => {
    expect(next.message).toMatch(/\b28,?232\b.*ports/);
    expect(next.message).toMatch(/\b28,?232\b.*TIME-WAIT/);
    expect(next.message).toMatch(/\b470\b.*second/);
  });

  test('another destination has ports of its own: the limit is one of the tuple', async () => {
    // Nobody listens there: refused, so there was a port.
    const socket = scene.a.connect('10.0.0.2:8');
    expect(await fate(socket.opened)).toBe('ECONNREFUSED');
    socket.closed.catch(() => {});
  });

  test('a minute after the first, not sooner, there is room for as many again', () => {
    scene.clock.advance(MINUTE - 1);
    expect(scene.cycle()).toBe('EADDRNOTAVAIL');
    scene.clock.advance(1);
    expect(scene.timeWaits).toBe(0);
    expect(scene.cycles(100).filter((port) => typeof port === 'string')).toEqual([]);
  });
});

describe('lifted by tcp_tw_reuse', () => {
  const scene = new Scene();

  beforeAll(() => {
    scene.a.set('tcp_tw_reuse', 1);
    scene.cycles(PORTS);
  }, MINUTE);

  test('not within the first second', () => {
    expect(scene.timeWaits).toBe(PORTS);
    scene.clock.advance(999);
    expect(scene.cycle()).toBe('EADDRNOTAVAIL');
  });

  test(
    'a second later every port can be had again, with 59 seconds of its wait to come',
    () => {
      scene.clock.advance(1);
      const again = scene.cycles(PORTS);
      expect(new Set(again).size).toBe(PORTS);
      expect(again.filter((port) => typeof port === 'string')).toEqual([]);
      expect(scene.timeWaits).toBe(PORTS);
      expect(scene.a.counters()).toMatchObject({ TcpExtTWRecycled: BigInt(PORTS) });
    },
    MINUTE,
  );

  test(
    'but only where timestamps tell the incarnations apart',
    () => {
      scene.clock.advance(MINUTE);
      scene.b.set('tcp_timestamps', 0);
      const [first] = scene.cycles(PORTS);
      scene.clock.advance(1000);
      expect(typeof first).toBe('number');
      expect(scene.cycle()).toBe('EADDRNOTAVAIL');
    },
    MINUTE,
  );
});
