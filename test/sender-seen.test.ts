/** What a sender lets be seen: STATUS has its figures, the trace says why they changed. */
import { expect, test } from 'vitest';
import { Option, Reason, TraceKind } from '../host-web/abi.ts';
import { ack, established, type Stack } from './dsl/index.ts';
import { readTrace } from './dsl/ladder.ts';

const MSS = 1000;
const RTT = 100;

function sent(written: number, options = {}) {
  const made = established({ mss: MSS, wscale: 7, handshakeMs: RTT, ...options });
  made.host.write(written * MSS);
  return { ...made, first: made.peer.take() };
}

const report = (from: number, to: number, at = 0) =>
  ack({ ack: 1 + at * MSS, sack: [[1 + from * MSS, 1 + to * MSS]] });

/** Why congestion control changed, in order. */
function reasons(stack: Stack): string[] {
  return readTrace(stack.core, 0, 4096)
    .filter(({ kind }) => kind === TraceKind.CONGESTION)
    .map(({ reason }) => Reason[reason]!);
}

test('STATUS counts what is lost, SACKed and on its way again', () => {
  const { host, peer } = sent(30);
  host.wait(RTT);
  peer.send(report(2, 6));
  expect(host.status()).toMatchObject({ lost: 2 * MSS, sacked: 4 * MSS, minRtt: RTT * 1000 });
  expect(host.look('retrans')).toBe(peer.take().filter(({ seq }) => seq < 2 * MSS).length * MSS);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.status()).toMatchObject({ lost: 0, sacked: 0, retrans: 0 });
});

test('STATUS counts reordering, and duplicates by the segments they had', () => {
  const { stack, host, peer } = sent(10);
  host.wait(RTT);
  peer.send(report(1, 2));
  host.wait(5);
  peer.send(ack({ ack: 1 + 2 * MSS }));
  expect(host.status()).toMatchObject({ reordSeen: 1, dsackDups: 0 });
  expect(reasons(stack)).toContain('REORDERING_SEEN');
  peer.send(report(3, 4, 2));
  host.wait(5);
  peer.send(ack({ ack: 1 + 4 * MSS }));
  peer.send(ack({ ack: 1 + 4 * MSS, sack: [[1, 1 + 2 * MSS]] }));
  expect(host.status()).toMatchObject({ reordSeen: 2, dsackDups: 2 });
});

test('busy is the time in which not all is acknowledged', () => {
  const { host, peer } = sent(5);
  host.wait(RTT);
  expect(host.status()).toMatchObject({ busy: RTT, rwndLimited: 0, sndbufLimited: 0, notSent: 0 });
  peer.send(ack({ ack: 1 + 5 * MSS }));
  host.wait(1000);
  expect(host.look('busy')).toBe(RTT);
  host.write(20 * MSS);
  expect(host.look('notSent')).toBe(20 * MSS - peer.take().length * MSS);
  // cwnd keeps the rest back, and neither window nor buffer.
  host.wait(30);
  expect(host.status()).toMatchObject({ busy: RTT + 30, rwndLimited: 0, sndbufLimited: 0 });
});

test('rwnd_limited is the time the window of the peer keeps data back', () => {
  const { host, peer } = sent(4, { window: 3 * MSS, wscale: undefined });
  host.wait(RTT);
  expect(host.status()).toMatchObject({ busy: RTT, rwndLimited: RTT });
  peer.send(ack({ ack: 1 + 3 * MSS, win: 3 * MSS }));
  host.wait(RTT);
  expect(host.status()).toMatchObject({ busy: 2 * RTT, rwndLimited: RTT });
  host.write(8 * MSS);
  peer.send(ack({ ack: 1 + 4 * MSS, win: 0 }));
  host.wait(RTT);
  expect(host.status()).toMatchObject({ busy: 3 * RTT, rwndLimited: 2 * RTT });
});

test('sndbuf_limited is the time all that the buffer holds is on its way, and not enough', () => {
  const set: [Option, number][] = [[Option.SEND_BUFFER, 4 * MSS]];
  const { host, peer } = sent(20, { set });
  expect(peer.take()).toEqual([]);
  host.wait(RTT);
  expect(host.status()).toMatchObject({ busy: RTT, rwndLimited: 0, sndbufLimited: RTT });
  peer.send(ack({ ack: 1 + 4 * MSS }));
  host.wait(RTT);
  expect(host.status()).toMatchObject({ busy: RTT, sndbufLimited: RTT });
});

test('the trace says that RACK found a loss, and one of what was sent again', () => {
  const { stack, host, peer } = sent(30);
  host.wait(RTT);
  peer.send(report(1, 4));
  host.wait(10);
  peer.send(report(1, 8));
  host.wait(RTT);
  peer.send(report(1, 11));
  const told = reasons(stack);
  expect(told.filter((reason) => reason === 'RACK_LOST')).toHaveLength(1);
  expect(told.indexOf('RACK_LOST')).toBeLessThan(told.indexOf('FAST_RETRANSMIT'));
  expect(told.filter((reason) => reason === 'RETRANSMISSION_LOST')).toHaveLength(1);
});

test('the trace says by what a reduction was undone: duplicates', () => {
  const { stack, host, peer } = sent(10);
  host.wait(RTT);
  peer.send(report(1, 4));
  peer.send(ack({ ack: 1 + 9 * MSS }));
  peer.send(ack({ ack: 1 + 9 * MSS, sack: [[1, 1 + MSS]] }));
  expect(reasons(stack)).toContain('UNDONE_BY_DSACK');
  // The segment was overtaken, not lost: the next is given more time.
  expect(host.look('reordSeen')).toBe(1);
});

test('the trace says by what a reduction was undone: a timestamp', () => {
  const { stack, host, peer, first } = sent(5, { timestamps: true, sack: false });
  host.wait(host.look('rto') / 1000);
  const { seq, text, ts } = first.at(-1)!;
  peer.send(ack({ ack: seq + text.length, ts: [peer.clockOffset + 1000, ts![0]] }));
  expect(reasons(stack)).toContain('UNDONE_BY_TIMESTAMP');
});

test('the trace says by what a reduction was undone: F-RTO', () => {
  const { stack, host, peer } = sent(30);
  host.wait(2 * RTT + 2 + host.look('rto') / 1000);
  peer.send(ack({ ack: 1 + MSS }));
  peer.send(ack({ ack: 1 + 3 * MSS }));
  expect(reasons(stack)).toContain('UNDONE_BY_FRTO');
});
