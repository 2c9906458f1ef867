/**
 * Segments that lack the timestamps both sides have agreed on (RFC 7323 §3.2): there are peers that
 * leave them out now and then, and middleboxes that take them out.
 */
import { expect, test } from 'vitest';
import {
  ack,
  closing,
  data,
  established,
  fin,
  finWait2,
  Host,
  lastAck,
  type Options,
  rst,
  Setting,
  State,
  syn,
  synAck,
  SYNCHRONIZED,
  synReceived,
  synSent,
  timeWait,
} from './dsl/index.ts';

const FAMILIES = [{ family: 4 }, { family: 6 }] as const;
const agreed = (options: Options = {}): Options => ({ timestamps: true, ...options });
const strict = (options: Options = {}): Options =>
  agreed({ settings: { [Setting.TOLERATE_MISSING_TS]: 0 }, ...options });

test.each(FAMILIES)('IPv$family: such text is read, such an ACK counts', ({ family }) => {
  const { host, peer } = established(agreed({ family }));
  peer.send(data('hello', { seq: 1, ack: 1, ts: null }));
  expect(host.read()).toBe('hello');
  host.write('world');
  peer.expect(data('world', { seq: 1, ack: 6 }));
  peer.send(ack({ seq: 6, ack: 6, ts: null }));
  expect(host.look('sendQueue')).toBe(0);
  // What we send has them all the same (RFC 7323 §3.2).
  host.write('again');
  expect(peer.take()[0]?.ts).toBeDefined();
});

test('a keep-alive without them is answered', () => {
  const { peer } = established(agreed());
  peer.send(ack({ seq: 0, ack: 1, ts: null }));
  peer.expect(ack({ seq: 1, ack: 1 }));
});

test('TS.Recent stays as it was, and PAWS goes on judging by it', () => {
  const { host, peer } = established(agreed());
  peer.send(data('a', { seq: 1, ack: 1, ts: [peer.clockOffset + 50, 0] }));
  peer.send(data('b', { seq: 2, ack: 1, ts: null }));
  host.wait(40);
  expect(peer.take().map(({ ts }) => ts?.[1])).toEqual([peer.clockOffset + 50]);
  peer.send(data('old', { seq: 3, ack: 1, ts: [peer.clockOffset + 49, 0] }));
  expect(host.read()).toBe('ab');
});

test('it has no echo, so it measures nothing that was sent again', () => {
  const { host, peer } = established(agreed());
  host.write('hello');
  peer.send(ack({ seq: 1, ack: 6 }));
  const { srtt, rttvar } = host.status()!;
  host.write('world');
  host.wait(host.look('rto') / 1000 + 30);
  peer.send(ack({ seq: 1, ack: 11, ts: null }));
  expect(host.look('sendQueue')).toBe(0);
  expect(host.status()).toMatchObject({ srtt, rttvar });
});

test.each(FAMILIES)('IPv$family: handshakes and closes end without them, too', ({ family }) => {
  const passive = synReceived(agreed({ family }));
  passive.peer.send(ack({ seq: 1, ack: 1, ts: null }));
  expect(passive.listener.accept()).not.toBeNull();

  const crossing = synSent(agreed({ family }));
  crossing.peer.send(syn({ seq: 0, ts: [7, 0] }));
  crossing.peer.send(synAck({ seq: 0, ack: 1, ts: null }));
  crossing.host.expect(State.ESTABLISHED);

  for (const [state, end] of [
    [finWait2, State.TIME_WAIT],
    [closing, State.TIME_WAIT],
    [lastAck, State.CLOSED],
  ] as const) {
    const { host, peer } = state(agreed({ family }));
    const last = state === finWait2 ? fin({ seq: 1, ack: 2 }) : ack({ seq: 2, ack: 2 });
    peer.send({ ...last, ts: null });
    host.expect(end);
  }

  const { peer } = timeWait(agreed({ family }));
  peer.send(fin({ seq: 1, ack: 2, ts: null }));
  peer.expect(ack({ seq: 2, ack: 2 }));
});

// tolerate_missing_ts 0 --------------------------------------------------------------------

/** Everything but a RST, at its right place. */
const SEGMENTS = [ack, fin, syn, synAck, (fields: object) => data('hello', fields)] as const;

test.each(Object.entries(SYNCHRONIZED))(
  'tolerate_missing_ts 0: %s drops all but a RST, and says so',
  (name, state) => {
    const { stack, host, peer } = state(strict());
    const seq = peer.next;
    const number = (host.look('sndNxt') - host.look('iss')) >>> 0;
    for (const segment of SEGMENTS) {
      peer.send({ ...segment({ seq }), ack: number, ts: null });
      peer.expectNothing();
      host.expect(State[name as keyof typeof State]);
      expect(stack.drops()).toEqual(['MISSING_TIMESTAMP']);
    }
    expect(host.read()).not.toBe('hello');
    peer.send(rst({ seq, ts: null }));
    host.expect(State.CLOSED);
  },
);

test('tolerate_missing_ts 0: so do SYN-RECEIVED, of either kind, and TIME-WAIT', () => {
  const crossing = synSent(strict());
  crossing.peer.send(syn({ seq: 0, ts: [7, 0] }));
  crossing.peer.take();
  for (const { stack, host, peer } of [synReceived(strict()), crossing, timeWait(strict())]) {
    const before = host.state();
    const seq = before === State.TIME_WAIT ? 1 : peer.next;
    stack.drops();
    for (const segment of [ack, fin, (fields: object) => data('hello', fields)]) {
      peer.send({ ...segment({ seq }), ack: peer.received, ts: null });
      peer.expectNothing();
      expect(host.state()).toBe(before);
      expect(stack.drops()).toEqual(['MISSING_TIMESTAMP']);
    }
  }
});

test('tolerate_missing_ts 0: a SYN that opens a new connection agrees on its own', () => {
  const { stack, peer } = timeWait(strict());
  peer.send(syn({ seq: 100_000, mss: 1460, ts: null }));
  peer.expect(synAck({ seq: 0, ack: 100_001, ts: null }));
  expect(new Host(stack, 0, peer.ports).state()).toBe(State.SYN_RECEIVED);
});
