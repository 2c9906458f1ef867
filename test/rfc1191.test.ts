/** Path MTU over IPv4 (RFC 1191); most of its rules are tested in `rfc9293/unreachable.test.ts`. */
import { expect, test } from 'vitest';
import { ack, data, established, finWait1, rst, timeWait } from './dsl/index.ts';

test('RFC 1191 §3e: every packet forbids fragmentation, whoever sends it', () => {
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
  for (const { packet } of ours) expect((packet[6] as number) & 0xe0).toBe(0x40);
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
