/** Initial sequence numbers (RFC 9293 §3.4.1, RFC 6528) and other numbers nobody may guess. */
import { expect, test } from 'vitest';
import { closed, established, syn, synReceived, synSent } from '../dsl/index.ts';

const issOf = (options: Parameters<typeof synReceived>[0]) => synReceived(options).peer.iss;

test('MUST-8, RFC 6528 §3a: ISS follows a clock of four microseconds', () => {
  const first = issOf({});
  expect((issOf({ epoch: 2000 }) - first) >>> 0).toBe(250_000);
  expect((issOf({ epoch: 1000.004 }) - first) >>> 0).toBe(1);
});

test('SHLD-1, hostile 21b: another tuple has another offset', () => {
  const offsets = new Set([
    issOf({}),
    issOf({ port: 40_001 }),
    issOf({ address: '10.0.0.3' }),
    issOf({ hostPort: 81 }),
    issOf({ family: 6 }),
  ]);
  expect(offsets.size).toBe(5);
});

test('MUST-9, RFC 6528 §3b: another seed has other offsets; the same seed has the same', () => {
  expect(issOf({ seed: 7 })).toBe(issOf({ seed: 7 }));
  expect(issOf({ seed: 7 })).not.toBe(issOf({ seed: 8 }));
});

test('MUST-9: the ISSs of two thousand OPENs fill the space evenly', () => {
  const { host, stack } = closed();
  const buckets = Array<number>(16).fill(0);
  const seen = new Set<number>();
  for (let i = 0; i < 2000; i++) {
    const one = host.another();
    one.connect(`10.0.0.${2 + (i % 200)}`, 1 + i);
    const iss = one.look('iss');
    seen.add(iss);
    buckets[iss >>> 28] = (buckets[iss >>> 28] ?? 0) + 1;
    one.release();
    stack.handles.delete(one.handle);
    stack.log.length = stack.packets.length = stack.strays.length = 0;
  }
  expect(seen.size).toBe(2000);
  // 125 a bucket on average, standard deviation 10.8.
  expect(Math.min(...buckets)).toBeGreaterThan(70);
  expect(Math.max(...buckets)).toBeLessThan(180);
});

test('the ISS of a SYN that is sent again stays', () => {
  const { host, peer } = synSent();
  const { iss } = peer;
  host.wait(1000);
  peer.expect(syn({ seq: 0 }));
  expect(peer.iss).toBe(iss);
});

test('RFC 6864, hostile 21e: atomic packets say nothing in their identification', () => {
  const { host, peer } = established();
  host.write('x');
  const view = new DataView(peer.latest().packet.buffer);
  expect(view.getUint16(6)).toBe(0x4000);
  expect(view.getUint16(4)).toBe(0);
});

test('RFC 6437, hostile 21f: an IPv6 flow label is constant for a connection, and not zero', () => {
  const { host, peer } = established({ family: 6 });
  const label = () => new DataView(peer.latest().packet.buffer).getUint32(0) & 0xf_ffff;
  const first = label();
  host.write('x');
  expect(label()).toBe(first);
  expect(first).not.toBe(0);
});
