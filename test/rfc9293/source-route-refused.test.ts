/** Packets that came by a source route and are not wanted, and options that are none. */
import { expect, test } from 'vitest';
import { Dice } from '../simulation/dice.ts';
import {
  complete,
  Counter,
  data,
  established,
  fin,
  listening,
  LOOSE,
  Peer,
  sourceRoute,
  sourceRouteOf,
  Setting,
  STRICT,
  syn,
  timeWait,
} from '../dsl/index.ts';

const ACCEPTED = { settings: { [Setting.ACCEPT_SOURCE_ROUTE]: 1 } };

test('by default everything that came by a route, unless it answers ours', () => {
  const { stack, host, peer } = established();
  peer.ipOptions = complete(LOOSE, 9);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('');
  peer.expectNothing();
  const stranger = new Peer(stack, { port: 41_000 });
  stranger.ipOptions = complete(STRICT, 9);
  stranger.send(syn({ seq: 0 }));
  new Peer(stack, { hostPort: 9 }).send(syn({ seq: 0 }));
  stranger.expectNothing();
  expect(stack.counter(Counter.IpSourceRouteRefused)).toBe(2);
});

test('TIME-WAIT knows no route: refused by default, else answered without', () => {
  const { stack, peer } = timeWait();
  peer.ipOptions = complete(LOOSE, 9);
  peer.send(fin({ seq: 1, ack: 2 }));
  peer.expectNothing();
  expect(stack.counter(Counter.IpSourceRouteRefused)).toBe(1);
  const { peer: other } = timeWait(ACCEPTED);
  other.ipOptions = complete(LOOSE, 9);
  other.send(fin({ seq: 1, ack: 2 }));
  expect(other.take().map(({ packet }) => sourceRouteOf(packet))).toEqual([null]);
});

test.each([
  ['not complete', sourceRoute(LOOSE, 4, 9, 8)],
  ['complete but for its last hop', sourceRoute(STRICT, 8, 9, 8)],
  ['through a group', [LOOSE, 7, 8, 224, 0, 0, 1]],
  ['through everybody on the link', complete(LOOSE, 255)],
  ['through ourselves', complete(LOOSE, 9, 1)],
  ['through the loopback', [LOOSE, 7, 8, 127, 0, 0, 1]],
])('a route that is %s, though routes are accepted', (_what, option) => {
  const { stack, host, peer } = established(ACCEPTED);
  peer.ipOptions = option;
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('');
  peer.expectNothing();
  expect(stack.counter(Counter.IpSourceRouteRefused)).toBe(1);
});

test.each([
  ['of length 0', [LOOSE, 0, 4]],
  ['of length 1', [7, 1, 1, 1]],
  ['that ends behind the header', [LOOSE, 11, 12, 10, 0, 0, 9, 1]],
  ['without a length', [1, 1, 1, LOOSE]],
  ['without a pointer', [1, 1, LOOSE, 2]],
  ['with a pointer before the first hop', sourceRoute(LOOSE, 3, 9)],
  ['with a pointer of 0', sourceRoute(LOOSE, 0, 9)],
  ['with a pointer between hops', sourceRoute(LOOSE, 9, 9)],
  ['with half a hop', [STRICT, 9, 12, 10, 0, 0, 9, 10, 0]],
  ['twice', [...complete(LOOSE, 9), ...complete(STRICT, 8)]],
])('an option %s', (_what, option) => {
  for (const options of [{}, ACCEPTED]) {
    const { stack, host, peer } = established(options);
    peer.ipOptions = option;
    peer.send(data('hello', { seq: 1, ack: 1 }));
    expect(host.read()).toBe('');
    peer.expectNothing();
    expect(stack.counter(Counter.IpInHdrErrors)).toBe(1);
  }
});

test('MUST-50: options that are no route, or lie behind END, are passed over', () => {
  for (const option of [
    [7, 7, 4, 0, 0, 0, 0],
    [148, 4, 0, 0],
    [1, 0, LOOSE, 0],
    [0, 1, 2, 3],
  ]) {
    const { host, peer } = established();
    peer.ipOptions = option;
    peer.send(data('hello', { seq: 1, ack: 1 }));
    expect(host.read()).toBe('hello');
  }
});

test('random options neither trap nor leak', () => {
  const dice = new Dice(7);
  const { stack, listener, peer } = listening({ ...ACCEPTED, limits: { sourceRoutes: 4 } });
  for (let i = 0; i < 3000; i++) {
    const hops = Array.from({ length: dice.below(10) }, () => dice.below(256));
    const option = complete(dice.chance(0.5) ? LOOSE : STRICT, ...hops);
    if (dice.chance(0.3)) option[dice.below(option.length)] = dice.below(256);
    if (dice.chance(0.1)) option.splice(dice.below(option.length));
    const other = new Peer(stack, { port: 41_000 + dice.below(8) });
    other.ipOptions = option.slice(0, 40);
    const numbers = { seq: dice.below(3), ack: dice.below(3) };
    other.send(dice.chance(0.5) ? syn({ seq: 0 }) : data('x', numbers));
    stack.sinks.pop();
    if (dice.chance(0.1)) listener.accept()?.release();
    if (dice.chance(0.02)) stack.wait(2000);
  }
  expect(stack.counter(Counter.IpSourceRouteRefused)).toBeGreaterThan(10);
  expect(stack.counter(Counter.IpInHdrErrors)).toBeGreaterThan(10);
  expect(stack.counter(Counter.TcpExtTCPSourceRouteFull)).toBeGreaterThan(10);
  expect(stack.used()[6]).toBeLessThanOrEqual(4);
  peer.take();
});
