/**
 * The notes on opening: ways a connection comes about that no figure of RFC 9293 shows.
 *
 * The three-way handshake, the simultaneous one, old duplicates and half-open connections are
 * executed figure by figure in `../rfc9293/figures.test.ts`; here is what a peer may do beside.
 */
import { describe, expect, test } from 'vitest';
import {
  ack,
  closed,
  data,
  established,
  fin,
  Host,
  listening,
  Option,
  Peer,
  Result,
  rst,
  Setting,
  Signal,
  State,
  syn,
  synAck,
  synSent,
} from '../dsl/index.ts';

const HOUR = 3_600_000;

describe('a connection to itself', () => {
  const SELF = [
    ['10.0.0.1', 4],
    ['fd00::1', 6],
  ] as const;

  test.each(SELF)('%s: opens, is its own peer, and closes into TIME-WAIT', (address) => {
    const { stack, host } = closed();
    expect(host.connect(address, 7777, { port: 7777 })).toBe(0);
    host.expect(State.ESTABLISHED);
    host.expectSignal(Signal.OPENED, Result.OK);
    for (const line of ['one', 'two']) {
      host.write(line);
      expect(host.read()).toBe(line);
      // Nagle's algorithm waits for the acknowledgment that it delays itself.
      host.wait(40);
    }
    // Its own FIN is its peer's: a simultaneous close, with itself.
    expect(host.close()).toBe(0);
    host.expect(State.TIME_WAIT);
    host.expectSignal(Signal.CLOSED, Result.OK);
    expect(stack.strays).toEqual([]);
    stack.wait(60_000);
    host.expect(State.CLOSED);
  });

  test('is refused where a listener holds its port only for another address', () => {
    const { stack, host } = closed();
    stack.addAddress('10.0.0.9', 24);
    expect(host.listen(7777, { address: '10.0.0.9' })).toBe(0);
    const self = host.another();
    expect(self.connect('10.0.0.1', 7777)).toBe(0);
    self.expect(State.CLOSED);
    self.expectSignal(Signal.CLOSED, Result.CONNECTION_REFUSED);
  });

  test('by way of a listener on the same stack: two connections, not one', () => {
    const { stack, host: listener } = closed();
    expect(listener.listen(80)).toBe(0);
    const client = listener.another();
    expect(client.connect('10.0.0.1', 80)).toBe(0);
    client.expect(State.ESTABLISHED);
    const server = listener.accept() as Host;
    client.write('ping');
    expect(server.read()).toBe('ping');
    expect(server.look('remotePort')).toBe(client.look('localPort'));
    expect(stack.strays).toEqual([]);
  });
});

// Silence ------------------------------------------------------------------------------------

describe('a peer that says nothing', () => {
  const TIMES = [1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000];

  test.each([1, 3, 7])('every SYN is the same one, and that after %i lost is answered', (lost) => {
    const { host, peer } = synSent();
    host.wait(TIMES[lost - 1] ?? 0);
    const again = peer.take();
    expect(again.map(({ at }) => at)).toEqual(TIMES.slice(0, lost));
    expect(new Set(again.map(({ packet }) => packet.slice(20, 28).join())).size).toBe(1);
    peer.send(synAck({ seq: 0, ack: 1 }));
    host.expect(State.ESTABLISHED);
  });

  test('after it has been given up (R2) its SYN,ACK is an error of somebody else', () => {
    const { host, peer } = synSent();
    host.wait(180_000);
    host.expect(State.CLOSED);
    peer.take();
    peer.send(synAck({ seq: 0, ack: 1 }));
    peer.expect(rst({ seq: 1, ack: null }));
  });
});

// Split handshakes ---------------------------------------------------------------------------

describe('a split handshake: the SYN,ACK comes as ACK and SYN', () => {
  const alive = (host: Host, peer: Peer) => {
    host.expect(State.ESTABLISHED);
    host.write('request');
    expect(peer.take().map(({ text }) => text)).toEqual(['request']);
    peer.send(data('answer', { seq: 1, ack: 8 }));
    expect(host.read()).toBe('answer');
  };

  test('ACK first, then SYN: the ACK alone is nothing, the SYN is a simultaneous open', () => {
    const { host, peer } = synSent();
    peer.send(ack({ seq: 0, ack: 1 }));
    peer.expectNothing();
    host.expect(State.SYN_SENT);
    peer.send(syn({ seq: 0, mss: 1460 }));
    peer.expect(synAck({ seq: 0, ack: 1 }));
    host.expect(State.SYN_RECEIVED);
    peer.send(ack({ seq: 1, ack: 1 }));
    alive(host, peer);
  });

  test('SYN alone, and our SYN,ACK acknowledged: roles are swapped, the connection is not', () => {
    const { host, peer } = synSent();
    peer.send(syn({ seq: 0, mss: 1460 }));
    peer.expect(synAck({ seq: 0, ack: 1 }));
    peer.send(ack({ seq: 1, ack: 1 }));
    alive(host, peer);
    // The side that called connect() is told so, as ever.
    host.expectSignal(Signal.OPENED, Result.OK);
  });

  test('both in one batch', () => {
    const { host, peer } = synSent();
    peer.send(ack({ seq: 0, ack: 1 }), syn({ seq: 0, mss: 1460 }));
    peer.expect(synAck({ seq: 0, ack: 1 }));
    peer.send(ack({ seq: 1, ack: 1 }));
    alive(host, peer);
  });

  test('an ACK first of what was never sent is refused, and the open goes on', () => {
    const { host, peer } = synSent();
    peer.send(ack({ seq: 0, ack: 5 }));
    peer.expect(rst({ seq: 5, ack: null }));
    peer.send(synAck({ seq: 0, ack: 1 }));
    host.expect(State.ESTABLISHED);
  });

  test('a SYN from another port of that host opens nothing of ours', () => {
    const { stack, host, peer } = synSent();
    const other = new Peer(stack, { port: 50_000, hostPort: host.look('localPort') });
    other.send(syn({ seq: 0 }));
    other.expect(rst({ seq: 0, ack: 1 }));
    host.expect(State.SYN_SENT);
    peer.expectNothing();
  });
});

// Text with the SYN --------------------------------------------------------------------------

describe('text with a SYN', () => {
  test('is not the user’s before the handshake is complete, and is then', () => {
    const { stack, listener, peer } = listening();
    peer.send(syn({ seq: 0, text: 'GET /' }));
    // Without a complete handshake a forged source address could make a server act.
    peer.expect(synAck({ seq: 0, ack: 6 }));
    expect(listener.accept()).toBeNull();
    stack.wait(500);
    expect(listener.accept()).toBeNull();
    peer.send(ack({ seq: 6, ack: 1 }));
    expect(listener.accept()?.read()).toBe('GET /');
  });

  test('held for a handshake that never completes is given back', () => {
    const { stack, peer } = listening();
    const before = stack.used();
    peer.send(syn({ seq: 0, text: 'GET /' }));
    // So short a text takes a block, and no page.
    expect(stack.used()).toEqual(before.map((used, pool) => used + Number([1, 10].includes(pool))));
    stack.wait(183_000);
    expect(stack.used()).toEqual(before);
  });

  test('by cookie is not held: the peer sends it again', () => {
    const { listener, peer } = listening({ settings: { [Setting.SYN_COOKIES]: 2 } });
    peer.send(syn({ seq: 0, text: 'GET /' }));
    peer.expect(synAck({ seq: 0, ack: 1 }));
    peer.send(data('GET /', { seq: 1, ack: 1 }));
    expect(listener.accept()?.read()).toBe('GET /');
  });
});

// Old duplicates and half-open connections ---------------------------------------------------

describe('an old duplicate SYN', () => {
  test.each([0, 1, 2])('costs a listener one answer and nothing else (cookies %i)', (cookies) => {
    const { stack, listener, peer } = listening({ settings: { [Setting.SYN_COOKIES]: cookies } });
    const before = stack.used();
    peer.send(syn({ seq: 0 }));
    peer.expect(synAck({ seq: 0, ack: 1 }));
    // Its sender of then knows nothing of it now.
    peer.send(rst({ seq: 1 }));
    peer.expectNothing();
    expect(stack.used()).toEqual(before);
    expect(listener.accept()).toBeNull();
    expect(listener.look('synQueue')).toBe(0);
  });

  test('of the connection itself is challenged, and the connection does not notice', () => {
    const { host, peer } = established();
    peer.send(syn({ seq: 0 }));
    peer.expect(ack({ seq: 1, ack: 1 }));
    peer.send(data('hello', { seq: 1, ack: 1 }));
    expect(host.read()).toBe('hello');
  });
});

describe('a half-open connection is discovered', () => {
  test('by our text: the peer that has forgotten answers with a RST', () => {
    const { host, peer } = established();
    host.wait(10 * HOUR);
    host.expect(State.ESTABLISHED);
    host.write('still there?');
    peer.take();
    peer.send(rst({ seq: 1 }));
    host.expectSignal(Signal.CLOSED, Result.CONNECTION_RESET);
  });

  test('by a keep-alive probe, without text: the same RST', () => {
    const { host, peer } = established({ set: [[Option.KEEP_ALIVE, 1]] });
    host.wait(2 * HOUR);
    const [probe] = peer.take();
    expect(probe).toMatchObject({ seq: 0, text: '' });
    peer.send(rst({ seq: 1 }));
    host.expectSignal(Signal.CLOSED, Result.CONNECTION_RESET);
  });

  test('by a probe of its closed window', () => {
    const { host, peer } = established({ mss: 1000 });
    peer.send(ack({ seq: 1, ack: 1, win: 0 }));
    host.write('waiting');
    host.wait(HOUR / 60);
    expect(peer.take().length).toBeGreaterThan(0);
    peer.send(rst({ seq: 1 }));
    host.expectSignal(Signal.CLOSED, Result.CONNECTION_RESET);
  });

  test('by the FIN we send it', () => {
    const { host, peer } = established();
    host.close();
    peer.expect(fin({ seq: 1, ack: 1 }));
    peer.send(rst({ seq: 1 }));
    host.expect(State.CLOSED);
    expect(host.read()).toBe(-Result.CONNECTION_RESET);
  });

  test('and without a word from either side never: ten years', () => {
    const { host, peer } = established();
    host.wait(10 * 365 * 24 * HOUR);
    host.expect(State.ESTABLISHED);
    peer.expectNothing();
  });
});
