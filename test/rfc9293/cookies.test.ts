/** SYN cookies (RFC 4987 §3.6): a full SYN queue does not refuse honest peers. */
import { expect, test } from 'vitest';
import {
  ack,
  data,
  Host,
  listening,
  Peer,
  rst,
  Setting,
  State,
  syn,
  synAck,
} from '../dsl/index.ts';

/** A listener that always answers with a cookie. */
const always = (options = {}) => listening({ settings: { [Setting.SYN_COOKIES]: 2 }, ...options });

function acceptFrom(listener: Host): Host {
  return listener.accept() ?? listener.stack.fail('nothing to accept');
}

test('RFC 4987 §3.6, §3.7: a full SYN queue answers by cookies, the connection opens', () => {
  const { stack, host: listener, peer } = listening({ backlog: 1 });
  const first = new Peer(stack, { port: 50_000 });
  first.send(syn({ seq: 0 }));
  first.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  expect(stack.used()[1]).toBe(1);
  peer.send(ack({ seq: 1, ack: 1 }));
  const host = acceptFrom(listener);
  host.expect(State.ESTABLISHED);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

test('the MSS comes back in the cookie, rounded down', () => {
  const { listener, peer } = always();
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  const mss = acceptFrom(listener).look('smss');
  expect(mss).toBeGreaterThanOrEqual(1300);
  expect(mss).toBeLessThanOrEqual(1460);
});

test('text in the ACK that returns a cookie is received', () => {
  const { listener, peer } = always();
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.take();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(acceptFrom(listener).read()).toBe('hello');
});

test('RFC 4987 §3.6: with timestamps SACK and window scale come back too', () => {
  const { listener, peer } = always({
    settings: { [Setting.SYN_COOKIES]: 2, [Setting.TIMESTAMPS]: 1, [Setting.WINDOW_SCALING]: 1 },
  });
  peer.timestamps = true;
  peer.send(syn({ seq: 0, mss: 1460, sackOk: true, wscale: 5 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  const host = acceptFrom(listener);
  expect(host.look('flags') & 7).toBe(7);
  expect(host.look('sndShift')).toBe(5);
});

test.each([0, 2, 0x100, 0x4000_0000])(
  'an ACK of %i, which is no cookie of ours, is answered by a RST',
  (number) => {
    const { listener, peer } = always();
    peer.send(syn({ seq: 0 }));
    peer.take();
    peer.send(ack({ seq: 1, ack: number }));
    peer.expect(rst({ seq: number, ack: null }));
    expect(listener.accept()).toBeNull();
  },
);

test('a cookie holds for its own tuple and ISN only', () => {
  const { stack, listener, peer } = always();
  peer.send(syn({ seq: 0 }));
  peer.take();
  const thief = new Peer(stack, { port: 40_001 });
  thief.iss = peer.iss;
  thief.send(ack({ seq: 1, ack: 1 }));
  peer.send(ack({ seq: 2, ack: 1 }));
  expect(listener.accept()).toBeNull();
});

test('a cookie grows old within a few minutes', () => {
  const { stack, listener, peer } = always();
  peer.send(syn({ seq: 0 }));
  peer.take();
  stack.wait(200_000);
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.expect(rst({ seq: 1, ack: null }));
  expect(listener.accept()).toBeNull();
});

test('without cookies an unasked ACK to a listener is answered by a RST', () => {
  const { peer } = listening({ settings: { [Setting.SYN_COOKIES]: 0 } });
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.expect(rst({ seq: 1, ack: null }));
});

test('ten thousand SYNs leave nothing behind', () => {
  const { stack } = listening({ backlog: 4 });
  const flood = new Peer(stack, { port: 50_000 });
  for (let i = 0; i < 10_000; i++) {
    flood.flow.sourcePort = 1024 + i;
    flood.send(syn({ seq: 0 }));
    flood.take();
  }
  expect(stack.used()[1]).toBeLessThanOrEqual(4);
  stack.wait(200_000);
  expect(stack.used().slice(0, 2)).toEqual([1, 0]);
});
