/**
 * The notes on TIME-WAIT: what it is for, shown by leaving it out; how it may be shortened, and the
 * way that is not offered.
 *
 * Each segment that meets a record stands in `../rfc9293/time-wait.test.ts`, the arithmetic of
 * ports in `time-wait-ports.test.ts`.
 */
import { describe, expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  established,
  fin,
  type Host,
  Peer,
  rst,
  Setting,
  Signal,
  Result,
  State,
  type Stack,
  syn,
  synAck,
  timeWait,
} from '../dsl/index.ts';

/**
 * A connection that has carried text and ended in TIME-WAIT; with 2 MSL of 0 its record is gone as
 * soon as time moves.
 */
function waited(twoMsl: number) {
  const made = established({
    open: 'active',
    isn: 1_000_000,
    settings: { [Setting.TIME_WAIT_MS]: twoMsl },
  });
  made.peer.send(data('OLD TEXT', { seq: 1, ack: 1 }));
  expect(made.host.read()).toBe('OLD TEXT');
  made.host.close();
  made.peer.expect(fin({ seq: 1, ack: 9 }));
  made.peer.send(fin({ seq: 9, ack: 2 }));
  made.peer.expect(ack({ seq: 2, ack: 10 }));
  made.host.expect(State.TIME_WAIT);
  made.stack.wait(1);
  return made;
}

const timeWaits = (stack: Stack) => stack.used()[2];

// The first purpose --------------------------------------------------------------------------

describe('first purpose: the last ACK can be sent again', () => {
  /** The last ACK was lost; the peer, in LAST-ACK, sends its FIN again. Answers what it hears. */
  function lastAckLost(twoMsl: number) {
    const { stack, peer } = waited(twoMsl);
    stack.wait(999);
    peer.send(fin({ seq: 9, ack: 2 }));
    return peer.take().map(({ ctl, seq, ack }) => [ctl, seq, ack]);
  }

  test('with 2 MSL of a minute the peer gets its ACK, and ends as it should', () => {
    expect(lastAckLost(60_000)).toEqual([[ack().ctl, 2, 10]]);
  });

  test('with 2 MSL of 0 it gets a RST: a connection that was fine ends as an error', () => {
    expect(lastAckLost(0)).toEqual([[rst().ctl, 2, 0]]);
  });
});

// The second purpose -------------------------------------------------------------------------

describe('second purpose: old duplicates die before the tuple lives again', () => {
  /**
   * Both sides open the same two sockets again at once, and the peer's new ISN lies, as those of
   * slow clocks do, just below a segment of its old incarnation: a copy of its text, sent again
   * when the first seemed lost, that has wandered about since.
   */
  function oldDuplicate(twoMsl: number) {
    const made = waited(twoMsl);
    const { stack, peer } = made;
    const port = made.host.look('localPort');
    const again = made.host.another();
    const result = again.connect('10.0.0.2', 40_000, { port });
    const anew = new Peer(stack, { port: 40_000, hostPort: port, isn: peer.isn - 500 });
    // It takes the old one's place on the wire.
    stack.sinks.shift();
    if (result === 0) {
      anew.iss = again.look('iss');
      anew.send(synAck({ seq: 0, ack: 1 }));
      again.expect(State.ESTABLISHED);
      anew.send(data('n'.repeat(500), { seq: 1, ack: 1 }));
    }
    anew.take();
    // Its number is the next one expected of the new incarnation.
    anew.send(data('OLD TEXT', { seq: 501, ack: 1 }));
    return { ...made, again, result, answers: anew.take() };
  }

  test('with 2 MSL of a minute the tuple is not given away, and the duplicate is nobody’s', () => {
    const { result, answers, stack } = oldDuplicate(60_000);
    expect(result).toBe(-Result.CONNECTION_ALREADY_EXISTS);
    expect(answers.map(({ ctl, text }) => [ctl, text])).toEqual([[ack().ctl, '']]);
    expect(timeWaits(stack)).toBe(1);
  });

  test('with 2 MSL of 0 the new incarnation is given octets of the old one', () => {
    const { result, again } = oldDuplicate(0);
    expect(result).toBe(0);
    expect(again.read()).toBe(`${'n'.repeat(500)}OLD TEXT`);
  });

  test('a minute later the duplicate is dead, and the tuple opens', () => {
    const made = waited(60_000);
    made.stack.wait(60_000);
    const port = made.host.look('localPort');
    expect(made.host.another().connect('10.0.0.2', 40_000, { port })).toBe(0);
    expect(timeWaits(made.stack)).toBe(0);
  });

  test('a listener: an old SYN within the wait begins nothing, with 2 MSL of 0 it does', () => {
    const begun = (twoMsl: number) => {
      const { stack, peer } = timeWait({ settings: { [Setting.TIME_WAIT_MS]: twoMsl } });
      stack.wait(1);
      peer.send(syn({ seq: 0 }));
      return stack.used()[1];
    };
    expect([begun(60_000), begun(0)]).toEqual([0, 1]);
  });
});

test('RFC 1337 §2: none of its hazards: a RST does not end the wait, so neither do they', () => {
  const { stack, peer } = timeWait();
  for (const seq of [0, 1, 2, 3, 60_000]) peer.send(rst({ seq }), rst({ seq, ack: 2 }));
  // Old text, an old ACK and an old SYN are what would otherwise have drawn those RSTs.
  peer.send(data('old', { seq: 1, ack: 1 }), ack({ seq: 1, ack: 1 }), syn({ seq: 0 }));
  expect(peer.take().every(({ ctl }) => ctl === ack().ctl)).toBe(true);
  expect(timeWaits(stack)).toBe(1);
  stack.wait(60_000);
  expect(timeWaits(stack)).toBe(0);
});

test('2 MSL made shorter: a wait that begins then is not held up by an older one', () => {
  const { stack, listener, peer } = timeWait({ settings: { [Setting.TIME_WAIT_MS]: 240_000 } });
  stack.core.set(Setting.TIME_WAIT_MS, 1000);
  const second = new Peer(stack, { port: 41_000 });
  second.send(syn({ seq: 0 }));
  second.send(ack({ seq: 1, ack: 1 }));
  (listener.accept() as Host).close();
  second.send(fin({ seq: 1, ack: 2 }));
  const waiting = () =>
    stack
      .records()
      .filter(({ state }) => state === State.TIME_WAIT)
      .map(({ remotePort }) => remotePort);
  expect(waiting()).toEqual([peer.flow.sourcePort, 41_000]);
  stack.wait(1000);
  expect(waiting()).not.toContain(41_000);
});

// Reuse --------------------------------------------------------------------------------------

describe('tw_reuse: an active OPEN takes the tuple of a wait', () => {
  /** Whether it does, so many milliseconds into the wait. */
  function taken(mode: number, after: number, timestamps: boolean) {
    const { stack, host } = timeWait({
      open: 'active',
      timestamps,
      settings: { [Setting.TW_REUSE]: mode },
    });
    stack.wait(after);
    const port = host.look('localPort');
    return host.another().connect('10.0.0.2', 40_000, { port }) === 0;
  }

  test.each([
    ['off', 0, 59_999, true, false],
    ['loopback only, towards another host', 2, 59_999, true, false],
    ['on', 1, 1000, true, true],
    ['on, before a second has passed', 1, 999, true, false],
    ['on, without timestamps', 1, 59_999, false, false],
  ])('%s', (_name, mode, after, timestamps, isTaken) => {
    expect(taken(mode, after, timestamps)).toBe(isTaken);
  });

  test.each([
    [0, false],
    [1, true],
    [2, true],
  ])('%i, towards ourselves: %s', (mode, isTaken) => {
    const { stack, host } = ownPair(mode);
    const port = host.look('localPort');
    stack.wait(999);
    const early = host.another();
    expect(early.connect('10.0.0.1', 80, { port })).toBe(-Result.CONNECTION_ALREADY_EXISTS);
    stack.wait(1);
    const again = host.another();
    expect(again.connect('10.0.0.1', 80, { port }) === 0).toBe(isTaken);
    if (isTaken) again.expect(State.ESTABLISHED);
  });

  /** A connection of a stack to its own listener, closed by the side that opened it. */
  function ownPair(mode: number) {
    const { stack, listener } = established({
      timestamps: true,
      settings: { [Setting.TW_REUSE]: mode },
    });
    const host = listener.another();
    expect(host.connect('10.0.0.1', 80)).toBe(0);
    const server = listener.accept() as Host;
    host.close();
    server.close();
    host.expectSignal(Signal.CLOSED, Result.OK);
    expect(timeWaits(stack)).toBe(1);
    return { stack, host };
  }

  test.each([1000, 240_000])('2 MSL set to %i meanwhile does not make it sooner', (twoMsl) => {
    const { stack, host } = timeWait({
      open: 'active',
      timestamps: true,
      settings: { [Setting.TW_REUSE]: 1 },
    });
    stack.wait(500);
    stack.core.set(Setting.TIME_WAIT_MS, twoMsl);
    const port = host.look('localPort');
    expect(host.another().connect('10.0.0.2', 40_000, { port })).toBeLessThan(0);
  });

  test('what an old incarnation still sends is then turned away by its timestamp', () => {
    const { stack, host, peer } = timeWait({
      open: 'active',
      timestamps: true,
      settings: { [Setting.TW_REUSE]: 1 },
    });
    const port = host.look('localPort');
    const old = stack.now + peer.clockOffset;
    stack.wait(2000);
    const again = host.another();
    again.connect('10.0.0.2', 40_000, { port });
    peer.take();
    peer.send(synAck({ seq: 0, ack: 1 }));
    again.expect(State.ESTABLISHED);
    peer.send(data('OLD TEXT', { seq: 1, ack: 1, ts: [old, peer.echo] }));
    expect(again.read()).toBe('');
    expect(stack.counter(Counter.TcpExtPAWSEstab)).toBe(1);
  });
});

// What is not offered ------------------------------------------------------------------------

/**
 * The rule of tcp_tw_recycle, as a server with it would apply it to SYNs: one timestamp is
 * remembered for each address, and for a minute nothing older is taken from there.
 */
class Recycle {
  readonly #latest = new Map<string, { value: number; at: number }>();

  admits(address: string, value: number, at: number): boolean {
    const last = this.#latest.get(address);
    const isOlder = last !== undefined && ((value - last.value) | 0) < 0;
    if (isOlder && at - last.at < 60_000) return false;
    this.#latest.set(address, { value, at });
    return true;
  }
}

describe('tcp_tw_recycle, which is not offered', () => {
  /** Two hosts behind one address: one has been up for weeks, the other since this morning. */
  const CLOCKS = [20 * 86_400_000, 2 * 3_600_000] as const;
  const NAT = '10.0.0.2';

  /** Each connects in turn once a second, for twenty seconds. */
  function scene() {
    const { stack, listener } = established({
      timestamps: true,
      port: 60_000,
      limits: { timeWaits: 32 },
    });
    const recycle = new Recycle();
    const lost = [0, 0];
    const opened = [0, 0];
    for (let i = 0; i < 20; i++) {
      const who = i % 2;
      const peer = new Peer(stack, { address: NAT, port: 30_000 + i, isn: 1000 * i });
      peer.timestamps = true;
      peer.clockOffset = CLOCKS[who]!;
      if (!recycle.admits(NAT, stack.now + peer.clockOffset, stack.now)) lost[who]! += 1;
      peer.send(syn({ seq: 0, mss: 1460 }));
      peer.expect(synAck({ seq: 0, ack: 1 }));
      peer.send(ack({ seq: 1, ack: 1 }));
      const host = listener.accept();
      if (host === null) continue;
      opened[who]! += 1;
      host.close();
      peer.send(fin({ seq: 1, ack: 2 }));
      stack.wait(1000);
    }
    return { stack, lost, opened };
  }

  test('its rule turns away every connect of the younger host, and none of the older', () => {
    expect(scene().lost).toEqual([0, 10]);
  });

  test('here both are served, all of them through TIME-WAIT', () => {
    const { stack, opened } = scene();
    expect(opened).toEqual([10, 10]);
    expect(timeWaits(stack)).toBe(20);
  });

  test('there is no setting of that name', () => {
    expect(Object.keys(Setting).filter((name) => /RECYCLE/.test(name))).toEqual([]);
  });
});

test('a port held by waits alone can be listened on at once (SO_REUSEADDR is not needed)', () => {
  const { listener, stack } = timeWait();
  listener.release();
  stack.handles.delete(listener.handle);
  expect(timeWaits(stack)).toBe(1);
  expect(listener.another().listen(80)).toBe(0);
});
