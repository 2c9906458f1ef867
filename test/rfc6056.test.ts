/** Ephemeral ports (RFC 6056); their statistics are tested in `notes` and `hostile`. */
import { expect, test } from 'vitest';
import { closed } from './dsl/index.ts';

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
