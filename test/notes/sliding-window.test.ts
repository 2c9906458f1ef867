/**
 * The notes on the sliding window: offered and usable, shrunk, shut, probed for hours, opened;
 * silly windows on both sides; the whole range of the field and of its scale.
 *
 * Single rules, label by label, stand in `../rfc9293/window.test.ts`.
 */
import { describe, expect, test } from 'vitest';
import {
  ack,
  data,
  established,
  type Host,
  type Options,
  type Peer,
  pattern,
  State,
} from '../dsl/index.ts';

const HOUR = 3_600_000;

/** Acknowledges each segment that comes, with that window, until none does; answers the text. */
function drain(peer: Peer, win: number): string {
  let all = '';
  for (let arrived = peer.take(); arrived.length > 0; arrived = peer.take()) {
    for (const { seq, text } of arrived) {
      all += text;
      peer.send(ack({ ack: seq + text.length, win }));
    }
  }
  return all;
}

/** Writes more than goes through the door at once. */
function put(host: Host, octets: number): void {
  for (let left = octets; left > 0; ) left -= host.write(Math.min(left, 50_000));
}

/** Opens cwnd by so many octets, acknowledged, so that only SND.WND bounds what follows. */
function warm(host: Host, peer: Peer, octets: number, win: number): void {
  for (let left = octets; left > 0; ) {
    left -= host.write(Math.min(left, 50_000));
    drain(peer, win);
  }
  expect(host.look('sendQueue')).toBe(0);
}

const sumOf = (segments: readonly { text: string }[]) =>
  segments.reduce((sum, { text }) => sum + text.length, 0);

// One window, through its whole life -----------------------------------------------------------

test('a window offered, used, slid, shrunk, shut, probed for twelve hours, opened', () => {
  const { host, peer } = established({ mss: 1000, window: 4000 });
  peer.send(ack({ seq: 1, ack: 1, win: 4000 }));
  host.write(20_000);
  // Offered 4000, usable 4000: sent. Then usable is nothing.
  expect(sumOf(peer.take())).toBe(4000);
  expect(host.status()).toMatchObject({ sndWnd: 4000, flightSize: 4000 });
  // It slides by what is acknowledged: usable is offered less what is in flight.
  peer.send(ack({ ack: 1001, win: 4000 }));
  peer.expect(data(1000, { seq: 4001 }));
  // It grows at its right edge.
  peer.send(ack({ ack: 1001, win: 6000 }));
  peer.expect(data(1000, { seq: 5001 }), data(1000, { seq: 6001 }));
  // It shrinks: its edge lies behind what is sent already, and usable is below nothing.
  peer.send(ack({ ack: 2001, win: 1000 }));
  peer.expectNothing();
  expect(host.look('sndWnd')).toBe(1000);
  // It closes as its octets are read by nobody.
  peer.send(ack({ ack: 7001, win: 0 }));
  peer.expectNothing();
  host.expect(State.ESTABLISHED);
  let probes = 0;
  for (const end = host.stack.now + 12 * HOUR; host.stack.now < end; ) {
    host.wait(60_000);
    for (const probe of peer.take()) {
      expect(probe).toMatchObject({ seq: 7001, text: pattern(7001, 1) });
      probes++;
      peer.send(ack({ ack: 7001, win: 0 }));
    }
  }
  // Once a minute, after the first few.
  expect(probes).toBeGreaterThan(700);
  expect(probes).toBeLessThan(750);
  host.expect(State.ESTABLISHED);
  peer.send(ack({ ack: 7001, win: 60_000 }));
  expect(drain(peer, 60_000)).toBe(pattern(7001, 13_000));
  expect(host.look('sendQueue')).toBe(0);
});

test('our own: offered, used up, shut for twelve hours, opened by reading', () => {
  const { host, peer } = established({ receiveBuffer: 8000, mss: 1000 });
  for (let i = 0; i < 8; i++) {
    peer.send(data(1000, { seq: 1 + 1000 * i, ack: 1 }));
    host.wait(40);
  }
  expect(peer.take().at(-1)).toMatchObject({ ack: 8001, win: 0 });
  for (let probe = 0; probe < 12 * 60; probe++) {
    host.wait(60_000);
    peer.send(data(1, { seq: 8001, ack: 1 }));
    peer.expect(ack({ ack: 8001, win: 0 }));
  }
  expect(host.read()).toBe(pattern(1, 8000));
  peer.expect(ack({ ack: 8001, win: 8000 }));
  peer.send(data(1000, { seq: 8001, ack: 1 }));
  expect(host.read()).toBe(pattern(8001, 1000));
});

// Silly windows ------------------------------------------------------------------------------

describe('silly windows', () => {
  test('the sender waits for a worthwhile one: a receiver that reads by the octet', () => {
    const { host, peer } = established({ mss: 1000, window: 4000 });
    warm(host, peer, 8000, 4000);
    host.write(4000 + 4000);
    expect(sumOf(peer.take())).toBe(4000);
    const base = peer.received;
    // The window opens by one octet at a time, five times a second; MAX.SND.WND is 4000.
    peer.send(ack({ ack: base, win: 0 }));
    const lengths: number[] = [];
    let win = 0;
    while (win < 2000) {
      peer.send(ack({ ack: base, win: ++win }));
      lengths.push(...peer.take().map(({ text }) => text.length));
    }
    // A full segment each time one fits, or half of the largest window; nothing smaller.
    expect(lengths.every((length) => length >= 1000)).toBe(true);
    expect(sumOf(lengths.map((length) => ({ text: ' '.repeat(length) })))).toBe(2000);
  });

  test('the receiver does not offer one: a user who reads by the octet', () => {
    const { host, peer } = established({ receiveBuffer: 4000, mss: 1000 });
    for (let i = 0; i < 4; i++) {
      peer.send(data(1000, { seq: 1 + 1000 * i, ack: 1 }));
      host.wait(40);
    }
    expect(peer.take().at(-1)).toMatchObject({ win: 0 });
    for (let octet = 0; octet < 4000; octet++) expect(host.read(1)).toHaveLength(1);
    host.wait(40);
    const offers = peer.take().map(({ win }) => win);
    // Each step is worth a segment, and there are few of them.
    expect(offers.length).toBeLessThanOrEqual(4);
    const steps = offers.map((win, i) => win - (offers[i - 1] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(1000);
  });

  test('both at once, for a mebibyte: no segment is small that need not be', () => {
    const { host, peer } = established({ mss: 1000, window: 3000 });
    let room = 3000;
    let unread = 0;
    const lengths: number[] = [];
    put(host, 500_000);
    for (let turn = 0; turn < 100_000 && host.look('sendQueue') > 0; turn++) {
      for (const { text } of peer.take()) {
        lengths.push(text.length);
        unread += text.length;
        room -= text.length;
      }
      // The peer's user reads seven octets; the peer announces just what there is.
      const read = Math.min(unread, 7);
      unread -= read;
      room += read;
      peer.send(ack({ ack: peer.received, win: room }));
    }
    expect(sumOf(lengths.map((length) => ({ text: ' '.repeat(length) })))).toBe(500_000);
    expect(lengths.filter((length) => length < 1000).length).toBeLessThan(3);
  });
});

// The field ----------------------------------------------------------------------------------

describe('the window field is unsigned', () => {
  test.each([32_767, 32_768, 40_000, 65_535])('%i octets offered: so many in flight', (win) => {
    const { host, peer } = established({ mss: 1000, window: win });
    warm(host, peer, 400_000, win);
    put(host, 100_000);
    expect(sumOf(peer.take())).toBeGreaterThan(win - 1000);
    expect(host.look('flightSize')).toBeLessThanOrEqual(win);
    expect(host.look('sndWnd')).toBe(win);
  });

  test.each([32_767, 32_768, 40_000, 65_535])('a buffer of %i is offered as that', (buffer) => {
    const { host, peer } = established({ receiveBuffer: buffer });
    peer.send(data(2, { seq: 1, ack: 1 }));
    host.read();
    host.wait(40);
    expect(peer.take().at(-1)?.win).toBeGreaterThanOrEqual(buffer - 2);
    // And all of it is taken.
    for (let at = 3; at < buffer; at += 1000) {
      peer.send(data(Math.min(1000, buffer - at), { seq: at, ack: 1 }));
    }
    expect(String(host.read()).length).toBe(buffer - 3);
  });
});

describe.each(Array.from({ length: 15 }, (_, shift) => shift))('a scale of %i', (shift) => {
  const WINDOW = 1 << 14;

  test.each(['passive', 'active'] as const)('agreed on by both, in effect on both (%s)', (open) => {
    const receiveBuffer = 65_535 * 2 ** shift;
    const options: Options = { open, wscale: shift, receiveBuffer, window: 65_535, mss: 1000 };
    const { host, peer } = established(options);
    expect(host.status()).toMatchObject({ sndShift: shift, rcvShift: shift });
    // Towards the peer: 16 KiB in whatever units, and just 16 KiB are used.
    warm(host, peer, 100_000, WINDOW >> shift);
    put(host, 100_000);
    const sent = sumOf(peer.take());
    expect(host.look('sndWnd')).toBe(WINDOW);
    expect(sent).toBeGreaterThan(WINDOW - 1000);
    expect(sent).toBeLessThanOrEqual(WINDOW);
    // Towards us: the whole buffer is offered, in those units.
    peer.send(data(1, { seq: 1, win: WINDOW >> shift }));
    host.read();
    host.wait(40);
    const { win } = peer.take().at(-1) ?? { win: 0 };
    expect(win * 2 ** shift).toBeGreaterThan(receiveBuffer - 2 ** shift - 1);
    expect(host.look('rcvWnd')).toBeLessThanOrEqual(receiveBuffer);
  });
});
