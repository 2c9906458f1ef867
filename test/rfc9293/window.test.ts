/**
 * The two windows (RFC 9293 §3.8.6): silly windows, Nagle, zero-window probes, shrinking, scaling.
 */
import { expect, test } from 'vitest';
import { ack, Counter, data, established, Option, Result, State } from '../dsl/index.ts';

const HOUR = 3_600_000;

// Nagle (§3.7.4) -----------------------------------------------------------------------

test('SHLD-7: a short segment waits while something is outstanding', () => {
  const { host, peer } = established({ mss: 1000 });
  host.write('a');
  host.write('bc');
  host.write('d');
  peer.expect(data('a', { seq: 1 }));
  peer.send(ack({ ack: 2 }));
  peer.expect({ ctl: 16, seq: 2, text: 'bcd' });
});

test('SHLD-7: a full segment does not wait', () => {
  const { host, peer } = established({ mss: 1000 });
  host.write(1);
  host.write(1500);
  peer.expect(data(1, { seq: 1 }), data(1000, { seq: 2 }));
  peer.send(ack({ ack: 1002 }));
  peer.expect(data(500, { seq: 1002 }));
});

test('the short end of a longer text waits for no full segment before it', () => {
  const { host, peer } = established({ mss: 1000 });
  host.write(2500);
  peer.expect(data(1000, { seq: 1 }), data(1000, { seq: 1001 }), data(500, { seq: 2001 }));
  // The next short one does wait, until that end is acknowledged.
  host.write(1200);
  peer.expect(data(1000, { seq: 2501 }));
  peer.send(ack({ ack: 2001 }));
  peer.expectNothing();
  peer.send(ack({ ack: 2501 }));
  peer.expect(data(200, { seq: 3501 }));
});

test('MUST-17: Nagle can be turned off for a connection', () => {
  const { host, peer } = established();
  host.setOption(Option.NAGLE, 0);
  for (const text of ['a', 'b', 'c']) host.write(text);
  peer.expect(data('a', { seq: 1 }), data('b', { seq: 2 }), data('c', { seq: 3 }));
});

test('turning Nagle off lets go what it held back', () => {
  const { host, peer } = established();
  host.write('a');
  host.write('b');
  peer.expect(data('a', { seq: 1 }));
  host.setOption(Option.NAGLE, 0);
  peer.expect(data('b', { seq: 2 }));
});

// The sender's silly windows (§3.8.6.2.1) --------------------------------------------------

test.each([1, 0])('MUST-38: a sliver of the window is not used, Nagle %i', (nagle) => {
  const set = [[Option.NAGLE, nagle]] as const;
  const { host, peer } = established({ mss: 1000, window: 4000, set });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(10_000);
  expect(peer.take()).toHaveLength(4);
  // Room for 100 octets, with text outstanding: not worth a segment.
  peer.send(ack({ ack: 1001, win: 3100 }));
  peer.expectNothing();
  peer.send(ack({ ack: 2001, win: 3000 }));
  peer.expect(data(1000, { seq: 4001 }));
});

test('MUST-38: half of the largest window is worth a segment when nothing is outstanding', () => {
  const { host, peer } = established({ mss: 1460, window: 1000 });
  host.write(3000);
  peer.expect(data(1000, { seq: 1 }));
  peer.send(ack({ ack: 1001, win: 500 }));
  peer.expect(data(500, { seq: 1001 }));
});

test('MUST-38: less than that waits for the override timer, and no longer', () => {
  const { host, peer } = established({ mss: 1460, window: 1000 });
  host.write(3000);
  peer.take();
  peer.send(ack({ ack: 1001, win: 100 }));
  peer.expectNothing();
  host.wait(99);
  peer.expectNothing();
  host.wait(901);
  expect(peer.take()[0]).toMatchObject({ seq: 1001 });
});

// The receiver's silly windows (§3.8.6.2.2) -------------------------------------------------

/** A receiver of 4000 octets whose buffer is full. */
function full(options = {}) {
  const made = established({ receiveBuffer: 4000, mss: 1000, ...options });
  for (let seq = 1; seq < 4001; seq += 1000) made.peer.send(data(1000, { seq, ack: 1 }));
  made.host.wait(40);
  expect(made.peer.take().at(-1)).toMatchObject({ ack: 4001, win: 0 });
  return made;
}

test('MUST-39: a closed window does not open by a few octets', () => {
  const { host, peer } = full();
  host.read(500);
  peer.expectNothing();
  host.read(499);
  peer.expectNothing();
  host.read(1);
  peer.expect(ack({ ack: 4001, win: 1000 }));
});

test('MUST-39: with a buffer smaller than two segments, half of it is the step', () => {
  const { host, peer } = established({ receiveBuffer: 1000 });
  peer.send(data(1000, { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 1001, win: 0 }));
  host.read(499);
  peer.expectNothing();
  host.read(1);
  peer.expect(ack({ ack: 1001, win: 500 }));
});

test('MUST-39: the right edge stands still between worthwhile steps', () => {
  const { host, peer } = established({ receiveBuffer: 4000, mss: 1000 });
  peer.send(data(1000, { seq: 1, ack: 1 }), data(1000, { seq: 1001, ack: 1 }));
  peer.expect(ack({ ack: 2001, win: 2000 }));
  host.read(300);
  peer.send(data(100, { seq: 2001, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 2101, win: 1900 }));
});

test('SHLD-14, RFC 7323 §2.4a: the right edge never moves left', () => {
  const { host, peer } = established({ receiveBuffer: 10_000, mss: 1000 });
  let edge = 0;
  for (let seq = 1, turn = 0; seq < 60_000; seq += 700, turn++) {
    peer.send(data(700, { seq, ack: 1 }));
    if (turn % 3 === 2) host.read(1500 + (turn % 7) * 100);
    if (turn === 30) host.setOption(Option.RECEIVE_BUFFER, 5000);
    host.wait(40);
    for (const segment of peer.take()) {
      expect(segment.ack + segment.win).toBeGreaterThanOrEqual(edge);
      edge = segment.ack + segment.win;
    }
  }
  host.expect(State.ESTABLISHED);
});

test('a reader that keeps up is announced the whole buffer', () => {
  const { host, peer } = established({ receiveBuffer: 10_000, mss: 1000 });
  for (let seq = 1; seq < 50_000; seq += 1000) {
    peer.send(data(1000, { seq, ack: 1 }));
    host.read();
    host.wait(40);
    expect(peer.take().at(-1)?.win).toBeGreaterThanOrEqual(9000);
  }
});

// The peer closes its window (§3.8.6.1) ------------------------------------------------------

/** The peer has acknowledged 1000 octets and closed its window; 1000 more wait. */
function shut(options = {}) {
  const made = established({ mss: 1000, window: 1000, ...options });
  made.host.write(2000);
  made.peer.expect(data(1000, { seq: 1 }));
  made.peer.send(ack({ ack: 1001, win: 0 }));
  made.peer.expectNothing();
  made.host.write(1);
  return made;
}

test('MUST-35, MUST-36, SHLD-29: the first probe, one octet, comes after one RTO', () => {
  const { host, peer } = shut();
  const rto = host.look('rto') / 1000;
  host.wait(rto - 1);
  peer.expectNothing();
  host.wait(1);
  peer.expect(data(1, { seq: 1001 }));
});

test('SHLD-30: the next probes come after twice as long each, up to a minute', () => {
  const { host, peer } = shut();
  const times: number[] = [];
  while (times.length < 12) {
    host.wait(host.stack.deadline() - host.stack.now);
    for (const probe of peer.take()) {
      expect(probe).toMatchObject({ seq: 1001, text: data(1, { seq: 1001 }).text });
      times.push(probe.at);
      peer.send(ack({ ack: 1001, win: 0 }));
    }
  }
  const gaps = times.slice(1).map((at, i) => Math.floor(at - (times[i] as number)));
  expect(gaps).toEqual([
    400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000, 60_000,
  ]);
});

test('MUST-37: as long as probes are answered the connection stays open: a day', () => {
  const { host, peer } = shut();
  for (let answered = 0; host.stack.now < 24 * HOUR; ) {
    host.wait(Math.max(host.stack.deadline() - host.stack.now, 0));
    for (const _ of peer.take()) {
      peer.send(ack({ ack: 1001, win: 0 }));
      answered++;
    }
    expect(answered).toBeLessThan(2000);
  }
  host.expect(State.ESTABLISHED);
  peer.send(ack({ ack: 1001, win: 1000 }));
  expect(peer.take()[0]).toMatchObject({ seq: 1001 });
});

test('probes that nobody answers end the connection after R2', () => {
  const { host } = shut();
  host.wait(299_000);
  host.expect(State.ESTABLISHED);
  host.wait(120_000);
  host.expect(State.CLOSED);
  expect(host.read()).toBe(-Result.ABORTED_DUE_TO_USER_TIMEOUT);
});

test('a probe whose octet is accepted moves on by it', () => {
  const { host, peer } = shut();
  host.wait(201);
  peer.expect(data(1, { seq: 1001 }));
  peer.send(ack({ ack: 1002, win: 0 }));
  peer.expectNothing();
  host.wait(60_000);
  expect(peer.take()[0]).toMatchObject({ seq: 1002 });
});

test('a window that opens lets text go at once', () => {
  const { peer } = shut();
  peer.send(ack({ ack: 1001, win: 5000 }));
  peer.expect(data(1000, { seq: 1001 }), data(1, { seq: 2001 }));
});

test('a window that opens after a probe: its octet is sent again with the rest', () => {
  const { host, peer } = shut();
  host.wait(201);
  peer.expect(data(1, { seq: 1001 }));
  peer.send(ack({ ack: 1001, win: 5000 }));
  const [first] = peer.take();
  expect(first?.seq).toBe(1001);
  host.expect(State.ESTABLISHED);
});

test('a lost window update is made good by the next probe', () => {
  const { host, peer } = shut();
  host.wait(201);
  peer.take();
  host.wait(401);
  peer.expect(data(1, { seq: 1001 }));
  peer.send(ack({ ack: 1002, win: 5000 }));
  expect(peer.take()[0]).toMatchObject({ seq: 1002 });
});

test('a FIN alone probes a closed window too', () => {
  const { host, peer } = established({ mss: 1000, window: 1000 });
  host.write(1000);
  peer.take();
  peer.send(ack({ ack: 1001, win: 0 }));
  host.close();
  peer.expectNothing();
  host.wait(1000);
  expect(peer.take()[0]).toMatchObject({ seq: 1001, ctl: 17 });
  peer.send(ack({ ack: 1002, win: 0 }));
  host.expect(State.FIN_WAIT_2);
});

test('no probe leaves while there is nothing to send', () => {
  const { host, peer } = established();
  peer.send(ack({ seq: 1, ack: 1, win: 0 }));
  host.wait(HOUR);
  peer.expectNothing();
});

test('MAY-8: our own closed window answers probes with a window of 0, for hours', () => {
  const { host, peer } = full();
  for (let i = 0; i < 100; i++) {
    host.wait(60_000);
    peer.send(data(1, { seq: 4001, ack: 1 }));
    peer.expect(ack({ seq: 1, ack: 4001, win: 0 }));
  }
  host.read();
  peer.expect(ack({ ack: 4001, win: 4000 }));
});

test('MUST-66: an ACK with text that a closed window can not take is processed', () => {
  const { host, peer } = full();
  host.write('hello');
  peer.expect(data('hello', { seq: 1 }));
  peer.send(data(1, { seq: 4001, ack: 6 }));
  expect(host.look('sendQueue')).toBe(0);
});

// The peer shrinks its window (§3.8.6) --------------------------------------------------------

/** Five segments are out when the right edge moves left. */
function shrunk(win: number) {
  const made = established({ mss: 1000, window: 5000 });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(8000);
  expect(made.peer.take()).toHaveLength(5);
  made.peer.send(ack({ ack: 1001, win }));
  return made;
}

test('MUST-34, SHLD-15: after a shrink nothing new is sent beyond the edge', () => {
  const { peer } = shrunk(2000);
  peer.expectNothing();
  peer.send(ack({ ack: 2001, win: 2000 }));
  peer.expectNothing();
  peer.send(ack({ ack: 5001, win: 2000 }));
  peer.expect(data(1000, { seq: 5001 }), data(1000, { seq: 6001 }));
});

test('SHLD-16: after a shrink old text within the window is sent again', () => {
  const { host, peer } = shrunk(2000);
  host.wait(Math.ceil(host.look('rto') / 1000));
  peer.expect(data(1000, { seq: 1001 }));
});

test('SHLD-17: after a shrink to nothing the connection is probed, not timed out', () => {
  const { host, peer } = shrunk(0);
  while (host.stack.now < HOUR) {
    host.wait(Math.max(host.stack.deadline() - host.stack.now, 0));
    if (peer.take().length > 0) peer.send(ack({ ack: 1001, win: 0 }));
  }
  host.expect(State.ESTABLISHED);
});

// Scaling (RFC 7323 §2) ------------------------------------------------------------------------

test.each(Array.from({ length: 15 }, (_, shift) => shift))(
  "RFC 7323 §2.3d: the peer's shift of %i",
  (shift) => {
    const { host, peer } = established({ wscale: shift });
    peer.send(ack({ seq: 1, ack: 1, win: 3 }));
    expect(host.look('sndWnd')).toBe(3 << shift);
    host.write(10);
    const room = Math.min(10, 3 << shift);
    if (room === 10) peer.expect(data(10, { seq: 1 }));
  },
);

test('RFC 7323 §2.3a: a shift beyond 14 is taken as 14', () => {
  const { host, peer } = established({ wscale: 200 });
  peer.send(ack({ seq: 1, ack: 1, win: 65_535 }));
  expect(host.look('sndWnd')).toBe(65_535 << 14);
});

test("RFC 7323 §2.3c: without the peer's offer nothing is scaled", () => {
  const { host, peer } = established({ receiveBuffer: 1 << 20, settings: { 4: 1 } });
  expect(host.status()).toMatchObject({ sndShift: 0, rcvShift: 0 });
  peer.send(data(1000, { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 1001, win: 65_535 }));
});

test.each([65_535, 65_536, 200_000, 1 << 20, 1 << 24])(
  'our shift lets a buffer of %i octets be offered',
  (receiveBuffer) => {
    const { host, peer } = established({ wscale: 0, receiveBuffer });
    const shift = host.look('rcvShift');
    peer.send(data(1, { seq: 1, ack: 1 }));
    host.read();
    host.wait(40);
    const { win } = peer.latest();
    expect(win * 2 ** shift).toBeGreaterThanOrEqual(receiveBuffer - 2 ** shift - 1);
    expect(win * 2 ** shift).toBeLessThanOrEqual(receiveBuffer + 2 ** shift);
  },
);

test('REC-1: a scaled window is used beyond 64 KiB', () => {
  const { host, peer } = established({ mss: 1460, wscale: 7 });
  let largest = 0;
  for (let round = 0; round < 20 && largest <= 65_535; round++) {
    for (let i = 0; i < 10; i++) host.write(40_000);
    largest = host.look('flightSize');
    for (const segment of peer.take()) peer.send(ack({ ack: segment.seq + segment.text.length }));
  }
  expect(largest).toBeGreaterThan(65_535);
});

test('counters tell of windows that closed and opened', () => {
  const { stack, host } = full();
  host.read();
  expect(stack.counter(Counter.TcpExtTCPWantZeroWindowAdv)).toBe(1);
  expect(stack.counter(Counter.TcpExtTCPFromZeroWindowAdv)).toBe(1);
});
