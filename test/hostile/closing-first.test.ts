/**
 * Servers that close first (line 16 of `cases.ts`): each connection leaves a wait of a minute
 * behind, and whoever comes meanwhile must still be served. Two cores, on virtual time.
 */
import { describe, expect, test } from 'vitest';
import { Counter, Memory, Result, Setting, State } from '../../host-web/abi.ts';
import { type Core, type Limits, setEndpoint } from '../../host-web/core.ts';
import { mapped, octetsOf } from '../dsl/stack.ts';
import { look, Pair } from '../notes/pair.ts';

const SECOND = 1000;
const CLIENTS = ['10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
const REPLY = 700;

const counter = (core: Core, which: Counter) =>
  Number(core.view.getBigUint64(Memory.COUNTERS + 8 * which, true));

/** A server B on port 80 and its clients on A, which has several addresses. */
class Service extends Pair {
  readonly listener: number;
  /** Requests that were not answered, and what became of them. */
  readonly failed: string[] = [];

  constructor(limits: Limits = {}, settings: Partial<Record<Setting, number>> = {}) {
    super(limits, settings);
    for (const address of CLIENTS.slice(1)) {
      setEndpoint(this.a, mapped(octetsOf(address)), 0, null, 0);
      this.a.addAddress(8);
    }
    this.listener = this.listen(80, 64);
  }

  /** One request in the way of HTTP/1.0: the reply ends with the server's FIN. */
  request(address: string, port = 0): void {
    const client = this.a.create();
    setEndpoint(this.a, mapped(octetsOf(address)), port, mapped(octetsOf('10.0.0.2')), 80);
    const opened = client > 0 ? this.a.connect(client) : client;
    if (opened !== 0) throw new Error(`the client can not connect: ${Result[-opened]}`);
    this.a.send(client, 100);
    this.exchange();
    const server = this.b.accept(this.listener);
    if (server > 0) {
      this.b.receive(server, 1000);
      this.b.send(server, REPLY);
      this.b.release(server);
      this.exchange();
    }
    const got = this.a.receive(client, 1000);
    if (got !== REPLY) this.failed.push(`${address} at ${this.now} ms: ${got}`);
    this.a.release(client);
    this.exchange();
  }

  /** So many seconds of so many requests each, from every client in turn. */
  load(seconds: number, rate: number, clients: number): void {
    for (let i = 0; i < seconds * rate; i++) {
      this.request(CLIENTS[i % clients]!);
      this.wait(SECOND / rate);
    }
  }

  get waits(): number {
    return this.b.used(2);
  }

  get overflows(): number {
    return counter(this.b, Counter.TcpExtTCPTimeWaitOverflow);
  }
}

describe('hostile 16h: with the default limits everybody is served', () => {
  test('hostile 16h: one client from all its ports, 922 connections a second one by one', () => {
    const service = new Service();
    const ports = 65_535 - 1023;
    for (let i = 0; i < 80_000; i++) {
      service.request(CLIENTS[0]!, 1024 + (i % ports));
      service.wait(SECOND / 922);
    }
    expect(service.failed).toEqual([]);
    expect(service.waits).toBeGreaterThan(55_000);
    expect(service.overflows).toBe(0);
    expect(service.b.used(0)).toBe(1);
  });

  test('hostile 16h: 700 closes a second from four addresses for a minute and a half', () => {
    const service = new Service();
    service.load(90, 700, 4);
    expect(service.failed).toEqual([]);
    expect(service.waits).toBeGreaterThan(41_900);
    expect(service.waits).toBeLessThan(42_010);
    expect(service.overflows).toBe(0);
    expect(service.b.used(0)).toBe(1);
  });
});

describe('tcp_max_tw_buckets', () => {
  test('hostile 16i: beyond it connections end without a wait, complete and counted', () => {
    const service = new Service({}, { [Setting.MAX_TW_BUCKETS]: 1000 });
    service.load(10, 500, 4);
    expect(service.failed).toEqual([]);
    expect(service.waits).toBe(1000);
    expect(service.overflows).toBe(4000);
    expect(service.b.used(0)).toBe(1);
    // As many as have ended since can wait again.
    service.wait(60 * SECOND);
    expect(service.waits).toBe(0);
    service.load(1, 500, 4);
    expect([service.waits, service.overflows]).toEqual([500, 4000]);
  });

  test('0: nothing ever waits', () => {
    const service = new Service({}, { [Setting.MAX_TW_BUCKETS]: 0 });
    service.load(1, 100, 4);
    expect([service.failed, service.waits, service.overflows]).toEqual([[], 0, 100]);
  });

  test('lowered while connections wait: those wait on, and no other joins them', () => {
    const service = new Service();
    service.load(1, 100, 4);
    service.b.set(Setting.MAX_TW_BUCKETS, 10);
    service.load(1, 100, 4);
    expect([service.waits, service.overflows]).toEqual([100, 100]);
    expect(service.failed).toEqual([]);
  });

  test('can not be more than there are records', () => {
    const { b } = new Service({ timeWaits: 50 });
    expect(b.get(Setting.MAX_TW_BUCKETS)).toBe(50);
    expect(b.set(Setting.MAX_TW_BUCKETS, 51)).toBe(-Result.INVALID_ARGUMENT);
    expect(b.set(Setting.MAX_TW_BUCKETS, 49)).toBe(0);
  });
});

describe('tcp_tw_strict', () => {
  const strict = { [Setting.MAX_TW_BUCKETS]: 100, [Setting.TW_STRICT]: 1 };

  test('MUST-13, RFC 1122 §4.2.2.13a: nobody begins who could not wait, and no wait is cut', () => {
    const service = new Service({}, strict);
    service.load(1, 100, 1);
    expect([service.failed.length, service.waits, service.overflows]).toEqual([0, 100, 0]);
    service.request(CLIENTS[0]!);
    expect(service.failed).toHaveLength(1);
    expect(service.waits).toBe(100);
    // The first is over, and another can begin.
    service.wait(59 * SECOND + 1);
    service.request(CLIENTS[0]!);
    expect(service.failed).toHaveLength(1);
    expect(service.overflows).toBe(0);
  });

  test('MUST-13: connections that are open count, for each of them may come to wait', () => {
    const service = new Service({}, { ...strict, [Setting.MAX_TW_BUCKETS]: 2 });
    const clients = [1, 2, 3].map(() => service.connect(80));
    service.exchange();
    const accepted = [1, 2, 3].map(() => service.b.accept(service.listener));
    expect(accepted.map((handle) => handle > 0)).toEqual([true, true, false]);
    for (const handle of accepted.slice(0, 2)) service.b.release(handle);
    for (const handle of clients) service.a.release(handle);
    service.exchange();
    expect([service.waits, service.overflows]).toEqual([2, 0]);
  });

  test('MUST-13: an OPEN that could not wait is refused', () => {
    const service = new Service({}, { ...strict, [Setting.MAX_TW_BUCKETS]: 1 });
    expect(service.connect(80)).toBeGreaterThan(0);
    expect(service.connect(80)).toBe(-Result.INSUFFICIENT_RESOURCES);
  });
});

describe('the side that opens, where it closes first', () => {
  /** Opens, closes from A, answers from B; answers A's local port. */
  function cycle(pair: Service): number {
    const client = pair.connect(80);
    if (client < 0) return client;
    pair.exchange();
    const port = look(pair.a, client, 'localPort');
    const server = pair.b.accept(pair.listener);
    pair.a.close(client);
    pair.exchange();
    pair.b.release(server);
    pair.exchange();
    expect([State.TIME_WAIT, State.CLOSED]).toContain(look(pair.a, client, 'state'));
    pair.a.release(client);
    return port;
  }

  test('hostile 16j: its ports wait, and beyond tcp_max_tw_buckets they are free at once', () => {
    const pair = new Service({}, { [Setting.MAX_TW_BUCKETS]: 100 });
    const ports = Array.from({ length: 28_232 + 1000 }, () => cycle(pair));
    expect(ports.filter((port) => port < 0)).toEqual([]);
    expect(new Set(ports).size).toBe(28_232);
    expect(pair.a.used(2)).toBe(100);
    expect(counter(pair.a, Counter.TcpExtTCPTimeWaitOverflow)).toBe(28_232 + 900);
    expect([pair.a.used(0), pair.b.used(0), pair.b.used(2)]).toEqual([0, 1, 0]);
  });
});
