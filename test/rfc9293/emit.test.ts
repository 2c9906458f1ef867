/** What every segment we send has (RFC 9293 §3.1, §3.7.1): `decode` verifies it for all tests. */
import { expect, test } from 'vitest';
import { ack, data, decode, established, fin, FIN, SYN } from '../dsl/index.ts';

test.each([4, 6] as const)(
  'MUST-2, MUST-65: checksums are right and no segment but the SYN has an MSS (IPv%i)',
  (family) => {
    const { host, peer, stack } = established({ family, timestamps: true, wscale: 2 });
    for (let length = 1; length < 3000; length += 37) {
      host.write(length);
      peer.send(data(1, { seq: peer.next + (length % 3) }));
      peer.send(ack({ ack: peer.received }));
      host.wait(50);
    }
    host.close();
    peer.send(fin({}));
    const all = stack.packets.map(({ packet }) => packet);
    const sent = all.filter((packet) => isOurs(packet, family));
    expect(sent.length).toBeGreaterThan(80);
    for (const segment of sent.map((packet) => decode(packet))) {
      expect(segment.mss === undefined).toBe((segment.ctl & SYN) === 0);
    }
  },
);

/** Whether the source of a packet is the stack under test. */
function isOurs(packet: Uint8Array, family: 4 | 6): boolean {
  return family === 4 ? packet[15] === 1 : packet[23] === 1;
}

test('MAY-3, SHLD-5: the SYN of either side always announces an MSS', () => {
  for (const open of ['active', 'passive'] as const) {
    const { stack } = established({ open });
    const segments = stack.packets.map(({ packet }) => decode(packet));
    expect(segments.filter(({ ctl }) => ctl & SYN).every(({ mss }) => mss !== undefined)).toBe(
      true,
    );
  }
});

test('MAY-4: a retransmission is the same IPv4 packet, identification and all', () => {
  const { host, peer } = established();
  host.write('hello');
  const first = peer.latest().packet;
  host.wait(1000);
  expect(peer.latest().at).toBe(1000);
  expect(peer.latest().packet).toEqual(first);
  // It says nothing, for the packet is atomic: DF is set (RFC 6864 §4.1).
  expect([...first.subarray(4, 8)]).toEqual([0, 0, 0x40, 0]);
});

test('MUST-69: our own options fill whole words, with no End of Options among them', () => {
  const { host, peer, stack } = established({ timestamps: true, wscale: 2 });
  peer.send(data('b', { seq: 3 }), data('d', { seq: 5 }), data('f', { seq: 7 }));
  host.write('hello');
  const sent = stack.packets.map(({ packet }) => packet).filter((packet) => isOurs(packet, 4));
  for (const packet of sent) {
    const end = 20 + ((packet[32] as number) >> 4) * 4;
    let at = 40;
    while (at < end) {
      expect(packet[at]).not.toBe(0);
      at += packet[at] === 1 ? 1 : (packet[at + 1] as number);
    }
    expect(at).toBe(end);
  }
  expect(sent.length).toBeGreaterThan(2);
});

test('the verifier itself: one flipped bit anywhere in a segment is noticed', () => {
  const { host, peer } = established();
  host.write('hello');
  const { packet } = peer.latest();
  for (let octet = 0; octet < packet.length; octet++) {
    // The hop limit and Diffserv are covered by the IPv4 header checksum as well.
    const copy = packet.slice();
    copy[octet] = (copy[octet] as number) ^ 0x10;
    expect(() => decode(copy), `octet ${octet}`).toThrow();
  }
  expect(decode(packet).ctl & FIN).toBe(0);
});
