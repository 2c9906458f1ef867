/** OPEN (RFC 9293 §3.10.1, §3.9.1.1). */
import { expect, test } from 'vitest';
import {
  ack,
  closed,
  data,
  established,
  listening,
  Option,
  Peer,
  Result,
  Setting,
  State,
  syn,
  synAck,
  synSent,
  synReceived,
  timeWait,
} from '../dsl/index.ts';

// Active -------------------------------------------------------------------------

test('an active OPEN sends a SYN and enters SYN-SENT', () => {
  const { host } = synSent();
  host.expect(State.SYN_SENT);
});

test('an active OPEN over IPv6', () => {
  const { host, peer } = established({ open: 'active', family: 6 });
  host.write('hello');
  peer.expect(data('hello', { seq: 1, ack: 1 }));
});

test.each([
  ['224.0.0.1'],
  ['239.255.255.255'],
  ['255.255.255.255'],
  ['0.0.0.0'],
  ['10.0.0.255'],
  ['ff02::1'],
  ['::'],
])('MUST-46: OPEN to %s is refused', (address) => {
  const { host, stack } = closed();
  expect(host.connect(address, 80)).toBe(-Result.CONNECTION_ILLEGAL_FOR_THIS_PROCESS);
  host.expect(State.CLOSED);
  expect(stack.strays).toEqual([]);
});

test('OPEN without a remote port is refused', () => {
  const { host } = closed();
  expect(host.connect('10.0.0.2', 0)).toBe(-Result.REMOTE_SOCKET_UNSPECIFIED);
});

test('MUST-43, MUST-45: OPEN takes a local socket and keeps to it', () => {
  const { stack, host } = closed();
  stack.addAddress('10.0.0.7', 24);
  const peer = new Peer(stack, { hostAddress: '10.0.0.7', hostPort: 5555 });
  expect(host.connect('10.0.0.2', 40_000, { address: '10.0.0.7', port: 5555 })).toBe(0);
  peer.expect(syn({ seq: 0 }));
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.write('x');
  peer.expect(data('x', { seq: 1 }));
});

test('MUST-44: without a local address, the one whose prefix holds the remote is taken', () => {
  const { stack, host } = closed();
  stack.addAddress('10.9.0.1', 16);
  const peer = new Peer(stack, { address: '10.9.3.4', hostAddress: '10.9.0.1', hostPort: 0 });
  expect(host.connect('10.9.3.4', 40_000)).toBe(0);
  peer.expect(syn({ seq: 0 }));
});

test('a local address that is not ours is refused', () => {
  const { host } = closed();
  expect(host.connect('10.0.0.2', 80, { address: '10.0.0.77' })).toBe(
    -Result.ADDRESS_NOT_AVAILABLE,
  );
});

test('the same sockets can not be opened twice', () => {
  const { host } = synSent();
  const twin = host.another();
  const port = host.look('localPort');
  expect(twin.connect('10.0.0.2', 40_000, { port })).toBe(-Result.CONNECTION_ALREADY_EXISTS);
  expect(host.connect('10.0.0.2', 40_000)).toBe(-Result.CONNECTION_ALREADY_EXISTS);
});

test('the sockets of a TIME-WAIT can not be opened', () => {
  const { host } = timeWait();
  const twin = host.another();
  expect(twin.connect('10.0.0.2', 40_000, { port: 80 })).toBe(-Result.CONNECTION_ALREADY_EXISTS);
});

test('ephemeral ports differ and lie in the dynamic range', () => {
  const { host } = closed();
  const ports = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const other = host.another();
    expect(other.connect('10.0.0.2', 80)).toBe(0);
    ports.add(other.look('localPort'));
  }
  expect(ports.size).toBe(50);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(32_768);
});

test('OPEN when every TCB is taken', () => {
  const { host, stack } = closed({ limits: { connections: 3, listeners: 1 } });
  host.another();
  host.another();
  expect(stack.core.create()).toBe(-Result.INSUFFICIENT_RESOURCES);
});

test('MUST-14, SHLD-5: the SYN announces the MSS of the link', () => {
  const { peer } = synSent();
  expect(peer.latest().mss).toBe(1460);
});

test('the SYN offers SACK, timestamps and window scaling as the settings say', () => {
  const all = synSent({ timestamps: true, wscale: 7, receiveBuffer: 1 << 20 });
  expect(all.peer.latest()).toMatchObject({ sackOk: true, wscale: 5, win: 65_535 });
  expect(all.peer.latest().ts?.[1]).toBe(0);
  const none = synSent({ settings: { [Setting.SACK]: 0 } });
  expect(none.peer.latest().sackOk).toBeUndefined();
  expect(none.peer.latest().ts).toBeUndefined();
  expect(none.peer.latest().wscale).toBeUndefined();
});

// Passive ------------------------------------------------------------------------

test('a passive OPEN enters LISTEN and sends nothing', () => {
  const { host, peer } = listening();
  host.expect(State.LISTEN);
  peer.expectNothing();
});

test('MUST-41: a second passive OPEN of the same socket is an error and disturbs nothing', () => {
  const { host, peer } = established();
  const twin = host.another();
  expect(twin.listen(80)).toBe(-Result.ADDRESS_IN_USE);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

test('MUST-42: LISTEN on the local port of a connection in SYN-SENT', () => {
  const { host, peer, stack } = closed({ hostPort: 5555 });
  expect(host.connect('10.0.0.2', 40_000, { port: 5555 })).toBe(0);
  const listener = host.another();
  expect(listener.listen(5555)).toBe(0);
  peer.take();
  peer.send(synAck({ seq: 0, ack: 1 }));
  host.expect(State.ESTABLISHED);
  const other = new Peer(stack, { port: 41_000, hostPort: 5555 });
  other.send(syn({ seq: 0 }));
  other.expect(synAck({ seq: 0, ack: 1 }));
});

test('MUST-42: LISTEN again on a port that has a connection in SYN-RECEIVED or later', () => {
  const { listener, host, peer } = established();
  listener.close();
  const again = host.another();
  expect(again.listen(80)).toBe(0);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

test('MUST-43: a listener of one address hears nothing of another one', () => {
  const { stack, host, peer: toOne } = closed();
  stack.addAddress('10.0.0.7', 24);
  host.listen(80, { address: '10.0.0.7' });
  const any = host.another();
  any.listen(80);
  const toSeven = new Peer(stack, { hostAddress: '10.0.0.7' });
  for (const peer of [toSeven, toOne]) {
    peer.send(syn({ seq: 0 }));
    peer.send(ack({ seq: 1, ack: 1 }));
  }
  expect(host.accept()).not.toBeNull();
  expect(host.accept()).toBeNull();
  expect(any.accept()).not.toBeNull();
  expect(any.accept()).toBeNull();
});

test('a listener of any address takes both families', () => {
  const { stack, host } = listening();
  for (const family of [4, 6] as const) {
    const peer = new Peer(stack, { family, port: 41_000 });
    peer.send(syn({ seq: 0 }));
    peer.expect(synAck({ seq: 0, ack: 1 }));
    peer.send(ack({ seq: 1, ack: 1 }));
    expect(host.accept()).not.toBeNull();
  }
});

test('a passive OPEN without a port is refused', () => {
  expect(closed().host.listen(0)).toBe(-Result.INVALID_ARGUMENT);
});

test('ACCEPT belongs to listeners', () => {
  const { host } = established();
  expect(host.stack.core.accept(host.handle)).toBe(-Result.NOT_SUPPORTED_IN_THIS_STATE);
});

test('a connection has the options of its listener', () => {
  const { host, peer } = established({
    set: [
      [Option.DIFFSERV, 0x48],
      [Option.HOP_LIMIT, 17],
    ],
  });
  host.write('x');
  expect(peer.latest()).toMatchObject({ diffserv: 0x48, hopLimit: 17 });
});

test("a SYN,ACK has the listener's Diffserv and hop limit", () => {
  const { peer } = synReceived({
    set: [
      [Option.DIFFSERV, 0x48],
      [Option.HOP_LIMIT, 17],
    ],
  });
  expect(peer.latest()).toMatchObject({ diffserv: 0x48, hopLimit: 17 });
});
