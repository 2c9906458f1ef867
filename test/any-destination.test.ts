/**
 * A listener for any address there is (Option.ANY_DESTINATION), on a link that brings what is for
 * others: what IP_TRANSPARENT and AnyIP are to Linux, and what a transparent proxy stands on.
 */
import { describe, expect, test } from 'vitest';
import {
  ack,
  data,
  Host,
  ip,
  Option,
  Peer,
  Result,
  rst,
  Setting,
  Stack,
  State,
  syn,
  synAck,
} from './dsl/index.ts';

const FOREIGN = { 4: '198.51.100.7', 6: '2001:db8::7' } as const;
const MARKED = { settings: { [Setting.ANY_DESTINATION]: 1 } };

function anyListener(stack: Stack, port: number, backlog = 8): Host {
  const listener = new Host(stack).create();
  expect(listener.setOption(Option.ANY_DESTINATION, 1)).toBe(0);
  expect(listener.listen(port, { backlog })).toBe(0);
  return listener;
}

/** A peer that has opened a connection to an address that is not the stack's. */
function opened(stack: Stack, family: 4 | 6, port: number, hostPort = 443): Peer {
  const peer = new Peer(stack, { family, port, hostAddress: FOREIGN[family], hostPort });
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.expectNothing();
  return peer;
}

describe.each([4, 6] as const)('IPv%i', (family) => {
  const foreign = FOREIGN[family];

  test('a listener for any address and port takes what is for another, and says whom', () => {
    const stack = new Stack(MARKED);
    const listener = anyListener(stack, 0);
    const peer = opened(stack, family, 40_000);
    const server = listener.accept()!;
    expect(server.look('localPort')).toBe(443);
    peer.send(data('hello', { seq: 1, ack: 1 }));
    expect(server.read()).toBe('hello');
    server.abort();
    peer.expect(rst({ seq: 1, ack: 6 }));
  });

  test('of several the one at that port is taken before the one for any', () => {
    const stack = new Stack(MARKED);
    const all = anyListener(stack, 0);
    const https = anyListener(stack, 443);
    opened(stack, family, 40_000);
    expect([https.look('receiveQueue'), all.look('receiveQueue')]).toEqual([1, 0]);
    opened(stack, family, 40_001, 80);
    expect([https.look('receiveQueue'), all.look('receiveQueue')]).toEqual([1, 1]);
  });

  test('it takes what is for the stack itself as well, but not what a listener there takes', () => {
    const stack = new Stack(MARKED);
    const all = anyListener(stack, 0);
    const own = new Host(stack).create();
    own.listen(80);
    const [first, second] = [80, 81].map((hostPort) => new Peer(stack, { family, hostPort }));
    for (const peer of [first!, second!]) {
      peer.send(syn({ seq: 0 }));
      peer.expect(synAck({ seq: 0, ack: 1 }));
    }
    expect([own.look('synQueue'), all.look('synQueue')]).toEqual([1, 1]);
  });

  test('listeners at the unspecified address take only what is for the stack', () => {
    const stack = new Stack(MARKED);
    const own = new Host(stack).create();
    own.listen(443);
    const peer = new Peer(stack, { family, hostAddress: foreign, hostPort: 443 });
    peer.send(syn({ seq: 0 }));
    peer.expect(rst({ seq: 0, ack: 1 }));
    expect(own.look('synQueue')).toBe(0);
  });

  test('where the link is not marked, nothing for others is looked at', () => {
    const stack = new Stack();
    anyListener(stack, 0);
    const peer = new Peer(stack, { family, hostAddress: foreign });
    peer.send(syn({ seq: 0 }));
    peer.expectNothing();
    expect(stack.drops()).toEqual(['NOT_OUR_ADDRESS']);
  });

  test('nobody answers a ping for another, or a datagram', () => {
    const stack = new Stack(MARKED);
    anyListener(stack, 0);
    const ends = { from: ip.ENDS[family].from, to: foreign };
    stack.input(ip.echo(ends, 8));
    stack.input(ip.packet(ends, ip.UDP, Uint8Array.of(0, 53, 0, 53, 0, 8, 0, 0)));
    stack.pump();
    expect(stack.strays).toEqual([]);
    expect(stack.drops()).toEqual(['NOT_OUR_ADDRESS', 'NOT_OUR_ADDRESS']);
  });
});

test('an ICMP error about a connection at another address reaches it', () => {
  const stack = new Stack(MARKED);
  const listener = anyListener(stack, 0);
  const peer = opened(stack, 4, 40_000);
  const server = listener.accept()!;
  expect(server.look('smss')).toBe(1460);
  server.write(1_400);
  peer.icmp(3, 4, 600);
  expect(server.look('smss')).toBe(560);
});

test('without the mark again, nothing for others is looked at any more', () => {
  const stack = new Stack(MARKED);
  const listener = anyListener(stack, 0);
  opened(stack, 4, 40_000);
  stack.core.set(Setting.ANY_DESTINATION, 0);
  const late = new Peer(stack, { port: 40_001, hostAddress: FOREIGN[4] });
  late.send(syn({ seq: 0 }));
  late.expectNothing();
  listener.accept()!.abort();
});

test('with port 0 no port is kept from those who open connections', () => {
  const stack = new Stack(MARKED);
  anyListener(stack, 0);
  expect(new Host(stack).create().connect('10.0.0.2', 80)).toBe(0);
});

test('a second for the same port is refused; port 0 is for such listeners only', () => {
  const stack = new Stack(MARKED);
  anyListener(stack, 0);
  const second = new Host(stack).create();
  second.setOption(Option.ANY_DESTINATION, 1);
  expect(second.listen(0)).toBe(-Result.ADDRESS_IN_USE);
  expect(new Host(stack).create().listen(0)).toBe(-Result.INVALID_ARGUMENT);
});

test('what a listener takes is settled once it listens', () => {
  const stack = new Stack(MARKED);
  const listener = anyListener(stack, 0);
  expect(listener.setOption(Option.ANY_DESTINATION, 0)).toBe(-Result.NOT_SUPPORTED_IN_THIS_STATE);
  expect(listener.setOption(Option.ASK, 1)).toBe(-Result.NOT_SUPPORTED_IN_THIS_STATE);
  expect(listener.look('state')).toBe(State.LISTEN);
});
