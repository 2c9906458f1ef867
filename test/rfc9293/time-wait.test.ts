/** TIME-WAIT (RFC 9293 §3.6.1, §3.10.7.4; RFC 1337, RFC 1122 §4.2.2.13, RFC 6191). */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  FIN,
  fin,
  finWait1,
  finWait2,
  Peer,
  Result,
  rst,
  Setting,
  Signal,
  State,
  SYN,
  syn,
  synAck,
  timeWait,
} from '../dsl/index.ts';

/** The state of the tuple, with or without a user. */
const stateOf = ({ stack, peer }: { stack: Peer['stack']; peer: Peer }) =>
  stack.records().find((record) => record.remotePort === peer.flow.sourcePort)?.state ??
  State.CLOSED;

test('MUST-13, RFC 1122 §4.2.2.13a: it lasts 2 MSL, exactly', () => {
  const made = timeWait();
  made.stack.wait(59_999);
  expect(stateOf(made)).toBe(State.TIME_WAIT);
  made.stack.wait(1);
  expect(stateOf(made)).toBe(State.CLOSED);
  made.host.expect(State.CLOSED);
});

test('MUST-13: TIME_WAIT_MS says how long 2 MSL are', () => {
  const made = timeWait({ settings: { [Setting.TIME_WAIT_MS]: 240_000 } });
  made.stack.wait(239_999);
  expect(stateOf(made)).toBe(State.TIME_WAIT);
  made.stack.wait(1);
  expect(stateOf(made)).toBe(State.CLOSED);
});

test("hostile 12e: the peer's FIN again is acknowledged, and the wait begins anew", () => {
  const made = timeWait();
  made.stack.wait(50_000);
  made.peer.send(fin({ seq: 1, ack: 2 }));
  made.peer.expect(ack({ seq: 2, ack: 2 }));
  made.stack.wait(59_999);
  expect(stateOf(made)).toBe(State.TIME_WAIT);
  made.stack.wait(1);
  expect(stateOf(made)).toBe(State.CLOSED);
});

test("hostile 12f: a FIN that is not the peer's own does not hold the record for ever", () => {
  const made = timeWait();
  for (let i = 0; i < 3; i++) {
    made.stack.wait(30_000);
    made.peer.send(fin({ seq: 0x4000_0000 + i, ack: 2 }));
  }
  expect(stateOf(made)).toBe(State.CLOSED);
});

test('hostile 12b: old text is acknowledged and nothing else happens', () => {
  const made = timeWait();
  made.peer.send(data('old', { seq: 1, ack: 1 }));
  made.peer.expect(ack({ seq: 2, ack: 2 }));
  made.stack.wait(60_000);
  expect(stateOf(made)).toBe(State.CLOSED);
});

test('an acceptable bare ACK is not answered', () => {
  const { peer } = timeWait();
  peer.send(ack({ seq: 2, ack: 2 }));
  peer.expectNothing();
});

test('RFC 1337 §3, hostile 12a: a RST does not cut the wait short', () => {
  const made = timeWait();
  made.peer.send(rst({ seq: 2 }), rst({ seq: 2, ack: 2 }));
  made.peer.expectNothing();
  expect(stateOf(made)).toBe(State.TIME_WAIT);
});

test('answers in TIME-WAIT carry timestamps where they were agreed on', () => {
  const { peer } = timeWait({ timestamps: true });
  peer.send(fin({ seq: 1, ack: 2 }));
  expect(peer.take()[0]?.ts).toBeDefined();
});

// What is unacceptable is answered seldom (RFC 5961 §7) ------------------------------------

const UNACCEPTABLE = {
  'ACKs below the window': () => ack({ seq: 0, ack: 2 }),
  'ACKs beyond the window': () => ack({ seq: 100_000, ack: 2 }),
  'ACKs with an old timestamp': () => ack({ seq: 2, ack: 2, ts: [1, 0] }),
  'SYNs below the window': () => syn({ seq: 0 }),
  'SYNs within the window': () => syn({ seq: 2 }),
} as const;

test.each(Object.entries(UNACCEPTABLE))(
  'RFC 5961 §7a: 100 %s in 100 ms draw one answer',
  (kind, segment) => {
    const { stack, peer } = timeWait({ timestamps: kind.includes('timestamp') });
    for (let i = 0; i < 100; i++) {
      peer.send(segment());
      stack.wait(1);
    }
    peer.expect(ack({ seq: 2, ack: 2 }));
    expect(stack.counter(Counter.TcpExtTCPACKSkipped)).toBe(99);
    stack.wait(500);
    peer.send(segment());
    peer.expect(ack({ seq: 2, ack: 2 }));
  },
);

test.each([60_000, 240_000])(
  'RFC 5961 §7a: a peer that answers ACKs with ACKs hears one each 250 to 500 ms, for all of %i ms',
  (twoMsl) => {
    const made = timeWait({ handshakeMs: 0, settings: { [Setting.TIME_WAIT_MS]: twoMsl } });
    const times: number[] = [];
    while (stateOf(made) === State.TIME_WAIT) {
      made.peer.send(ack({ seq: 0, ack: 2 }));
      times.push(...made.peer.take().map(({ at }) => at));
      made.stack.wait(10);
    }
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(510);
    expect(new Set(gaps).size).toBeGreaterThan(5);
    expect(times.length).toBeGreaterThan(twoMsl / 510);
  },
);

test("the peer's FIN and old text are answered each time, for they come again", () => {
  const { peer } = timeWait();
  peer.send(ack({ seq: 0, ack: 2 }));
  peer.take();
  for (const segment of [fin({ seq: 1, ack: 2 }), data('old', { seq: -2, ack: 2 })]) {
    for (let i = 0; i < 3; i++) {
      peer.send(segment);
      peer.expect(ack({ seq: 2, ack: 2 }));
    }
  }
});

// A new connection from TIME-WAIT ----------------------------------------------------------

test('MAY-2, RFC 1122 §4.2.2.13b, hostile 12c: a new SYN begins anew, ISS beyond SND.NXT', () => {
  const { stack, listener, peer } = timeWait();
  const oldIss = peer.iss;
  peer.send(syn({ seq: 100_000, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 100_001 }));
  expect((peer.iss - (oldIss + 2)) | 0).toBeGreaterThan(0);
  peer.send(ack({ seq: 100_001, ack: 1 }));
  expect(listener.accept()).not.toBeNull();
  expect(stack.counter(Counter.TcpExtTWRecycled)).toBe(1);
  expect(stack.used()[2]).toBe(0);
});

test.each([0, 1, 2])(
  'hostile 12d: a SYN at %i, not beyond RCV.NXT, is an old one: acknowledged',
  (seq) => {
    const made = timeWait();
    made.peer.send(syn({ seq }));
    made.peer.expect(ack({ seq: 2, ack: 2 }));
    expect(stateOf(made)).toBe(State.TIME_WAIT);
  },
);

test('a SYN with a FIN, which opens nothing, ends no wait either', () => {
  const made = timeWait();
  made.peer.send({ ...syn({ seq: 100_000 }), ctl: SYN | FIN });
  made.peer.expect(ack({ seq: 2, ack: 2 }));
  expect(stateOf(made)).toBe(State.TIME_WAIT);
  expect(made.stack.used()[1]).toBe(0);
});

test('SHLD-4, RFC 6191 §2a, hostile 12g: a newer timestamp begins anew at an older number', () => {
  const { stack, peer } = timeWait({ timestamps: true });
  stack.wait(1000);
  peer.send(syn({ seq: 0x8000_0000, mss: 1460 }));
  peer.expect(synAck({ ack: 0x8000_0001 }));
});

test('SHLD-4, hostile 12g: with an older timestamp no number begins anew', () => {
  const made = timeWait({ timestamps: true });
  made.peer.send(syn({ seq: 100_000, ts: [made.peer.clockOffset - 1000, 0] }));
  made.peer.expect(ack({ seq: 2, ack: 2 }));
  expect(stateOf(made)).toBe(State.TIME_WAIT);
});

test('MAY-2: a new SYN where nobody listens any more does not end the wait', () => {
  const made = timeWait();
  made.listener.close();
  made.peer.send(syn({ seq: 100_000 }));
  made.peer.expect(ack({ seq: 2, ack: 2 }));
  expect(stateOf(made)).toBe(State.TIME_WAIT);
});

test('TW_REUSE: an active OPEN takes the tuple after a second, with timestamps', () => {
  const reusing = (timestamps: boolean) =>
    timeWait({ open: 'active', timestamps, settings: { [Setting.TW_REUSE]: 1 } });
  const { stack, host, peer } = reusing(true);
  const old = peer.iss;
  const port = host.look('localPort');
  const early = host.another();
  expect(early.connect('10.0.0.2', 40_000, { port })).toBeLessThan(0);
  stack.wait(1000);
  const again = host.another();
  expect(again.connect('10.0.0.2', 40_000, { port })).toBe(0);
  peer.expect(syn({ seq: 0 }));
  expect((peer.iss - old) | 0).toBeGreaterThan(2);
  const plain = reusing(false);
  plain.stack.wait(1000);
  const port2 = plain.host.look('localPort');
  expect(plain.host.another().connect('10.0.0.2', 40_000, { port: port2 })).toBeLessThan(0);
});

// No record left ---------------------------------------------------------------------------

/** Nothing may wait; FIN-WAIT-2 is one FIN from where TIME-WAIT would be. */
const unremembered = (options: Parameters<typeof finWait2>[0] = {}) =>
  finWait2({ ...options, settings: { ...options.settings, [Setting.MAX_TW_BUCKETS]: 0 } });

test.each([4, 6] as const)(
  'tcp_max_tw_buckets: beyond it the FIN is acknowledged, its user told, IPv%i',
  (family) => {
    const { stack, host, peer } = unremembered({ family, timestamps: true });
    peer.send(data('the last', { seq: 1, ack: 2 }));
    peer.take();
    peer.send(fin({ seq: 9, ack: 2 }));
    peer.expect(ack({ seq: 2, ack: 10 }));
    host.expect(State.CLOSED);
    host.expectSignal(Signal.CLOSED, Result.OK);
    expect(host.read()).toBe('the last');
    expect(stack.counter(Counter.TcpExtTCPTimeWaitOverflow)).toBe(1);
    expect(stack.used()[2]).toBe(0);
  },
);

test('tcp_max_tw_buckets: beyond it the ACK has what any would have', () => {
  const { peer } = unremembered({ timestamps: true });
  peer.send(fin({ seq: 1, ack: 2 }));
  const [answer] = peer.take();
  expect(answer?.ts).toBeDefined();
  expect(answer?.win).toBeGreaterThan(60_000);
  // Who has forgotten a connection answers like one that never was.
  peer.send(fin({ seq: 1, ack: 2 }));
  peer.expect(rst({ seq: 2, ack: null }));
});

test('tcp_max_tw_buckets: beyond it a simultaneous close ends as well, released or not', () => {
  const settings = { [Setting.MAX_TW_BUCKETS]: 0 };
  for (const isReleased of [false, true]) {
    const { stack, host, peer } = finWait1({ settings });
    if (isReleased) host.release();
    peer.send(fin({ seq: 1, ack: 1 }));
    peer.take();
    peer.send(ack({ seq: 2, ack: 2 }));
    expect(stack.counter(Counter.TcpExtTCPTimeWaitOverflow)).toBe(1);
    expect(stack.used().slice(0, 3)).toEqual([isReleased ? 1 : 2, 0, 0]);
  }
});

test('a released connection leaves only the record behind', () => {
  const { stack, host } = timeWait();
  host.release();
  expect(stack.used().slice(0, 3)).toEqual([1, 0, 1]);
});

test('over IPv6', () => {
  const made = timeWait({ family: 6 });
  made.peer.send(fin({ seq: 1, ack: 2 }));
  made.peer.expect(ack({ seq: 2, ack: 2 }));
  expect(stateOf(made)).toBe(State.TIME_WAIT);
});
