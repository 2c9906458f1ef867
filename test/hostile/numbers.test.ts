/**
 * Timestamps that lie (line 11 of `cases.ts`), and every number where it wraps (line 14).
 */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  established,
  fin,
  rst,
  Setting,
  State,
  synAck,
  syn,
} from '../dsl/index.ts';

const stamped = (options = {}) => established({ timestamps: true, ...options });

/** The same segment with a timestamp a million ticks ahead. */
const ahead = 1_000_000;

test.each([
  ['text whose ACK was never due', data('evil', { seq: 1, ack: 500 })],
  ['text whose ACK is too old', data('evil', { seq: 1, ack: 1 - 70_000 })],
  ['text without an ACK', { ctl: 0, seq: 1, text: 'evil' }],
  ['a SYN', syn({ seq: 1 })],
  ['a SYN,ACK', synAck({ seq: 1, ack: 1 })],
])('hostile 11c: %s is thrown away, and its timestamp with it', (_, segment) => {
  const { stack, host, peer } = stamped();
  peer.send({ ...segment, ts: [peer.clockOffset + ahead, peer.echo] });
  peer.take();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
  expect(stack.counter(Counter.TcpExtPAWSEstab)).toBe(0);
});

test('hostile 11a, 11b: out of the window or ahead of a gap, no timestamp is kept', () => {
  const { stack, host, peer } = stamped();
  const ts = [peer.clockOffset + ahead, peer.echo] as const;
  peer.send(
    data('evil', { seq: 70_000, ack: 1, ts }),
    data('evil', { seq: -5, ack: 1, ts }),
    fin({ seq: 70_000, ack: 1, ts }),
    data('world', { seq: 6, ack: 1, ts }),
  );
  peer.take();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('helloworld');
  expect(stack.counter(Counter.TcpExtPAWSEstab)).toBe(0);
});

test('hostile 11e: where timestamps must be, a FIN and an ACK without are dropped', () => {
  const { host, peer } = stamped({ settings: { [Setting.TOLERATE_MISSING_TS]: 0 } });
  host.write('hello');
  peer.take();
  peer.send(fin({ seq: 1, ack: 6, ts: null }), ack({ seq: 1, ack: 6, ts: null }));
  peer.expectNothing();
  host.expect(State.ESTABLISHED);
  expect(host.look('sendQueue')).toBe(5);
});

test('hostile 11g: a RST in the window, its timestamp from the future, moves nothing', () => {
  const { host, peer } = stamped();
  peer.send(rst({ seq: 2, ts: [peer.clockOffset + ahead, 0] }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

// Wraps ----------------------------------------------------------------------------------------

/** Milliseconds of a host's epoch at which our ISN, or timestamp, has that value. */
function epochOf(wanted: number, first: number, ticksPerMs: number): number {
  return 1000 + ((wanted - first) >>> 0) / ticksPerMs;
}

const WRAPS = [0x7fff_fffe, 0xffff_fffe];

/** A connection whose ISS is that. */
function beginningAt(iss: number, options: Parameters<typeof established>[0] = {}) {
  const first = established(options).peer.iss;
  const made = established({ ...options, epoch: epochOf(iss, first, 250) });
  expect(made.peer.iss).toBe(iss);
  return made;
}

test.each(WRAPS)('hostile 14c: reports of our text across the wrap: ISS %i', (iss) => {
  const { host, peer } = beginningAt((iss - 2000) >>> 0, { mss: 1000 });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(6000);
  peer.take();
  // The wrap lies in the third segment; the first is lost.
  peer.send(ack({ seq: 1, ack: 1, sack: [[1001, 2001]] }));
  peer.send(ack({ seq: 1, ack: 1, sack: [[1001, 3001]] }));
  peer.send(ack({ seq: 1, ack: 1, sack: [[1001, 6001]] }));
  peer.expect(data(1000, { seq: 1 }));
  peer.send(ack({ seq: 1, ack: 6001 }));
  host.wait(10_000);
  peer.expectNothing();
  expect(host.status()).toMatchObject({ sendQueue: 0, retransTotal: 1 });
});

test.each(WRAPS)('hostile 14c: reports of what was early across the wrap: ISN %i', (isn) => {
  const { host, peer } = established({ isn });
  peer.send(data('cd', { seq: 3, ack: 1 }));
  peer.expect(ack({ ack: 1, sack: [[3, 5]] }));
  peer.send(data('f', { seq: 6, ack: 1 }));
  peer.expect(
    ack({
      ack: 1,
      sack: [
        [6, 7],
        [3, 5],
      ],
    }),
  );
  peer.send(data('e', { seq: 5, ack: 1 }));
  peer.expect(ack({ ack: 1, sack: [[3, 7]] }));
  peer.send(data('ab', { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 7 }));
  expect(host.read()).toBe('abcdef');
});

test.each(WRAPS)('hostile 14d: SND.WL1 on both sides of the wrap: ISN %i', (isn) => {
  // Sequence number 1 lies right before the wrap, 2 behind it.
  const { host, peer } = established({ isn });
  peer.send(data('b', { seq: 2, ack: 1, win: 500 }));
  expect(host.look('sndWnd')).toBe(500);
  peer.send(data('a', { seq: 1, ack: 1, win: 9000 }));
  expect(host.look('sndWnd')).toBe(500);
  peer.send(ack({ seq: 3, ack: 1, win: 700 }));
  expect(host.look('sndWnd')).toBe(700);
});

test.each(WRAPS)('hostile 14d: SND.WL2 on both sides of the wrap: ISS %i', (iss) => {
  const { host, peer } = beginningAt(iss);
  host.write('hello');
  peer.send(ack({ seq: 1, ack: 6, win: 500 }));
  peer.send(ack({ seq: 1, ack: 1, win: 9000 }));
  expect(host.look('sndWnd')).toBe(500);
  peer.send(ack({ seq: 1, ack: 6, win: 700 }));
  expect(host.look('sndWnd')).toBe(700);
});

test.each(WRAPS)('hostile 14b: a FIN, and its ACK, across the wrap: ISS %i', (iss) => {
  const { host, peer } = beginningAt(iss);
  host.write('a');
  host.close();
  expect(host.look('sndNxt')).toBe((iss + 3) >>> 0);
  peer.send(ack({ seq: 1, ack: 2 }));
  host.expect(State.FIN_WAIT_1);
  peer.send(ack({ seq: 1, ack: 3 }));
  host.expect(State.FIN_WAIT_2);
});

test.each([0x8000_0000, 0])('hostile 14e: an echo from before our clock passed %i', (wrap) => {
  const options = { timestamps: true, settings: { [Setting.RTO_MIN_MS]: 1 } };
  const first = established(options).peer.echo;
  const epoch = epochOf((wrap - 1010) >>> 0, first, 1);
  const { host, peer } = established({ ...options, epoch });
  expect(peer.echo).toBe((wrap - 1010) >>> 0);
  host.write('hello');
  host.wait(1000);
  // What was sent again is measured by its echo: ten ticks before the wrap, sixty behind it.
  peer.take();
  expect(peer.echo).toBe((wrap - 10) >>> 0);
  host.wait(70);
  peer.send(ack({ seq: 1, ack: 6 }));
  expect(host.look('srtt')).toBe(70_000);
});
