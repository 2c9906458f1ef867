/**
 * A listener whose user decides about each SYN (Option.ASK): accept, refuse, drop, or wait until
 * its own upstream has answered.
 */
import { describe, expect, test } from 'vitest';
import { Decision, EndpointField, Memory } from '../host-web/abi.ts';
import { setEndpoint } from '../host-web/core.ts';
import {
  ack,
  Counter,
  data,
  Host,
  mapped,
  Option,
  Peer,
  Result,
  rst,
  Setting,
  Signal,
  Stack,
  State,
  syn,
  synAck,
} from './dsl/index.ts';

function asking(backlog = 8, settings: Partial<Record<Setting, number>> = {}): Host {
  const listener = new Host(new Stack({ settings })).create();
  expect(listener.setOption(Option.ASK, 1)).toBe(0);
  expect(listener.listen(80, { backlog })).toBe(0);
  return listener;
}

/** The remote port of the SYN that is asked about next; undefined when there is none. */
function asked({ stack, handle }: Host): number | undefined {
  if (stack.core.asked(handle) !== 1) return undefined;
  return stack.core.view.getUint32(Memory.ENDPOINT + EndpointField.remotePort, true);
}

function decide({ stack, flow }: Peer, decision: Decision): number {
  const { source, destination, sourcePort, destinationPort } = flow;
  setEndpoint(stack.core, mapped(destination), destinationPort, mapped(source), sourcePort);
  const result = stack.core.decide(decision);
  stack.pump();
  return result;
}

/** A peer whose SYN has been asked about. */
function waiting(listener: Host, options: { family?: 4 | 6; port?: number } = {}): Peer {
  const peer = new Peer(listener.stack, options);
  peer.send(syn({ seq: 0 }));
  peer.expectNothing();
  listener.expectSignal(Signal.ASKED);
  expect(asked(listener)).toBe(options.port ?? 40_000);
  expect(asked(listener)).toBe(undefined);
  return peer;
}

describe.each([4, 6] as const)('IPv%i: a SYN', (family) => {
  test('that is accepted goes on as any other', () => {
    const listener = asking();
    const peer = waiting(listener, { family });
    listener.wait(2_500);
    peer.expectNothing();
    expect(decide(peer, Decision.ACCEPT)).toBe(0);
    peer.expect(synAck({ seq: 0, ack: 1 }));
    listener.wait(1_000);
    peer.expect(synAck({ seq: 0, ack: 1 }));
    peer.send(ack({ seq: 1, ack: 1 }), data('hello', { seq: 1, ack: 1 }));
    expect(listener.accept()!.read()).toBe('hello');
  });

  test('that is refused is answered by a RST, as where nobody listens', () => {
    const listener = asking();
    const peer = waiting(listener, { family });
    expect(decide(peer, Decision.REFUSE)).toBe(0);
    peer.expect(rst({ seq: 0, ack: 1 }));
    expect(listener.look('synQueue')).toBe(0);
  });

  test('that is dropped is asked about again when it comes again', () => {
    const listener = asking();
    const peer = waiting(listener, { family });
    expect(decide(peer, Decision.DROP)).toBe(0);
    peer.expectNothing();
    peer.send(syn({ seq: 0 }));
    expect(asked(listener)).toBe(40_000);
  });
});

test('RFC 6298 §3: how long the user took is no round trip', () => {
  const listener = asking();
  const peer = waiting(listener);
  listener.wait(20_000);
  decide(peer, Decision.ACCEPT);
  listener.wait(50);
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()!.look('srtt')).toBe(50_000);
});

describe('while a SYN is undecided', () => {
  test('it is not asked about twice, and nothing is told that a guess could use', () => {
    const listener = asking();
    const peer = waiting(listener);
    peer.send(syn({ seq: 0 }), syn({ seq: 5 }));
    peer.expectNothing();
    expect(asked(listener)).toBe(undefined);
    peer.send(ack({ seq: 1, ack: 1 }));
    peer.expect(rst({ seq: 1 }));
    expect(listener.stack.drops()).toEqual(['SYN_UNDECIDED', 'SYN_UNDECIDED', 'ACK_OUT_OF_RANGE']);
    expect(decide(peer, Decision.ACCEPT)).toBe(0);
    peer.expect(synAck({ seq: 0, ack: 1 }));
  });

  test('the peer may give up by a RST: a decision is then too late', () => {
    const listener = asking();
    const peer = waiting(listener);
    peer.send(rst({ seq: 2 }));
    expect(listener.look('synQueue')).toBe(1);
    peer.send(rst({ seq: 1 }));
    expect(listener.look('synQueue')).toBe(0);
    expect(decide(peer, Decision.ACCEPT)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
    peer.expectNothing();
  });

  test('it does not wait for ever: after 63 s it is forgotten', () => {
    const listener = asking();
    const peer = waiting(listener);
    listener.wait(62_999);
    expect(listener.look('synQueue')).toBe(1);
    listener.wait(1);
    expect(listener.look('synQueue')).toBe(0);
    peer.expectNothing();
  });

  test('the listener may be closed: nothing is answered, and nothing left', () => {
    const listener = asking();
    const first = waiting(listener);
    const second = new Peer(listener.stack, { port: 40_001 });
    second.send(syn({ seq: 0 }));
    listener.close();
    for (const peer of [first, second]) {
      expect(decide(peer, Decision.ACCEPT)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
      peer.expectNothing();
    }
    expect(listener.state()).toBe(State.CLOSED);
  });
});

test('a decision is for what was asked about, and only once', () => {
  const listener = asking();
  const peer = new Peer(listener.stack);
  peer.send(syn({ seq: 0 }));
  expect(decide(peer, Decision.ACCEPT)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(asked(listener)).toBe(40_000);
  expect(decide(peer, 3 as Decision)).toBe(-Result.INVALID_ARGUMENT);
  expect(decide(peer, Decision.ACCEPT)).toBe(0);
  expect(decide(peer, Decision.REFUSE)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  peer.expect(synAck({ seq: 0, ack: 1 }));
});

test.each([1, 2])(
  'RFC 4987 §3.2: as many wait as the backlog says, and none is answered by a cookie: %i',
  (cookies) => {
    const listener = asking(2, { [Setting.SYN_COOKIES]: cookies });
    const { stack } = listener;
    const peers = [0, 1, 2, 3].map((i) => new Peer(stack, { port: 40_000 + i }));
    for (const peer of peers) {
      peer.send(syn({ seq: 0 }));
      peer.expectNothing();
    }
    expect(listener.look('synQueue')).toBe(2);
    expect(stack.counter(Counter.TcpExtSyncookiesSent)).toBe(0);
    // Nor is an ACK believed that might return one.
    peers[2]!.send(ack({ seq: 1, ack: 1 }));
    peers[2]!.expect(rst({ seq: 1 }));
    expect(stack.counter(Counter.TcpExtSyncookiesFailed)).toBe(0);
  },
);
