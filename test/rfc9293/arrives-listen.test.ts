/** SEGMENT ARRIVES, LISTEN (RFC 9293 §3.10.7.2). */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  FIN,
  listening,
  rst,
  RST,
  Setting,
  State,
  syn,
  synAck,
  SYN,
} from '../dsl/index.ts';

test('first: a RST is ignored', () => {
  const { host, peer } = listening();
  peer.send(rst({ seq: 0 }), rst({ seq: 0, ack: 1 }), syn({ seq: 0, ctl: RST }));
  peer.expectNothing();
  host.expect(State.LISTEN);
});

test('second: an ACK is answered by <SEQ=SEG.ACK><CTL=RST>', () => {
  const { peer } = listening();
  peer.send(ack({ seq: 5, ack: 77 }));
  peer.expect(rst({ seq: 77, ack: null }));
  peer.send(synAck({ seq: 5, ack: 78 }));
  peer.expect(rst({ seq: 78, ack: null }));
});

test('third: a SYN: <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>; the listener stays', () => {
  const { host, peer, stack } = listening();
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1, mss: 1460 }));
  host.expect(State.LISTEN);
  expect(stack.records().map((record) => record.state)).toEqual([State.LISTEN, State.SYN_RECEIVED]);
});

test('RFC 7323 §2.2a: the SYN,ACK offers only what the SYN offered', () => {
  const bare = listening({ timestamps: true, wscale: 3 });
  bare.peer.send(syn({ seq: 0 }));
  const [answer] = bare.peer.take();
  expect(answer).toMatchObject({ ctl: SYN | 16, mss: 1460 });
  expect([answer?.sackOk, answer?.ts, answer?.wscale]).toEqual([undefined, undefined, undefined]);
  const full = listening({ timestamps: true, wscale: 3 });
  full.peer.send(syn({ seq: 0, mss: 1460, sackOk: true, ts: [99, 0], wscale: 3 }));
  full.peer.expect(synAck({ sackOk: true, wscale: 0 }));
  expect(full.peer.latest().ts?.[1]).toBe(99);
});

test.each([4, 6] as const)('a SYN with a FIN opens nothing, over IPv%i', (family) => {
  for (const settings of [{}, { [Setting.SYN_COOKIES]: 2 }]) {
    const { stack, peer } = listening({ family, settings });
    for (const text of ['', 'hello']) peer.send(syn({ seq: 0, ctl: FIN, text, mss: 1460 }));
    peer.expectNothing();
    expect(stack.used().slice(0, 3)).toEqual([1, 0, 0]);
    expect(stack.counter(Counter.TcpExtListenDrops)).toBe(2);
    expect(stack.counter(Counter.TcpPassiveOpens)).toBe(0);
  }
});

test('fourth: anything else is dropped', () => {
  const { peer, stack } = listening();
  peer.send({ ctl: 0, seq: 5, text: 'x' }, { ctl: FIN, seq: 5 });
  peer.expectNothing();
  expect(stack.used()[1]).toBe(0);
});

test('over IPv6', () => {
  const { peer } = listening({ family: 6 });
  peer.send(syn({ seq: 0, mss: 1440 }));
  peer.expect(synAck({ seq: 0, ack: 1, mss: 1440 }));
});
