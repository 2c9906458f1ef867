/** Sending urgent text (RFC 9293 §3.8.5): the pointer stands behind what was marked. */
import { expect, test } from 'vitest';
import { ack, closed, data, established, finWait1, Host, Result, URG } from '../dsl/index.ts';

const urgent = (host: Host): number => {
  const result = host.stack.core.urgent(host.handle);
  host.stack.pump();
  return result;
};

test('MUST-30, MUST-62: segments up to the mark carry URG, pointing behind its last octet', () => {
  const { host, peer } = established({ mss: 1000, window: 1000 });
  host.write(1500);
  expect(urgent(host)).toBe(0);
  host.write(500);
  peer.take();
  peer.send(ack({ ack: 1001 }));
  const [segment] = peer.take();
  expect(segment).toMatchObject({ seq: 1001, up: 500 });
  expect((segment?.ctl ?? 0) & URG).toBe(URG);
  peer.send(ack({ ack: 2001 }));
  host.write(10);
  expect(peer.latest().ctl & URG).toBe(0);
});

test('MUST-31: urgent text of any length: a far mark is as far as the field reaches', () => {
  const { host, peer } = established({ mss: 1000, window: 1000 });
  host.write(60_000);
  host.write(60_000);
  urgent(host);
  peer.take();
  peer.send(ack({ ack: 1001 }));
  const [segment] = peer.take();
  expect(segment?.ctl).toSatisfy((ctl: number) => (ctl & URG) !== 0);
  expect(segment?.up).toBe(65_535);
});

test('a connection that never marked anything never sends URG', () => {
  const { host, peer } = established({ mss: 1000 });
  host.write(5000);
  host.wait(10_000);
  host.close();
  expect(peer.take().every((segment) => (segment.ctl & URG) === 0 && segment.up === 0)).toBe(true);
});

test('urgent text sent again is still urgent; once acknowledged it is not', () => {
  const { host, peer } = established();
  host.write('hello');
  urgent(host);
  peer.take();
  host.wait(1000);
  const again = peer.take().at(-1);
  expect([again?.seq, again?.up, (again?.ctl ?? 0) & URG]).toEqual([1, 5, URG]);
  peer.send(ack({ ack: 6 }));
  host.write('x');
  expect(peer.latest().ctl & URG).toBe(0);
});

test('MUST-33: STATUS tells how much urgent text remains to be read', () => {
  const { host, peer } = established();
  peer.send(data('hello world', { seq: 1, ack: 1, ctl: URG, up: 8 }));
  expect(host.look('urgentLeft')).toBe(8);
  host.read(3);
  expect(host.look('urgentLeft')).toBe(5);
  host.read();
  expect(host.look('urgentLeft')).toBe(0);
});

test('marking in CLOSED and after CLOSE is an error', () => {
  expect(urgent(closed().host)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(urgent(finWait1().host)).toBe(-Result.CONNECTION_CLOSING);
});
