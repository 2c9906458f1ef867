/**
 * The MTU of the link under living connections (MUST-16): it is lowered or raised, or the link
 * replaced by another, and every segment from then on fits.
 */
import { describe, expect, test } from 'vitest';
import { ack, established, Option, Setting, synAck, synReceived, synSent } from '../dsl/index.ts';

type Made = ReturnType<typeof established>;

function setMtu({ stack }: Pick<Made, 'stack'>, mtu: number): void {
  expect(stack.core.set(Setting.MTU, mtu)).toBe(0);
}

/** Octets of the packets that have come since the last look. */
function sizes({ peer }: Pick<Made, 'peer'>): number[] {
  return peer.take().map(({ packet }) => packet.length);
}

describe.each([
  [4, 40],
  [6, 60],
] as const)('IPv%i', (family, headers) => {
  const mss = 1500 - headers;
  const make = (options = {}) => established({ family, mss, ...options });

  test('MUST-16: what is written after the MTU was lowered leaves in packets of that size', () => {
    const made = make();
    setMtu(made, 1280);
    expect(made.host.look('smss')).toBe(1280 - headers);
    made.host.write(5 * (1280 - headers));
    expect(sizes(made)).toEqual(Array(5).fill(1280));
  });

  test('MUST-16: so does what was written before and has not left', () => {
    const made = make();
    made.host.write(10 * mss + 4 * (1280 - headers));
    expect(sizes(made)).toEqual(Array(10).fill(1500));
    setMtu(made, 1280);
    made.peer.send(ack({ seq: 1, ack: 1 + 4 * mss }));
    expect(new Set(sizes(made))).toEqual(new Set([1280]));
  });

  test('MUST-16: what is sent again is cut anew', () => {
    const made = make({ sack: false });
    made.host.write(10 * mss);
    made.peer.take();
    setMtu(made, 1280);
    made.host.wait(1000);
    expect(sizes(made)).toEqual([1280]);
    made.peer.send(ack({ seq: 1, ack: 1 + 1280 - headers }));
    expect(sizes(made)).toEqual([1280, 1280]);
  });

  test('100 kB arrive without a timeout through a link that has become narrower', () => {
    const made = make();
    const { stack, host, peer } = made;
    host.write(100_000);
    setMtu(made, 1280);
    // The narrower link carries none of what is larger: it is acknowledged as far as it came.
    let edge = 1;
    for (const segment of peer.take()) edge = Math.max(edge, segment.seq + segment.text.length);
    for (let round = 0; host.look('sendQueue') > 0 && round < 200; round++) {
      peer.send(ack({ seq: 1, ack: edge }));
      for (const { packet, seq, text } of peer.take()) {
        expect(packet.length).toBeLessThanOrEqual(1280);
        if (seq <= edge) edge = Math.max(edge, seq + text.length);
      }
    }
    expect(host.look('sendQueue')).toBe(0);
    expect(stack.now).toBe(0);
  });

  test('raised again, segments grow again, but not beyond what else limits them', () => {
    const made = make();
    setMtu(made, 1280);
    expect(made.host.look('smss')).toBe(1280 - headers);
    setMtu(made, 9000);
    expect(made.host.look('smss')).toBe(mss);
    made.host.write(mss);
    expect(sizes(made)).toEqual([1500]);
    const limited = make({ set: [[Option.MAX_SEGMENT_SIZE, 1000]] });
    setMtu(limited, 1280);
    setMtu(limited, 9000);
    expect(limited.host.look('smss')).toBe(1000);
    const large = make({ mss: 8000, settings: { [Setting.MTU]: 1500 } });
    expect(large.host.look('smss')).toBe(mss);
    setMtu(large, 9000);
    expect(large.host.look('smss')).toBe(8000);
  });

  test('what routers have said holds under a link that is raised', () => {
    const made = make();
    made.host.write(5000);
    const [first] = made.peer.take();
    if (family === 4) made.peer.icmp(3, 4, 1300, first?.packet);
    else made.peer.icmp(2, 0, 1300, first?.packet);
    setMtu(made, 1280);
    expect(made.host.look('smss')).toBe(1280 - headers);
    setMtu(made, 1500);
    expect(made.host.look('smss')).toBe(1300 - headers);
    made.peer.take();
  });

  test('cwnd keeps its segments when they shrink, and holds one when they grow', () => {
    const made = make();
    made.host.write(mss);
    made.peer.send(ack({ seq: 1, ack: 1 + mss }));
    const segments = Math.floor(made.host.look('cwnd') / mss);
    setMtu(made, 1280);
    expect(made.host.look('cwnd')).toBe(segments * (1280 - headers));
    made.host.write(1280 - headers);
    made.host.wait(2000);
    // One segment after a timeout, and ssthresh two; the larger ones must fit.
    expect(made.host.look('ssthresh')).toBe(2 * (1280 - headers));
    setMtu(made, 1500);
    expect(made.host.look('cwnd')).toBeGreaterThanOrEqual(mss);
    expect(made.host.look('ssthresh')).toBe(2 * mss);
    made.peer.take();
  });

  test('SACK blocks and timestamps find room in the smaller segment', () => {
    const made = make({ timestamps: true });
    setMtu(made, 1280);
    expect(made.host.look('smss')).toBe(1280 - headers - 12);
    made.host.write(1280 - headers - 12);
    expect(sizes(made)).toEqual([1280]);
  });

  test('every connection follows, listening or not, handshakes too', () => {
    const open = synSent({ family });
    setMtu(open, 1280);
    open.peer.send(synAck({ seq: 0, ack: 1, mss }));
    expect(open.host.look('smss')).toBe(1280 - headers);
    open.peer.take();
    const half = synReceived({ family, mss });
    setMtu(half, 1280);
    half.peer.send(ack({ seq: 1, ack: 1 }));
    const host = half.listener.accept() ?? half.stack.fail('nothing to accept');
    expect(host.look('smss')).toBe(1280 - headers);
  });

  test('a SYN that is sent again announces what the link carries now', () => {
    const { host, peer, stack } = synSent({ family });
    setMtu({ stack }, 1280);
    host.wait(1000);
    expect(peer.take().map((segment) => segment.mss)).toEqual([1280 - headers]);
  });
});
