/**
 * The notes on SYN cookies: a flood that costs no memory, an honest client that does not notice it,
 * and ACKs nobody was given a cookie for.
 *
 * What a cookie carries stands in `../rfc9293/cookies.test.ts`.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { Memory } from '../../host-web/abi.ts';
import type { Core } from '../../host-web/core.ts';
import {
  ack,
  Counter,
  decode,
  encode,
  listening,
  Peer,
  type Received,
  rst,
  Setting,
  State,
  SYN,
  syn,
  synAck,
} from '../dsl/index.ts';
import { octetsOf } from '../dsl/stack.ts';
import { look, Pair, type Side, used } from './pair.ts';

const counter = (core: Core, which: Counter) =>
  Number(core.view.getBigUint64(Memory.COUNTERS + 8 * which, true));

// A flood ------------------------------------------------------------------------------------

const FLOOD = 1_000_000;
const TOTAL = 1 << 20;
/** SYNs of the flood between two looks at the honest client. */
const BURST = 500;

/** Sends SYNs from random sources: one packet, its source, port and ISN written over. */
class Flood {
  readonly #core: Core;
  readonly #packet = encode(syn({ seq: 0, win: 1024, mss: 1460 }), {
    source: octetsOf('0.0.0.0'),
    destination: octetsOf('10.0.0.2'),
    sourcePort: 0,
    destinationPort: 80,
  });
  readonly #view = new DataView(this.#packet.buffer);
  /** One's complement sums of all that stays. */
  readonly #ipSum = 0xffff - this.#view.getUint16(10);
  readonly #tcpSum = 0xffff - this.#view.getUint16(36);
  #state = 0x2545_f491;
  sent = 0;
  answered = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  #random(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  burst(count: number): void {
    const core = this.#core;
    const packet = this.#packet;
    const view = this.#view;
    for (let i = 0; i < count; i++) {
      // Sources of 11.0.0.0 to 99.255.255.255: hosts, and none of ours.
      const source = 0x0b00_0000 + (this.#random() % 0x5900_0000);
      const isn = this.#random();
      const port = 1024 + (isn % 60_000);
      view.setUint32(12, source);
      view.setUint16(20, port);
      view.setUint32(24, isn);
      const words = (source >>> 16) + (source & 0xffff);
      view.setUint16(10, fold(this.#ipSum + words));
      view.setUint16(36, fold(this.#tcpSum + words + port + (isn >>> 16) + (isn & 0xffff)));
      core.receiveWindow.set(packet);
      core.input(packet.length, 0);
      for (let length = core.output(); length !== 0; length = core.output()) this.answered++;
    }
    this.sent += count;
  }
}

function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - ((once & 0xffff) + (once >>> 16));
}

/** What was seen of the honest client's connection, both ways. */
interface Seen {
  readonly syns: Received[];
  sacks: number;
  /** Largest window field that B sent; it counts in units of its shift. */
  scaledWindow: number;
  /** What B made of the options in the cookie: flags and Snd.Wind.Shift of STATUS. */
  agreed: readonly number[];
}

/** Writes and reads at both ends as far as it goes; answers octets received by A and by B. */
function move(core: Core, handle: number, left: number): [taken: number, got: number] {
  const taken = left > 0 ? Math.max(core.send(handle, Math.min(left, Memory.TEXT_SIZE)), 0) : 0;
  return [taken, Math.max(core.receive(handle, Memory.TEXT_SIZE), 0)];
}

describe('a flood of a million SYNs from random sources', () => {
  let pair: Pair;
  let flood: Flood;
  let before: number[];
  let after: number[];
  let memory: [number, number];
  const seen: Seen = { syns: [], sacks: 0, scaledWindow: 0, agreed: [] };
  const got = { a: 0, b: 0 };

  /** Loses every hundredth segment of the client's, so that SACK has something to say. */
  function watch(from: Side, packet: Uint8Array): boolean {
    const segment = decode(packet);
    // What B still says to sources of the flood goes nowhere.
    if (from === 'b' && segment.flow.destination.join('.') !== '10.0.0.1') return false;
    if (segment.ctl & SYN) seen.syns.push(segment);
    if (segment.sack) seen.sacks++;
    if (from === 'b') seen.scaledWindow = Math.max(seen.scaledWindow, segment.win);
    return !(from === 'a' && segment.text.length > 0 && ++lost % 100 === 50);
  }
  let lost = 0;

  function transfer(listener: number): void {
    const client = pair.connect(80);
    pair.exchange();
    const server = pair.b.accept(listener);
    const left = { a: TOTAL, b: TOTAL };
    while (flood.sent < FLOOD) {
      flood.burst(BURST);
      for (const [side, core, handle] of [
        ['a', pair.a, client],
        ['b', pair.b, server],
      ] as const) {
        const [taken, received] = move(core, handle, left[side]);
        left[side] -= taken;
        got[side] += received;
      }
      pair.wait(5);
    }
    expect([look(pair.a, client, 'state'), look(pair.b, server, 'state')]).toEqual(
      Array(2).fill(State.ESTABLISHED),
    );
    seen.agreed = [look(pair.b, server, 'flags') & 7, look(pair.b, server, 'sndShift')];
    pair.a.abort(client);
    pair.b.release(server);
    pair.exchange();
  }

  beforeAll(() => {
    const limits = { connections: 64, listeners: 4, children: 128, pages: 2048, timeWaits: 16 };
    pair = new Pair({ ...limits, receiveBuffer: 1 << 20, sendBuffer: 1 << 20 });
    const listener = pair.listen(80, 64);
    flood = new Flood(pair.b);
    // The SYN queue is full from here on.
    flood.burst(64);
    before = used(pair.b);
    memory = [pair.b.memory.buffer.byteLength, 0];
    pair.watch = watch;
    transfer(listener);
    after = used(pair.b);
    memory[1] = pair.b.memory.buffer.byteLength;
  });

  test('memory does not grow by one octet, and no pool holds one record more', () => {
    expect(flood.sent).toBeGreaterThanOrEqual(FLOOD);
    expect(memory[1]).toBe(memory[0]);
    expect(after).toEqual(before);
  });

  test('each was answered, all but the first queueful by a cookie', () => {
    const cookies = counter(pair.b, Counter.TcpExtSyncookiesSent);
    expect(flood.answered).toBeGreaterThanOrEqual(flood.sent);
    expect(cookies).toBe(counter(pair.b, Counter.TcpExtTCPReqQFullDoCookies));
    expect(cookies).toBeGreaterThan(FLOOD - 64 * 70);
    expect(counter(pair.b, Counter.TcpExtListenDrops)).toBe(0);
  });

  test('an honest client transfers a mebibyte each way meanwhile', () => {
    expect(got).toEqual({ a: TOTAL, b: TOTAL });
    expect(counter(pair.b, Counter.TcpExtSyncookiesRecv)).toBe(1);
    expect(counter(pair.b, Counter.TcpExtSyncookiesFailed)).toBe(0);
  });

  test('with window scaling and SACK intact, as the wire shows', () => {
    const [offer, answer] = seen.syns;
    expect(seen.syns).toHaveLength(2);
    expect(offer).toMatchObject({ sackOk: true, wscale: 5 });
    expect(answer).toMatchObject({ sackOk: true, wscale: 5 });
    expect(answer?.ts).toBeDefined();
    expect(seen.agreed).toEqual([7, 5]);
    // B's window of 1 MiB can only be said in units of 32 octets, and its SACK blocks name losses.
    expect(seen.scaledWindow * 32).toBeGreaterThan(900_000);
    expect(seen.sacks).toBeGreaterThan(0);
    expect(lost).toBeGreaterThan(100);
  });
});

// Modes --------------------------------------------------------------------------------------

describe('tcp_syncookies', () => {
  const sent = (stack: Peer['stack']) => stack.counter(Counter.TcpExtSyncookiesSent);

  test.each([
    [0, 0, 2, 0],
    [1, 1, 2, 0],
    [2, 3, 0, 0],
  ])('%i: of three SYNs for a SYN queue of two %i are cookies', (mode, cookies, entries) => {
    const { stack } = listening({ backlog: 2, settings: { [Setting.SYN_COOKIES]: mode } });
    for (let i = 0; i < 3; i++) new Peer(stack, { port: 50_000 + i }).send(syn({ seq: 0 }));
    expect([sent(stack), stack.used()[1]]).toEqual([cookies, entries]);
  });
});

// What is none of ours -----------------------------------------------------------------------

describe('an ACK that returns no cookie of ours: a RST and SyncookiesFailed', () => {
  const failed = (stack: Peer['stack']) => stack.counter(Counter.TcpExtSyncookiesFailed);

  function given() {
    const made = listening({ settings: { [Setting.SYN_COOKIES]: 2 } });
    made.peer.send(syn({ seq: 0, mss: 1460 }));
    made.peer.expect(synAck({ seq: 0, ack: 1 }));
    return made;
  }

  test('forged: none of ten thousand guesses at the number', () => {
    const { stack, listener, peer } = given();
    let number = 1;
    for (let i = 0; i < 10_000; i++) {
      number = (Math.imul(number, 1_664_525) + 1_013_904_223) >>> 0;
      if (number === 1) continue;
      stack.input(encode(ack({ seq: peer.isn + 1, ack: (peer.iss + number) >>> 0 }), peer.flow));
      stack.pump();
    }
    const answers = peer.take();
    expect(answers).toHaveLength(10_000);
    expect(answers.every(({ ctl }) => ctl === rst().ctl)).toBe(true);
    expect(failed(stack)).toBe(10_000);
    expect(listener.accept()).toBeNull();
    expect(stack.used().slice(0, 2)).toEqual([1, 0]);
  });

  test('somebody else’s: another address, port, or sequence number', () => {
    const { stack, listener, peer } = given();
    const thieves = [
      new Peer(stack, { address: '10.0.0.3' }),
      new Peer(stack, { port: 40_001 }),
      new Peer(stack, { isn: 12_345 }),
    ];
    for (const [i, thief] of thieves.entries()) {
      thief.iss = peer.iss;
      thief.send(ack({ seq: 1, ack: 1 }));
      expect(failed(stack)).toBe(i + 1);
    }
    expect(listener.accept()).toBeNull();
  });

  test.each([129_000, 200_000, 3_600_000])('stale: %i ms later', (age) => {
    const { stack, listener, peer } = given();
    stack.wait(age);
    peer.send(ack({ seq: 1, ack: 1 }));
    peer.expect(rst({ seq: 1, ack: null }));
    expect(failed(stack)).toBe(1);
    expect(listener.accept()).toBeNull();
  });

  test('and one in time counts as SyncookiesRecv', () => {
    const { stack, listener, peer } = given();
    stack.wait(60_000);
    peer.send(ack({ seq: 1, ack: 1 }));
    peer.expectNothing();
    expect(listener.accept()).not.toBeNull();
    expect([failed(stack), stack.counter(Counter.TcpExtSyncookiesRecv)]).toEqual([0, 1]);
  });
});
