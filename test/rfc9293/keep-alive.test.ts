/** Keep-alive (RFC 9293 §3.8.4). */
import { expect, test } from 'vitest';
import {
  ack,
  data,
  established,
  Option,
  Result,
  RST,
  Signal,
  State,
  synSent,
  synAck,
} from '../dsl/index.ts';

const HOUR = 3_600_000;

const kept = (options = {}) => established({ set: [[Option.KEEP_ALIVE, 1]], ...options });

test('MUST-25: off by default: silence for a year', () => {
  const { host, peer } = established();
  host.wait(365 * 24 * HOUR);
  peer.expectNothing();
  host.expect(State.ESTABLISHED);
});

test('MUST-28, SHLD-12: after two idle hours a probe without text, one octet below SND.NXT', () => {
  const { host, peer } = kept();
  host.wait(2 * HOUR - 1);
  peer.expectNothing();
  host.wait(1);
  peer.expect(ack({ seq: 0, ack: 1 }));
});

test('MUST-29: one unanswered probe is no dead connection; nine are, with a RST', () => {
  const { host, peer } = kept();
  host.wait(2 * HOUR + 9 * 75_000 - 1);
  expect(peer.take().map((probe) => probe.at)).toEqual(
    Array.from({ length: 9 }, (_, i) => 2 * HOUR + 75_000 * i),
  );
  host.expect(State.ESTABLISHED);
  host.wait(1);
  expect(peer.take()[0]?.ctl ?? 0).toSatisfy((ctl: number) => (ctl & RST) !== 0);
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
});

test('an answered probe starts the idle time anew', () => {
  const { host, peer } = kept();
  host.wait(2 * HOUR);
  peer.expect(ack({ seq: 0 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  host.wait(2 * HOUR - 1);
  peer.expectNothing();
  host.wait(1);
  peer.expect(ack({ seq: 0 }));
});

test('MUST-26: text or an acknowledgment puts the probe off', () => {
  const { host, peer } = kept();
  host.wait(HOUR);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 6 }));
  host.wait(2 * HOUR - 41);
  peer.expectNothing();
  host.wait(1);
  peer.expect(ack({ seq: 0, ack: 6 }));
});

test('MUST-26: no probe while text is outstanding', () => {
  const { host, peer } = kept({
    set: [
      [Option.KEEP_ALIVE, 1],
      [Option.KEEP_ALIVE_IDLE_MS, 1000],
    ],
  });
  host.write('hello');
  peer.take();
  host.wait(100_000);
  expect(peer.take().every((segment) => segment.text === 'hello')).toBe(true);
});

test("MAY-5, MUST-24, MUST-27: on, off, idle time, interval and count are the user's", () => {
  const { host, peer } = established();
  host.setOption(Option.KEEP_ALIVE_IDLE_MS, 10_000);
  host.setOption(Option.KEEP_ALIVE_INTERVAL_MS, 1000);
  host.setOption(Option.KEEP_ALIVE_COUNT, 3);
  host.setOption(Option.KEEP_ALIVE, 1);
  host.wait(12_500);
  expect(peer.take().map((probe) => probe.at)).toEqual([10_000, 11_000, 12_000]);
  host.setOption(Option.KEEP_ALIVE, 0);
  host.wait(HOUR);
  peer.expectNothing();
  host.expect(State.ESTABLISHED);
});

test('keep-alive set before OPEN holds from ESTABLISHED on', () => {
  const { host, peer } = synSent({
    set: [
      [Option.KEEP_ALIVE, 1],
      [Option.KEEP_ALIVE_IDLE_MS, 5000],
    ],
  });
  host.wait(500);
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.take();
  host.wait(4999);
  peer.expectNothing();
  host.wait(1);
  peer.expect(ack({ seq: 0 }));
});

test("our answer to a peer's keep-alive: an acknowledgment", () => {
  const { peer } = established();
  peer.send(ack({ seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
});

test("our answer to a peer's keep-alive with an octet of garbage (MAY-6)", () => {
  const { host, peer } = established({ sack: false });
  peer.send(data('?', { seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  expect(host.read()).toBe('');
});

test('a clock that jumps past the answer to the last probe means one more, and no further', () => {
  const { stack, host, peer } = kept({
    set: [
      [Option.KEEP_ALIVE_COUNT, 1],
      [Option.KEEP_ALIVE, 1],
    ],
  });
  host.wait(2 * HOUR);
  peer.expect(ack({ seq: 0 }));
  stack.jump(HOUR);
  peer.expect(ack({ seq: 0 }));
  stack.jump(HOUR);
  host.expect(State.CLOSED);
  peer.take();
});
