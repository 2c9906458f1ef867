/** The state diagram (RFC 9293 §3.3.2, Figure 5): every arrow, by what draws it, and no other. */
import { expect, test } from 'vitest';
import {
  ack,
  closed,
  closeWait,
  closing,
  data,
  established,
  FIN,
  fin,
  finWait1,
  finWait2,
  lastAck,
  listening,
  rst,
  syn,
  synAck,
  synReceived,
  synSent,
  Stack,
  timeWait,
} from '../dsl/index.ts';

/** The arrows a stack has drawn, in order. */
function arrows(stack: Stack): string[] {
  return stack.log.flatMap(({ text }) => /^[A-Z0-9-]+ -> [A-Z0-9-]+/.exec(text)?.[0] ?? []);
}

const last = (stack: Stack) => arrows(stack).at(-1);

test.each([
  ['CLOSED -> LISTEN', 'passive OPEN', () => listening()],
  ['CLOSED -> SYN-SENT', 'active OPEN', () => synSent()],
  ['LISTEN -> SYN-RECEIVED', 'a SYN', () => synReceived()],
  ['SYN-RECEIVED -> ESTABLISHED', 'the ACK of our SYN', () => established()],
  ['SYN-SENT -> ESTABLISHED', 'a SYN,ACK', () => established({ open: 'active' })],
  ['ESTABLISHED -> FIN-WAIT-1', 'CLOSE', () => finWait1()],
  ['ESTABLISHED -> CLOSE-WAIT', 'a FIN', () => closeWait()],
  ['FIN-WAIT-1 -> FIN-WAIT-2', 'the ACK of our FIN', () => finWait2()],
  ['FIN-WAIT-1 -> CLOSING', 'a FIN', () => closing()],
  ['FIN-WAIT-2 -> TIME-WAIT', 'a FIN', () => timeWait()],
  ['CLOSE-WAIT -> LAST-ACK', 'CLOSE', () => lastAck()],
] as const)('%s: %s', (arrow, _, state) => {
  expect(last(state().stack)).toBe(arrow);
});

test('SYN-SENT -> SYN-RECEIVED: a SYN', () => {
  const { stack, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  expect(last(stack)).toBe('SYN-SENT -> SYN-RECEIVED');
});

test('SYN-RECEIVED -> FIN-WAIT-1: CLOSE', () => {
  const { stack, host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  host.close();
  expect(last(stack)).toBe('SYN-RECEIVED -> FIN-WAIT-1');
});

test('SYN-RECEIVED -> LISTEN: a RST; the entry goes, its listener stays', () => {
  const { stack, peer } = synReceived();
  peer.send(rst({ seq: 1 }));
  expect(last(stack)).toBe('SYN-RECEIVED -> CLOSED');
});

test('FIN-WAIT-1 -> TIME-WAIT (note 2): FIN and the ACK of ours in one segment', () => {
  const { stack, peer } = finWait1();
  peer.send(fin({ seq: 1, ack: 2 }));
  expect(arrows(stack).slice(-2)).toEqual(['FIN-WAIT-1 -> FIN-WAIT-2', 'FIN-WAIT-2 -> TIME-WAIT']);
});

test('CLOSING -> TIME-WAIT: the ACK of our FIN', () => {
  const { stack, peer } = closing();
  peer.send(ack({ seq: 2, ack: 2 }));
  expect(last(stack)).toBe('CLOSING -> TIME-WAIT');
});

test('LAST-ACK -> CLOSED: the ACK of our FIN', () => {
  const { stack, peer } = lastAck();
  peer.send(ack({ seq: 2, ack: 2 }));
  expect(last(stack)).toBe('LAST-ACK -> CLOSED');
});

test('TIME-WAIT -> CLOSED: 2 MSL', () => {
  const { stack } = timeWait();
  stack.wait(60_000);
  expect(last(stack)).toBe('TIME-WAIT -> CLOSED');
});

test('LISTEN -> CLOSED and SYN-SENT -> CLOSED: CLOSE', () => {
  for (const state of [listening, synSent]) {
    const { stack, host } = state();
    host.close();
    expect(last(stack)).toMatch(/^(LISTEN|SYN-SENT) -> CLOSED$/);
  }
});

test.each([
  ['ESTABLISHED', established],
  ['FIN-WAIT-1', finWait1],
  ['FIN-WAIT-2', finWait2],
  ['CLOSE-WAIT', closeWait],
  ['CLOSING', closing],
  ['LAST-ACK', lastAck],
] as const)('%s -> CLOSED: RST, and ABORT (note 1)', (name, state) => {
  const byRst = state();
  byRst.peer.send(rst({ seq: byRst.peer.next }));
  expect(last(byRst.stack)).toBe(`${name} -> CLOSED`);
  const byAbort = state();
  byAbort.host.abort();
  expect(last(byAbort.stack)).toBe(`${name} -> CLOSED`);
});

test('CLOSE-WAIT by SYN,ACK with a FIN passes through ESTABLISHED', () => {
  const { stack, peer } = synSent();
  peer.send(synAck({ seq: 0, ack: 1, ctl: FIN }));
  expect(arrows(stack).slice(-2)).toEqual(['SYN-SENT -> ESTABLISHED', 'ESTABLISHED -> CLOSE-WAIT']);
});

test('a whole life, first to last', () => {
  const { stack, host, peer } = closed({ hostPort: 0 });
  host.connect('10.0.0.2', 40_000);
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.read();
  host.close();
  peer.send(ack({ ack: 2 }));
  peer.send(fin({ seq: 6, ack: 2 }));
  stack.wait(60_000);
  expect(arrows(stack)).toEqual([
    'CLOSED -> SYN-SENT',
    'SYN-SENT -> ESTABLISHED',
    'ESTABLISHED -> FIN-WAIT-1',
    'FIN-WAIT-1 -> FIN-WAIT-2',
    'FIN-WAIT-2 -> TIME-WAIT',
    'TIME-WAIT -> CLOSED',
  ]);
});
