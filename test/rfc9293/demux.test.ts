/** Demultiplexing: whose segment it is (RFC 9293 §3.3.1, §3.10.7). */
import { expect, test } from 'vitest';
import {
  ack,
  data,
  established,
  Host,
  listening,
  Option,
  Peer,
  rst,
  State,
  syn,
  synAck,
  synSent,
} from '../dsl/index.ts';

/** Opens a connection from a peer; answers the host's side. */
function open(listener: Host, peer: Peer): Host {
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  return listener.accept() ?? listener.stack.fail('nothing to accept');
}

test('connections differ by any part of the tuple', () => {
  const { stack, listener } = listening();
  stack.addAddress('10.0.0.7', 24);
  const other = listener.another();
  other.listen(81);
  const peers = [
    new Peer(stack, { port: 41_000 }),
    new Peer(stack, { port: 41_001 }),
    new Peer(stack, { port: 41_000, address: '10.0.0.3' }),
    new Peer(stack, { port: 41_000, hostAddress: '10.0.0.7' }),
    new Peer(stack, { port: 41_000, hostPort: 81 }),
    new Peer(stack, { port: 41_000, family: 6 }),
  ];
  const hosts = peers.map((peer) =>
    open(peer.flow.destinationPort === 81 ? other : listener, peer),
  );
  for (const [i, peer] of peers.entries()) peer.send(data(`to ${i}`, { seq: 1, ack: 1 }));
  expect(hosts.map((host) => host.read())).toEqual(peers.map((_, i) => `to ${i}`));
});

test('RFC 3493 §5.3: a listener at :: takes both families, or with IPV6_ONLY its own', () => {
  const { stack, listener } = listening();
  const only = listener.another();
  only.setOption(Option.IPV6_ONLY, 1);
  expect(only.listen(81)).toBe(0);
  const [four, six] = [4, 6].map((family) => {
    return new Peer(stack, { family: family as 4 | 6, port: 41_000, hostPort: 81 });
  });
  four!.send(syn({ seq: 0 }));
  four!.expect(rst({ seq: 0, ack: 1 }));
  open(only, six!).abort();
  const ipv4 = listener.another();
  expect(ipv4.listen(81, { address: '0.0.0.0' })).toBe(0);
  four!.take();
  open(ipv4, four!);
});

test('a tuple nobody has is answered by a RST, though a neighbour differs by one bit', () => {
  const { stack, host } = established();
  const stranger = new Peer(stack, { port: 40_001 });
  stranger.send(data('hello', { seq: 1, ack: 1 }));
  stranger.expect(rst({ seq: 1, ack: null }));
  host.expect(State.ESTABLISHED);
});

test('an existing connection goes before the listener of its port', () => {
  const { host, peer } = established();
  peer.send(syn({ seq: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.expect(State.ESTABLISHED);
});

test('an active connection from a listening port: each gets its own', () => {
  const { stack, listener } = listening();
  const peer = new Peer(stack, { port: 42_000 });
  const active = listener.another();
  expect(active.connect('10.0.0.2', 42_000, { port: 80 })).toBe(0);
  peer.expect(syn({ seq: 0 }));
  peer.send(synAck({ seq: 0, ack: 1 }));
  active.expect(State.ESTABLISHED);
  const passive = open(listener, new Peer(stack, { port: 42_001 }));
  passive.expect(State.ESTABLISHED);
});

test('two active OPENs from one local port to different remotes', () => {
  const { stack, host } = synSent();
  const second = host.another();
  const port = host.look('localPort');
  expect(second.connect('10.0.0.3', 40_000, { port })).toBe(0);
  const peer = new Peer(stack, { address: '10.0.0.3', hostPort: port });
  peer.send(synAck({ seq: 0, ack: 1 }));
  host.expect(State.SYN_SENT);
});

test('forty connections, one closed in the middle: the others are still found', () => {
  const { stack, listener } = listening({ backlog: 64 });
  const peers = Array.from({ length: 40 }, (_, i) => new Peer(stack, { port: 43_000 + i }));
  const hosts = peers.map((peer) => open(listener, peer));
  for (let i = 0; i < 40; i += 2) hosts[i]?.abort();
  for (const [i, peer] of peers.entries()) {
    peer.take();
    peer.send(data('x', { seq: 1, ack: 1 }));
    if (i % 2 === 0) peer.expect(rst({ seq: 1, ack: null }));
    else expect(hosts[i]?.read()).toBe('x');
  }
});

test('listeners that share a socket by REUSE_PORT each get some of the SYNs', () => {
  const { stack, host: first } = listening({ set: [[Option.REUSE_PORT, 1]] });
  const second = first.another();
  second.setOption(Option.REUSE_PORT, 1);
  expect(second.listen(80)).toBe(0);
  const got = [0, 0];
  for (let i = 0; i < 32; i++) {
    const peer = new Peer(stack, { port: 44_000 + i });
    peer.send(syn({ seq: 0 }));
    peer.send(ack({ seq: 1, ack: 1 }));
    for (const [j, listener] of [first, second].entries())
      if (listener.accept()) got[j] = (got[j] ?? 0) + 1;
  }
  expect((got[0] as number) + (got[1] as number)).toBe(32);
  expect(Math.min(...got)).toBeGreaterThan(4);
});
