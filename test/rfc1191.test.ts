/**
 * Path MTU over IPv4 (RFC 1191), and what is left to routers where a path is narrower than segments
 * are cut for (RFC 6864). More of its rules are tested in `rfc9293/unreachable.test.ts`.
 */
import { expect, test } from 'vitest';
import {
  ack,
  data,
  established,
  finWait1,
  type Host,
  Option,
  Peer,
  rst,
  Setting,
  type Stack,
  syn,
  synAck,
  timeWait,
} from './dsl/index.ts';

test('RFC 1191 §3e, RFC 6864 §4.1: every packet forbids fragmentation, whoever sends it', () => {
  const { stack, host, peer } = established();
  host.write(5000);
  host.wait(1000);
  const { stack: waiting, peer: last } = timeWait();
  last.send(data('old', { seq: 1, ack: 1 }));
  peer.send(rst({ seq: 1 }));
  const { stack: refusing, peer: stranger } = finWait1();
  stranger.send(ack({ seq: 1, ack: 77_777 }));
  const sent = [stack, waiting, refusing].flatMap(({ packets }) => packets);
  const ours = sent.filter(({ packet }) => packet[15] === 1 && packet[12] === 10);
  expect(ours.length).toBeGreaterThan(10);
  for (const { packet } of ours) expect([...packet.slice(4, 8)]).toEqual([0, 0, 0x40, 0]);
});

test('RFC 1191 §6.4a: the same report again sends nothing again', () => {
  const { host, peer } = established();
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(10_000);
  const first = peer.take()[0]?.packet;
  peer.icmp(3, 4, 1000, first);
  expect(peer.take().length).toBeGreaterThan(5);
  for (let burst = 0; burst < 5; burst++) peer.icmp(3, 4, 1000, first);
  peer.expectNothing();
});

// What is kept (§6.3) --------------------------------------------------------------------------

/** One more connection of this stack, to 10.0.0.`to`, open and with text under way. */
function another(stack: Stack, host: Host, to: number, port: number) {
  const peer = new Peer(stack, { address: `10.0.0.${to}`, port, hostPort: 0 });
  const user = host.another();
  expect(user.connect(`10.0.0.${to}`, port)).toBe(0);
  peer.expect(syn({ seq: 0, mss: 1460 }));
  peer.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  return { host: user, peer };
}

/** A connection whose path carries only so many octets, and knows it; some text is under way. */
function narrow(mtu: number, options = {}) {
  const made = established({ mss: 1460, ...options });
  made.host.write(10_000);
  made.peer.icmp(3, 4, mtu, made.peer.take()[0]?.packet);
  made.peer.take();
  return made;
}

/** Has the peer acknowledge until nothing is left; answers the packets that came meanwhile. */
function drain({ host, peer }: { host: Host; peer: Peer }): Uint8Array[] {
  const packets = peer.take().map(({ packet }) => packet);
  while (host.look('sendQueue') > 0) {
    peer.send(ack({ seq: 1, ack: peer.received }));
    packets.push(...peer.take().map(({ packet }) => packet));
  }
  return packets;
}

test('RFC 1191 §6.3: the next connection to the same peer begins with what was learned', () => {
  const { stack, host } = narrow(1000);
  const next = another(stack, host, 2, 41_000);
  expect(next.host.look('smss')).toBe(960);
  next.host.write(5000);
  expect(Math.max(...next.peer.take().map(({ packet }) => packet.length))).toBe(1000);
  const elsewhere = another(stack, host, 3, 41_000);
  expect(elsewhere.host.look('smss')).toBe(1460);
  // So does one that the peer opens.
  const peer = new Peer(stack, { port: 41_001 });
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1, mss: 1460 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(stack.records().find(({ remotePort }) => remotePort === 41_001)?.smss).toBe(960);
});

test('RFC 1191 §6.3: other connections to the same peer follow with their next packet', () => {
  const made = established({ mss: 1460 });
  const other = another(made.stack, made.host, 2, 41_000);
  made.host.write(3000);
  made.peer.icmp(3, 4, 1000, made.peer.take()[0]?.packet);
  expect(other.host.look('smss')).toBe(960);
  other.host.write(2880);
  expect(other.peer.take().map(({ text }) => text.length)).toEqual([960, 960, 960]);
});

test('RFC 1191 §6.3: ten minutes after the latest report a larger MTU is tried', () => {
  const made = narrow(1000);
  const { stack, host, peer } = made;
  drain(made);
  host.wait(300_000);
  // Learned anew: the ten minutes begin again.
  host.write(960);
  peer.icmp(3, 4, 1000);
  drain(made);
  host.wait(599_999);
  expect(host.look('smss')).toBe(960);
  host.wait(1);
  expect(host.look('smss')).toBe(1460);
  host.write(1460);
  expect(peer.take()[0]?.packet).toHaveLength(1500);
  // And is refused again.
  peer.icmp(3, 4, 1000);
  expect(peer.take()[0]?.packet).toHaveLength(1000);
  expect(another(stack, host, 2, 41_000).host.look('smss')).toBe(960);
});

test('what is learned after a larger MTU was tried is kept as the first was', () => {
  const made = narrow(1000);
  const { host, peer } = made;
  drain(made);
  host.wait(600_000);
  host.write(2000);
  peer.icmp(3, 4, 1200, peer.take()[0]?.packet);
  expect(host.look('smss')).toBe(1160);
  drain(made);
  host.wait(599_999);
  expect(host.look('smss')).toBe(1160);
});

test.each([1, 8])('a flood of destinations: of %i paths the latest is kept', (paths) => {
  const { stack, host } = narrow(1000, { limits: { paths } });
  for (let to = 3; to < 43; to++) {
    const { host: user, peer } = another(stack, host, to, 41_000);
    user.write(2000);
    peer.icmp(3, 4, 1000, peer.take()[0]?.packet);
    user.abort();
    const next = another(stack, host, to, 41_001).host;
    expect(next.look('smss')).toBe(960);
    next.abort();
    for (const { handle } of [user, next]) stack.core.release(handle);
  }
  expect(host.look('smss')).toBe(1460);
});

test('a report along a source route is about that route: no other connection learns of it', () => {
  const { stack, host, peer } = established({ mss: 1460 });
  const user = host.another();
  expect(user.sourceRoute([131, 7, 4, 10, 0, 0, 9])).toBe(0);
  const along = new Peer(stack, { port: 41_000, hostPort: 0 });
  user.connect('10.0.0.2', 41_000);
  along.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
  user.write(4000);
  along.icmp(3, 4, 1000, along.take().at(-1)?.packet.slice());
  expect(user.look('smss')).toBeLessThanOrEqual(960 - 8);
  expect(host.look('smss')).toBe(1460);
  peer.take();
});

// Narrower than segments are cut for (§3c) -----------------------------------------------------

const fragmentWord = (packet: Uint8Array) => (packet[6]! << 8) | packet[7]!;
const identification = (packet: Uint8Array) => (packet[4]! << 8) | packet[5]!;

test.each([0, 68, 296, 551])(
  'RFC 1191 §3c: below 552 octets, at %i, packets may be fragmented on the way',
  (mtu) => {
    const { stack, host, peer } = established({ mss: 1460 });
    host.write(5000);
    peer.icmp(3, 4, mtu, peer.take()[0]?.packet);
    const again = peer.take();
    expect(again[0]).toMatchObject({ seq: 1, text: data(512, { seq: 1 }).text });
    for (const { packet } of again) expect(fragmentWord(packet)).toBe(0);
    // Other connections to it know as well, those elsewhere are as before.
    const next = another(stack, host, 2, 41_000);
    next.host.write(600);
    for (const { packet } of next.peer.take()) expect(fragmentWord(packet)).toBe(0);
    const elsewhere = another(stack, host, 3, 41_000);
    elsewhere.host.write(600);
    for (const { packet } of elsewhere.peer.take()) expect(fragmentWord(packet)).toBe(0x4000);
  },
);

test('RFC 1191 §3c: at 552 octets they may not, until less is asked for', () => {
  const { host, peer } = narrow(552);
  host.wait(1000);
  const [first] = peer.take();
  expect(fragmentWord(first!.packet)).toBe(0x4000);
  peer.icmp(3, 4, 400, first?.packet);
  const again = peer.take();
  expect(again.length).toBeGreaterThan(0);
  for (const { packet } of again) expect(fragmentWord(packet)).toBe(0);
});

test('RFC 1191 §6.3: ten minutes later they may not any more', () => {
  const made = narrow(296);
  const { host, peer } = made;
  drain(made);
  host.wait(600_000);
  host.write(100);
  expect(fragmentWord(peer.latest().packet)).toBe(0x4000);
});

test('RFC 6864 §4.3a: of packets that may be fragmented no two are identified alike', () => {
  const made = narrow(296);
  drain(made);
  const other = another(made.stack, made.host, 2, 41_000);
  const seen: number[] = [];
  for (let round = 0; round < 40; round++) {
    made.host.write(10_000);
    other.host.write(500);
    seen.push(...[...drain(other), ...drain(made)].map(identification));
  }
  expect(seen.length).toBeGreaterThan(500);
  expect(new Set(seen).size).toBe(seen.length);
});

test('RFC 6864 §4.3a: where identifications begin can not be guessed', () => {
  const places = [1, 2].map((seed) => {
    const { peer } = narrow(296, { seed });
    return identification(peer.latest().packet);
  });
  expect(Math.abs(places[0]! - places[1]!)).toBeGreaterThan(100);
});

test('black holes, the link and the path: whichever is least holds', () => {
  const { stack, host, peer } = narrow(1400, { set: [[Option.BLACK_HOLE_DETECTION, 1]] });
  expect(host.look('smss')).toBe(1360);
  host.wait(7_100);
  expect(host.look('smss')).toBe(1240);
  stack.core.set(Setting.MTU, 1000);
  expect(host.look('smss')).toBe(960);
  stack.core.set(Setting.MTU, 1500);
  expect(host.look('smss')).toBe(1240);
  peer.take();
});
