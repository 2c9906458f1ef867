/**
 * Single octets out of order (line 17 of `cases.ts`), on many connections at once: what others have
 * left of the ranges that all share.
 */
import { expect, test } from 'vitest';
import { ack, Counter, data, listening, Peer, syn } from '../dsl/index.ts';
import { ACK, encode, type Fields, type Flow, SYN } from '../dsl/segment.ts';
import { octetsOf } from '../dsl/stack.ts';

/** Segments of strangers, of whom only the server's ISN is wanted. */
function strangers({ stack }: { stack: Peer['stack'] }) {
  let iss = 0;
  stack.sinks.push((packet) => {
    if (packet[19] !== 9) return false;
    const view = new DataView(packet.buffer, packet.byteOffset);
    if (packet[33]! & SYN) iss = view.getUint32(24);
    return true;
  });
  const arrive = (port: number, fields: Fields & { ctl: number }) => {
    const flow: Flow = {
      source: octetsOf('10.0.0.9'),
      destination: octetsOf('10.0.0.1'),
      sourcePort: port,
      destinationPort: 80,
    };
    stack.input(encode({ win: 65_535, ...fields }, flow));
    stack.pump();
  };
  return (port: number, octets: number) => {
    arrive(port, { ctl: SYN, seq: 0, mss: 1460 });
    for (let octet = 0; octet <= octets; octet++) {
      const text = octet === 0 ? '' : 'x';
      arrive(port, { ctl: ACK, seq: 1 + 2 * octet, ack: (iss + 1) >>> 0, text });
    }
  };
}

test('hostile 17c: beside 900 that hold what they may, a reader has its ranges', () => {
  const limits = { ranges: 65_536, pages: 4096, connections: 1024 };
  const { stack, listener } = listening({ limits, backlog: 1024 });
  const stranger = strangers({ stack });
  for (let i = 0; i < 900; i++) stranger(10_000 + i, 70);
  // A quarter stays with users that read.
  expect(stack.used()[3]).toBeGreaterThan(40_000);
  expect(stack.used()[3]).toBeLessThanOrEqual((65_536 * 3) / 4);
  const refused = stack.counter(Counter.TcpExtTCPOFODrop);
  while (listener.accept() !== null);
  const peer = new Peer(stack, { port: 50_000 });
  peer.send(syn({ seq: 0, mss: 1460, wscale: 7, sackOk: true }));
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.take();
  const host = listener.accept() ?? stack.fail('nothing to accept');
  peer.send(data(500, { seq: 1, ack: 1 }));
  expect(host.read()).toHaveLength(500);
  const segment = (i: number) => data(500, { seq: 501 + 500 * i, ack: 1 });
  for (let i = 1; i < 128; i += 2) peer.send(segment(i));
  expect(stack.counter(Counter.TcpExtTCPOFODrop)).toBe(refused);
  for (let i = 0; i < 128; i += 2) peer.send(segment(i));
  expect(peer.take().at(-1)?.ack).toBe(64_501);
}, 60_000);
