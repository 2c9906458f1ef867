/**
 * SEGMENT ARRIVES, CLOSED (RFC 9293 §3.10.7.1), and what never reaches a state at all (§3.1,
 * §3.9.2.3).
 */
import { expect, test } from 'vitest';
import {
  ack,
  closed,
  Counter,
  data,
  encode,
  established,
  FIN,
  fin,
  listening,
  packetOf,
  pattern,
  Peer,
  RST,
  rst,
  State,
  SYN,
  syn,
  synAck,
  URG,
} from '../dsl/index.ts';

// CLOSED: every segment but a RST is answered by a RST (§3.5.2, group 1) ---------------

test('a SYN: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>', () => {
  const { peer } = closed();
  peer.send(syn({ seq: 0 }));
  peer.expect(rst({ seq: 0, ack: 1 }));
});

test('text without ACK: the RST acknowledges all of it', () => {
  const { peer } = closed();
  peer.send({ ctl: 0, seq: 100, text: 'hello' });
  peer.expect(rst({ seq: 0, ack: 105 }));
});

test('SYN, text and FIN all count', () => {
  const { peer } = closed();
  peer.send(syn({ seq: 0, text: 'hello', ctl: FIN }));
  peer.expect(rst({ seq: 0, ack: 7 }));
});

test('a segment with ACK: <SEQ=SEG.ACK><CTL=RST>', () => {
  const { peer } = closed();
  peer.send(ack({ seq: 100, ack: 300 }));
  peer.expect(rst({ seq: 300, ack: null }));
  peer.send(fin({ seq: 100, ack: 300, text: 'hello' }));
  peer.expect(rst({ seq: 300, ack: null }));
});

test('a RST is not answered', () => {
  const { peer } = closed();
  peer.send(rst({ seq: 1 }), rst({ seq: 1, ack: 1 }), syn({ seq: 0, ctl: RST }));
  peer.expectNothing();
});

test('the RST leaves from the address and port the segment was for, over IPv6 too', () => {
  const { peer } = closed({ family: 6 });
  peer.send(syn({ seq: 0 }));
  peer.expect(rst({ seq: 0, ack: 1 }));
});

// What reaches no state -------------------------------------------------------------

test('MUST-3: a wrong checksum drops the segment silently', () => {
  const { stack, host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1, wrongChecksum: true }));
  peer.send(rst({ seq: 1, wrongChecksum: true }));
  peer.expectNothing();
  expect(host.read()).toBe('');
  host.expect(State.ESTABLISHED);
  expect(stack.counter(Counter.TcpInCsumErrors)).toBe(2);
});

// Text a connection waits for is copied before anybody knows whether it is right.
test.each([1, 511, 512, 1447, 4097, 9001])(
  'MUST-3: %i damaged octets leave nothing behind, and nothing of them is read',
  (length) => {
    const { stack, host, peer } = established();
    const pages = () => stack.used()[5];
    let seq = 1;
    const next = () => data(pattern(seq, length), { seq, ack: 1 });
    // An empty buffer first, then one with text.
    for (const unread of [0, length]) {
      peer.send({ ...next(), wrongChecksum: true });
      peer.expectNothing();
      if (unread === 0) expect(pages()).toBe(0);
      peer.send(next());
      seq += length;
    }
    peer.send({ ...next(), wrongChecksum: true });
    expect(host.read()).toBe(pattern(1, 2 * length));
    expect(stack.counter(Counter.TcpInCsumErrors)).toBe(3);
    expect(pages()).toBe(0);
  },
);

test.each([0, 4, 15])(
  'a data offset of %i words, too small or beyond the segment, drops it',
  (dataOffset) => {
    const { host, peer } = established();
    peer.send(data('hello', { seq: 1, ack: 1, dataOffset }));
    peer.expectNothing();
    expect(host.read()).toBe('');
  },
);

test('every reserved and control bit set is no reason to drop text', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1, ctl: 0xc0 }));
  expect(host.read()).toBe('hello');
});

test.each([
  ['multicast', '224.0.0.5'],
  ['limited broadcast', '255.255.255.255'],
  ['directed broadcast', '10.0.0.255'],
  ['unspecified', '0.0.0.0'],
])('MUST-63: a SYN from %s is dropped silently', (_, address) => {
  const { stack } = listening();
  new Peer(stack, { address }).send(syn({ seq: 0 }));
  expect(stack.strays).toEqual([]);
  expect(stack.used()[1]).toBe(0);
});

test.each([
  ['multicast', '224.0.0.1'],
  ['limited broadcast', '255.255.255.255'],
  ['directed broadcast', '10.0.0.255'],
])('MUST-57, hostile 6c: a SYN to %s is dropped silently', (_, hostAddress) => {
  const { stack } = listening();
  new Peer(stack, { hostAddress, port: 41_000 }).send(syn({ seq: 0 }), ack({ seq: 1, ack: 1 }));
  expect(stack.strays).toEqual([]);
  expect(stack.used()[1]).toBe(0);
});

test('MUST-57: a SYN to an IPv6 group is dropped silently', () => {
  const { stack } = listening();
  new Peer(stack, { family: 6, hostAddress: 'ff02::1' }).send(syn({ seq: 0 }));
  expect(stack.strays).toEqual([]);
});

test('LAND: a SYN from our own socket is dropped', () => {
  const { stack } = listening();
  const land = new Peer(stack, { address: '10.0.0.1', port: 80 });
  land.send(syn({ seq: 0 }), synAck({ seq: 0, ack: 1 }));
  land.expectNothing();
  expect(stack.used()[1]).toBe(0);
});

test('a SYN from the loopback address is dropped', () => {
  const { stack } = listening();
  const peer = new Peer(stack, { address: '127.0.0.1' });
  peer.send(syn({ seq: 0 }));
  peer.expectNothing();
});

test('MUST-50: IP options are passed over', () => {
  const { host, peer } = established();
  const plain = encode(
    { ...data('hello', {}), seq: peer.isn + 1, ack: peer.iss + 1, win: 1000 },
    peer.flow,
  );
  const tcp = plain.subarray(20);
  const { source, destination } = peer.flow;
  const packet = packetOf(new Uint8Array([...Array(8).fill(1), ...tcp]), 6, source, destination);
  packet[0] = 0x47;
  packet.set([0, 0], 10);
  let sum = 0;
  for (let i = 0; i < 28; i += 2) sum += ((packet[i] ?? 0) << 8) | (packet[i + 1] ?? 0);
  sum = (sum & 0xffff) + (sum >> 16);
  packet.set([(~sum >> 8) & 255, ~sum & 255], 10);
  peer.stack.input(packet);
  expect(host.read()).toBe('hello');
});

test('MUST-1: a window above 32,767 is not negative', () => {
  const { host, peer } = established({ window: 65_535 });
  host.write(14_600);
  expect(peer.take().reduce((sum, segment) => sum + segment.text.length, 0)).toBe(14_600);
});

test('a segment with no control bit, or all of them, kills no connection', () => {
  const { host, peer } = established();
  for (const ctl of [0, FIN, SYN | FIN, SYN | FIN | URG, 0xff & ~RST])
    peer.send({ ctl, seq: 700, ack: 9, text: 'x' });
  peer.take();
  host.expect(State.ESTABLISHED);
});
