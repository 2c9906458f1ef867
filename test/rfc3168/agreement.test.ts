/** Explicit congestion notification: who asks, who agrees, who falls back (RFC 3168 §6.1.1). */
import { expect, test } from 'vitest';
import {
  ack,
  CE,
  closed,
  CWR,
  data,
  ECE,
  ECT_0,
  established,
  Host,
  listening,
  NOT_ECT,
  Reason,
  Result,
  Setting,
  State,
  syn,
  synAck,
  synReceived,
  synSent,
} from '../dsl/index.ts';
import { explain } from '../../host-web/errors.ts';

/** STATUS.flags: our text is ECN-capable, the peer's has come. */
const ECN = 64;
const ECN_SEEN = 128;

test.each([
  ['passive', 4],
  ['active', 4],
  ['passive', 6],
  ['active', 6],
] as const)('RFC 3168 §6.1.1, SHLD-8: asked for by both, ECN holds: %s, IPv%i', (open, family) => {
  const { host, peer } = established({ ecn: true, open, family });
  expect(host.look('flags') & (ECN | ECN_SEEN)).toBe(ECN);
  host.write(100);
  peer.expect(data(100, { seq: 1, ecn: ECT_0 }));
  peer.send(data(10, { seq: 1, ack: 101, ecn: CE }));
  peer.expect(ack({ ack: 11, ctl: ECE, ecn: NOT_ECT }));
  expect(host.look('flags') & (ECN | ECN_SEEN)).toBe(ECN | ECN_SEEN);
});

test.each([
  [0, 0, 0],
  [1, ECE | CWR, ECE],
  [2, 0, ECE],
])(
  'RFC 3168 §6.1.1: tcp_ecn %i: our SYN has %i, our SYN,ACK to who asks %i',
  (value, asks, agrees) => {
    const { host, peer } = closed({ settings: { [Setting.ECN]: value } });
    peer.flow.destinationPort = 0;
    host.connect('10.0.0.2', peer.flow.sourcePort);
    peer.expect(syn({ seq: 0, ctl: asks, ecn: NOT_ECT }));
    const passive = listening({ settings: { [Setting.ECN]: value } });
    passive.peer.send(syn({ seq: 0, ctl: ECE | CWR }));
    passive.peer.expect(synAck({ seq: 0, ack: 1, ctl: agrees, ecn: NOT_ECT }));
  },
);

test('RFC 3168 §6.1.1: tcp_ecn is 2 unless somebody changes it, and at most that', () => {
  const { stack } = closed();
  expect(stack.core.set(Setting.ECN, 3)).toBe(-Result.INVALID_ARGUMENT);
  expect(stack.core.get(Setting.ECN)).toBe(2);
});

test.each([
  [ECE, NOT_ECT, 0, 'with ECE alone'],
  [CWR, NOT_ECT, 0, 'with CWR alone'],
  [ECE | CWR, ECT_0, 0, 'that is ECN-capable itself'],
  [ECE | CWR, CE, 0, 'that is marked'],
  [ECE | CWR, NOT_ECT, 1, 'with AE too'],
])(
  'RFC 3168 §6.1.1a: a SYN (%i, codepoint %i, reserved %i) %s asks, or not',
  (ctl, ecn, reserved) => {
    const { listener, peer } = listening();
    peer.send(syn({ seq: 0, ctl, ecn, reserved }));
    // Who asks for more accurate ECN understands an answer in the old way (RFC 9768 §3.1.2).
    const isAgreed = reserved !== 0;
    peer.expect(synAck({ seq: 0, ack: 1, ctl: isAgreed ? ECE : 0 }));
    peer.send(ack({ seq: 1, ack: 1 }));
    const host = listener.accept()!;
    host.write(10);
    peer.expect(data(10, { seq: 1, ecn: isAgreed ? ECT_0 : NOT_ECT }));
  },
);

test.each([0, CWR, ECE | CWR])('RFC 3168 §6.1.1a: a SYN,ACK with %i does not agree', (ctl) => {
  const { host, peer } = synSent({ ecn: true });
  peer.send(synAck({ seq: 0, ack: 1, ctl, mss: 1460 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.write(10);
  peer.expect(data(10, { seq: 1, ecn: NOT_ECT }));
  peer.send(data(10, { seq: 1, ack: 11, ecn: CE }));
  host.wait(40);
  peer.expect(ack({ ack: 11, ctl: 0 }));
  expect(host.look('flags') & (ECN | ECN_SEEN)).toBe(0);
});

test.each([
  [ECE | CWR, ECE, ECT_0],
  [0, 0, NOT_ECT],
])('RFC 3168 §6.1.1: opens that cross: a SYN with %i is answered by %i', (asks, agrees, ecn) => {
  const { host, peer } = synSent({ ecn: true });
  peer.send(syn({ seq: 0, ctl: asks, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1, ctl: agrees }));
  // The ECE of a SYN,ACK is no echo of a mark.
  peer.send(synAck({ seq: 0, ack: 1, ctl: agrees }));
  host.expect(State.ESTABLISHED);
  peer.take();
  host.write(10);
  peer.expect(data(10, { seq: 1, ctl: 0, ecn }));
});

// Falling back -----------------------------------------------------------------------

test('RFC 3168 §6.1.1.1a: a SYN that is not answered is sent again without asking', () => {
  const { stack, host, peer } = synSent({ ecn: true });
  host.wait(1000);
  peer.expect(syn({ seq: 0, ctl: 0 }));
  const { sentence } = explain(Result.OK, Reason.ECN_FALLBACK);
  expect(sentence).not.toBe('');
  expect(stack.log.some(({ text }) => text.includes(sentence))).toBe(true);
  host.wait(2000);
  peer.expect(syn({ seq: 0, ctl: 0 }));
  peer.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.write(10);
  peer.expect(data(10, { seq: 1, ecn: NOT_ECT }));
});

test('RFC 3168 §6.1.1: after it, an answer to the first SYN makes us echo, not capable', () => {
  const { host, peer } = synSent({ ecn: true });
  host.wait(1000);
  peer.take();
  peer.send(synAck({ seq: 0, ack: 1, ctl: ECE, mss: 1460 }));
  peer.expect(ack({ seq: 1, ack: 1, ctl: 0 }));
  host.write(10);
  peer.expect(data(10, { seq: 1, ecn: NOT_ECT }));
  expect(host.look('flags') & ECN).toBe(0);
  peer.send(data(10, { seq: 1, ack: 11, ecn: CE }));
  peer.expect(ack({ ack: 11, ctl: ECE }));
});

test('RFC 3168 §6.1.1.1: a peer that falls back is answered without agreeing', () => {
  const { listener, peer } = synReceived({ ecn: true });
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1, ctl: 0 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  const host = listener.accept()!;
  host.write(10);
  peer.expect(data(10, { seq: 1, ecn: NOT_ECT }));
});

test('RFC 3168 §6.1.1b: a SYN,ACK that is sent again still agrees, and is not ECN-capable', () => {
  const { stack, peer, listener } = synReceived({ ecn: true });
  stack.wait(1000);
  peer.expect(synAck({ seq: 0, ack: 1, ctl: ECE, ecn: NOT_ECT }));
  peer.send(ack({ seq: 1, ack: 1 }));
  const host = listener.accept()!;
  host.write(10);
  peer.expect(data(10, { seq: 1, ecn: ECT_0 }));
});

// Cookies ----------------------------------------------------------------------------

/** A connection by a cookie: our first text's codepoint. */
function byCookie(options: { timestamps: boolean; atReturn?: number; family?: 4 | 6 }) {
  const settings = { [Setting.SYN_COOKIES]: 2, [Setting.TIMESTAMPS]: 1 };
  const { stack, listener, peer } = listening({ settings, family: options.family ?? 4 });
  peer.timestamps = options.timestamps;
  peer.send(syn({ seq: 0, ctl: ECE | CWR, mss: 1460 }));
  const [answer] = peer.take();
  expect(stack.used()[1]).toBe(0);
  if (options.atReturn !== undefined) stack.core.set(Setting.ECN, options.atReturn);
  peer.send(ack({ seq: 1, ack: 1 }));
  const host = listener.accept() as Host;
  host.write(10);
  const [text] = peer.take();
  return { answer: (answer?.ctl ?? 0) & (ECE | CWR), ecn: text?.ecn };
}

test.each([4, 6] as const)(
  'RFC 4987 §3.6: a cookie remembers that ECN was agreed on, IPv%i',
  (family) => {
    expect(byCookie({ timestamps: true, family })).toEqual({ answer: ECE, ecn: ECT_0 });
  },
);

test('RFC 4987 §3.6: without timestamps a cookie has no place for it, so nobody agrees', () => {
  expect(byCookie({ timestamps: false })).toEqual({ answer: 0, ecn: NOT_ECT });
});

test('RFC 4987 §3.6: a cookie whose ECN was turned off meanwhile opens without', () => {
  expect(byCookie({ timestamps: true, atReturn: 0 })).toEqual({ answer: ECE, ecn: NOT_ECT });
});
