/** The SACK blocks our segments carry (RFC 2018 §3, §4; RFC 2883 §4). */
import { expect, test } from 'vitest';
import { ack, Counter, data, established, Option } from '../dsl/index.ts';

test('RFC 2018 §4b: the block that changed last comes first', () => {
  const { peer } = established();
  peer.send(data('b', { seq: 3, ack: 1 }));
  peer.expect(ack({ ack: 1, sack: [[3, 4]] }));
  peer.send(data('c', { seq: 7, ack: 1 }));
  peer.expect(
    ack({
      ack: 1,
      sack: [
        [7, 8],
        [3, 4],
      ],
    }),
  );
  peer.send(data('d', { seq: 5, ack: 1 }));
  peer.expect(
    ack({
      ack: 1,
      sack: [
        [5, 6],
        [7, 8],
        [3, 4],
      ],
    }),
  );
  peer.send(data('e', { seq: 4, ack: 1 }));
  peer.expect(
    ack({
      ack: 1,
      sack: [
        [3, 6],
        [7, 8],
      ],
    }),
  );
});

test.each([4, 3])('RFC 2018 §3b, §4c: four blocks fit, three beside timestamps: %i', (most) => {
  const { peer } = established({ timestamps: most === 3 });
  peer.send(...[3, 5, 7, 9, 11].map((seq) => data('x', { seq, ack: 1 })));
  const told = peer.take().map(({ ack, sack }) => ({ ack, sack }));
  const blocks = [11, 9, 7, 5, 3].map((left) => [left, left + 1]);
  expect(told[0]).toEqual({ ack: 1, sack: blocks.slice(0, most) });
  // The rest comes first in the next, and those told already follow.
  expect(told).toHaveLength(2);
  expect(told[1]?.sack).toEqual([...blocks.slice(most), ...blocks].slice(0, most));
});

test('RFC 2018 §3a: without SACK-permitted from the peer no block is sent', () => {
  const { peer } = established({ sack: false });
  peer.send(data('x', { seq: 3, ack: 1 }));
  peer.expect(ack({ ack: 1 }));
  expect(peer.latest().sack).toBeUndefined();
});

test('RFC 2883 §4a, §4b: text below RCV.NXT is reported once', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 6 }));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 6, sack: [[1, 6]] }));
  peer.send(data('z', { seq: 8, ack: 1 }));
  peer.expect(ack({ ack: 6, sack: [[8, 9]] }));
});

test('RFC 2883 §4.2: only the part that was there already is reported, and at once', () => {
  const { host, peer } = established();
  peer.send(data(699, { seq: 1, ack: 1 }));
  peer.take();
  peer.send(data(799, { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 800, sack: [[1, 700]] }));
  host.wait(1000);
  peer.expectNothing();
  expect(String(host.read())).toHaveLength(799);
});

test('a segment that is new in part is acknowledged at once without SACK too', () => {
  const { host, peer } = established({ sack: false });
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 6 }));
  peer.send(data('lo!', { seq: 4, ack: 1 }));
  peer.expect(ack({ ack: 7 }));
});

/** Text of the pattern from `left` up to `right`. */
const stretch = (left: number, right: number) => data(right - left, { seq: left, ack: 1 });

test.each<[string, [number, number][], [number, number], number, [number, number][]]>([
  ['what fills a gap and goes on', [[201, 301]], [1, 251], 301, [[201, 251]]],
  ['what fills a gap and holds a range', [[201, 301]], [1, 351], 351, [[201, 301]]],
  [
    'what lies above, its left part',
    [[201, 301]],
    [251, 351],
    1,
    [
      [251, 301],
      [201, 351],
    ],
  ],
  [
    'what lies above, its right part',
    [[201, 301]],
    [151, 251],
    1,
    [
      [201, 251],
      [151, 301],
    ],
  ],
  [
    'what lies above and holds a range',
    [[201, 301]],
    [151, 351],
    1,
    [
      [201, 301],
      [151, 351],
    ],
  ],
  [
    'of two ranges the first',
    [
      [201, 301],
      [401, 501],
    ],
    [251, 451],
    1,
    [
      [251, 301],
      [201, 501],
    ],
  ],
  ['what only touches a range is new', [[201, 301]], [101, 201], 1, [[101, 301]]],
])('RFC 2883 §4.2: %s', (_what, held, [left, right], upTo, blocks) => {
  const { host, peer } = established();
  for (const [from, to] of held) peer.send(stretch(from, to));
  peer.take();
  peer.send(stretch(left, right));
  peer.expect(ack({ ack: upTo, sack: blocks }));
  host.wait(1000);
  peer.expectNothing();
  peer.send(stretch(1, 201), stretch(301, 501));
  peer.take();
  expect(host.read()).toBe(stretch(1, 501).text);
});

test('RFC 2883 §4b: duplicates of a batch that touch are reported as one', () => {
  const { peer } = established();
  peer.send(stretch(1, 301));
  peer.take();
  peer.send(stretch(1, 101), stretch(101, 201), stretch(201, 301));
  peer.expect(ack({ ack: 301, sack: [[1, 301]] }));
  peer.send(stretch(1, 101), stretch(201, 301));
  peer.expect(ack({ ack: 301, sack: [[201, 301]] }));
});

test('RFC 2018 §4d: the others follow in the order they were last reported', () => {
  const { peer } = established();
  const [a, b, c] = [
    [11, 12],
    [21, 22],
    [31, 32],
  ] as const;
  const blocks = [a, b, c].map(([left, right]) => {
    peer.send(stretch(left, right));
    return peer.take()[0]?.sack;
  });
  expect(blocks).toEqual([[a], [b, a], [c, b, a]]);
});

test.each([4, 3])('RFC 2018 §4d: beyond %i ranges each is still reported so often', (most) => {
  const { peer } = established({ timestamps: most === 3 });
  for (let i = 0; i < 20; i++) {
    const left = 11 + 10 * i;
    peer.send(stretch(left, left + 1));
    const expected = [];
    for (let k = i; k > i - most && k >= 0; k--) expected.push([11 + 10 * k, 12 + 10 * k]);
    peer.expect(ack({ ack: 1, sack: expected as [number, number][] }));
  }
});

test('a batch with more ranges than fit is answered until each is told, and none twice', () => {
  const { host, peer } = established({ set: [[Option.NAGLE, 0]] });
  const lefts = Array.from({ length: 12 }, (_, i) => 11 + 10 * i);
  peer.send(...lefts.map((left) => stretch(left, left + 1)));
  const told = peer.take().map(({ sack }) => sack?.map(([left]) => left));
  expect(told).toEqual([
    [121, 111, 101, 91],
    [81, 71, 61, 51],
    [41, 31, 21, 11],
  ]);
  // From then on those that were reported last are repeated.
  host.write(1);
  expect(peer.take()[0]?.sack?.map(([left]) => left)).toEqual([41, 31, 21, 11]);
  // What comes to a range makes it the latest.
  peer.send(stretch(12, 13));
  expect(peer.take()[0]?.sack).toEqual([
    [11, 13],
    [41, 42],
    [31, 32],
    [21, 22],
  ]);
});

test('a duplicate of a range makes it the latest', () => {
  const { peer } = established();
  for (const left of [11, 21, 31]) peer.send(stretch(left, left + 1));
  peer.take();
  for (const left of [11, 31, 21]) peer.send(stretch(left, left + 1));
  expect(
    peer
      .take()
      .at(-1)
      ?.sack?.map(([left]) => left),
  ).toEqual([21, 21, 31, 11]);
});

test('RFC 2883 §4c: a duplicate above RCV.NXT comes with the block that holds it', () => {
  const { peer } = established();
  peer.send(data('cd', { seq: 3, ack: 1 }));
  peer.expect(ack({ ack: 1, sack: [[3, 5]] }));
  peer.send(data('d', { seq: 4, ack: 1 }));
  peer.expect(
    ack({
      ack: 1,
      sack: [
        [4, 5],
        [3, 5],
      ],
    }),
  );
});

test('RFC 2883 §4c: the block that holds the duplicate comes even before a later one', () => {
  const { peer } = established();
  peer.send(stretch(11, 21));
  peer.take();
  peer.send(stretch(11, 16), stretch(31, 32));
  peer.expect(
    ack({
      ack: 1,
      sack: [
        [11, 16],
        [11, 21],
        [31, 32],
      ],
    }),
  );
});

test('RFC 2018 §8a: what has arrived in the window is kept, in however many ranges', () => {
  const limits = { pages: 2048, ranges: 8192, receiveBuffer: 4 << 20 };
  const { stack, host, peer } = established({ limits, wscale: 7 });
  // A slow start that overshoots: every other segment of a window is lost.
  const segment = (i: number) => stretch(1 + 1000 * i, 1001 + 1000 * i);
  for (let i = 1; i < 1600; i += 2) {
    peer.send(segment(i));
    expect(peer.take()[0]?.sack?.[0]).toEqual([1 + 1000 * i, 1001 + 1000 * i]);
  }
  expect(stack.used()[3]).toBe(801);
  expect(stack.counter(Counter.TcpExtTCPOFODrop)).toBe(0);
  for (let i = 0; i < 1600; i += 2) peer.send(segment(i));
  expect(peer.take().at(-1)?.ack).toBe(1_600_001);
  expect(stack.used()[3]).toBe(0);
  let read = 0;
  for (let text = host.read(); text !== ''; text = host.read()) read += String(text).length;
  expect(read).toBe(1_600_000);
});
