/**
 * The notes on numbers nobody may guess, by statistics: ISNs, source ports, IP identifications and
 * timestamps of very many connects. Seeds are fixed, so a threshold is crossed by a change of the
 * code and never by bad luck.
 *
 * How each number is made stands in `../rfc9293/isn.test.ts`.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { setEndpoint } from '../../host-web/core.ts';
import { closed, decode, established, listening, Peer, syn, SYN } from '../dsl/index.ts';
import { mapped } from '../dsl/stack.ts';
import { door } from './pair.ts';

/** Milliseconds on the core's clock when `door` gives it away. */
const EPOCH = 1000;
const TICKS_PER_MS = 250;
const FIRST_PORT = 32_768;
const PORT_COUNT = 28_232;

/** What one OPEN has chosen. */
interface Opened {
  readonly at: number;
  readonly iss: number;
  readonly port: number;
  readonly tsVal: number;
}

/** OPENs at a core's door, one at a time, each forgotten as soon as its SYN has been seen. */
class Opener {
  readonly #core = door('10.0.0.1', 7, { connections: 4, listeners: 2, children: 2, pages: 64 });
  at = EPOCH;

  /** To one of 2^24 remote addresses; from `localPort`, or whichever is chosen. */
  open(remote: number, remotePort: number, localPort = 0): Opened {
    const core = this.#core;
    core.poll(this.at);
    const handle = core.create();
    const address = mapped(Uint8Array.of(10, remote >> 16, remote >> 8, remote));
    setEndpoint(core, null, localPort, address, remotePort);
    if (core.connect(handle) !== 0) throw new Error(`OPEN to ${remote} failed`);
    const packet = core.transmitWindow.subarray(0, core.output());
    const { seq: iss, ts, flow } = decode(packet);
    core.release(handle);
    return { at: this.at, iss, port: flow.sourcePort, tsVal: ts?.[0] ?? 0 };
  }
}

// Statistics ---------------------------------------------------------------------------------

/** Chi-square of how evenly values fall into 256 classes by their top octet of `bits`. */
function chiSquare(values: readonly number[], bits = 32): number {
  const classes = new Array<number>(256).fill(0);
  for (const value of values) classes[(value / 2 ** (bits - 8)) & 255]! += 1;
  const mean = values.length / 256;
  return classes.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

/** 255 degrees of freedom: 99.9 % of even distributions stay below. */
const EVEN = 330.5;

/** Correlation of each value with the next one, -1 to 1. */
function serialCorrelation(values: readonly number[]): number {
  const n = values.length - 1;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let over = 0;
  let under = 0;
  for (let i = 0; i < n; i++) {
    over += (values[i]! - mean) * (values[i + 1]! - mean);
    under += (values[i]! - mean) ** 2;
  }
  return over / under;
}

/** 3.3 standard deviations of the correlation of so many independent values. */
const independent = (count: number) => 3.3 / Math.sqrt(count);

const steps = (values: readonly number[]) =>
  values.slice(1).map((value, i) => (value - values[i]!) >>> 0);

// ISNs ---------------------------------------------------------------------------------------

const TUPLES = 10_000;
const VISITS = 10;

describe('the ISNs of 100,000 connects: ten thousand tuples, ten times each', () => {
  /** By visit, then by tuple; neighbours differ in the lowest bit of a port or of an address. */
  const visits: Opened[][] = [];

  beforeAll(() => {
    const opener = new Opener();
    for (let visit = 0; visit < VISITS; visit++) {
      const opened: Opened[] = [];
      for (let i = 0; i < TUPLES; i++) {
        opened.push(opener.open(2 + (i % 100), 1000 + Math.floor(i / 100), 5000));
        opener.at += 0.05;
      }
      visits.push(opened);
      opener.at += 60_000;
    }
  });

  const ofTuple = (i: number) => visits.map((opened) => opened[i]!);
  /** ISS less the clock: what is left is a function of the tuple. */
  const offset = ({ iss, at }: Opened) => (iss - Math.floor(at * TICKS_PER_MS)) >>> 0;
  const offsets = () => visits[0]!.map(offset);

  test('no tuple ever gets one twice', () => {
    for (let i = 0; i < TUPLES; i++) {
      expect(new Set(ofTuple(i).map(({ iss }) => iss)).size).toBe(VISITS);
    }
  });

  test('each tuple’s rise with the clock, and by nothing else', () => {
    for (let i = 0; i < TUPLES; i++) {
      const opened = ofTuple(i);
      const rises = steps(opened.map(({ iss }) => iss));
      const times = steps(opened.map(({ at }) => Math.floor(at * TICKS_PER_MS)));
      // The clock of the core counts whole microseconds.
      expect(rises.every((rise, visit) => Math.abs(rise - times[visit]!) <= 1)).toBe(true);
    }
  });

  test('across tuples they are spread evenly', () => {
    expect(chiSquare(visits[0]!.map(({ iss }) => iss))).toBeLessThan(EVEN);
    expect(chiSquare(offsets())).toBeLessThan(EVEN);
    // By the lowest octet too.
    expect(chiSquare(offsets().map((value) => (value << 24) >>> 0))).toBeLessThan(EVEN);
    expect(new Set(offsets()).size).toBe(TUPLES);
  });

  test('one tuple’s tells nothing of its neighbour’s', () => {
    const all = offsets();
    expect(Math.abs(serialCorrelation(all))).toBeLessThan(independent(TUPLES));
    // Differences between neighbours: evenly spread as well, and of no favourite size.
    const between = steps(all);
    expect(chiSquare(between)).toBeLessThan(EVEN);
    expect(new Set(between).size).toBe(TUPLES - 1);
    // The same from port to port as from address to address.
    const byPort = steps(Array.from({ length: 100 }, (_, i) => all[100 * i]!));
    expect(new Set(byPort).size).toBe(99);
  });

  test('each of the 32 bits is set in half of them', () => {
    for (let bit = 0; bit < 32; bit++) {
      const set = offsets().filter((value) => (value >>> bit) & 1).length;
      expect(Math.abs(set - TUPLES / 2)).toBeLessThan((3.5 * Math.sqrt(TUPLES)) / 2);
    }
  });
});

// Source ports -------------------------------------------------------------------------------

describe('source ports (RFC 6056)', () => {
  test('RFC 6056 §3.3.4: towards one peer none comes twice until every one has been used', () => {
    const opener = new Opener();
    const ports = Array.from({ length: PORT_COUNT }, () => opener.open(2, 80).port);
    expect(new Set(ports).size).toBe(PORT_COUNT);
    expect(Math.min(...ports)).toBe(FIRST_PORT);
    expect(Math.max(...ports)).toBe(FIRST_PORT + PORT_COUNT - 1);
    expect(opener.open(2, 80).port).toBe(ports[0]);
  });

  test('where they begin for a peer nobody can tell: evenly, and without a pattern', () => {
    const opener = new Opener();
    // Scaled to 32 bits, as the tests of evenness want them.
    const first = Array.from(
      { length: 10_000 },
      (_, i) => ((opener.open(2 + i, 80).port - FIRST_PORT) / PORT_COUNT) * 2 ** 32,
    );
    expect(chiSquare(first)).toBeLessThan(EVEN);
    expect(Math.abs(serialCorrelation(first))).toBeLessThan(independent(first.length));
  });

  test('another port of the same peer is another peer', () => {
    const opener = new Opener();
    const ports = Array.from({ length: 200 }, (_, i) => opener.open(2, 1 + i).port);
    expect(new Set(steps(ports)).size).toBeGreaterThan(190);
  });
});

// Timestamps ---------------------------------------------------------------------------------

describe('timestamps (RFC 7323 §5.4)', () => {
  test('tell neither how long we have been up nor which connections are of one host', () => {
    const opener = new Opener();
    const values = Array.from({ length: 10_000 }, (_, i) => opener.open(2 + i, 80).tsVal);
    expect(chiSquare(values)).toBeLessThan(EVEN);
    expect(Math.abs(serialCorrelation(values))).toBeLessThan(independent(values.length));
    expect(new Set(values).size).toBe(values.length);
  });

  test('of one tuple are one clock, in whatever incarnation', () => {
    const opener = new Opener();
    const first = opener.open(2, 80, 5000);
    opener.at += 100_000;
    expect((opener.open(2, 80, 5000).tsVal - first.tsVal) >>> 0).toBe(100_000);
  });

  test('have nothing to do with the ISN of the same SYN', () => {
    const opener = new Opener();
    const between = Array.from({ length: 10_000 }, (_, i) => {
      const { iss, tsVal } = opener.open(2 + i, 80);
      return (iss - tsVal) >>> 0;
    });
    expect(chiSquare(between)).toBeLessThan(EVEN);
  });
});

// IP identification --------------------------------------------------------------------------

describe('the IP identification counts nothing', () => {
  /** Identification and fragment field of every IPv4 packet a stack has sent. */
  const fields = (packets: readonly Uint8Array[]) =>
    packets.map((packet) => {
      const view = new DataView(packet.buffer, packet.byteOffset);
      return [view.getUint16(4), view.getUint16(6)];
    });
  const ATOMIC = [0, 0x4000];

  test('of SYNs, SYN,ACKs, text, FINs, and their retransmissions', () => {
    const { stack, host } = established({ open: 'active' });
    host.write(5000);
    host.wait(5000);
    host.close();
    const { peer } = listening();
    peer.send(syn({ seq: 0 }));
    const sent = stack.packets.filter(({ packet }) => packet[15] === 1).map(({ packet }) => packet);
    expect(sent.length).toBeGreaterThan(6);
    for (const field of fields([...sent, peer.latest().packet])) expect(field).toEqual(ATOMIC);
  });

  test('of the RSTs that answer strangers: an idle scan learns nothing', () => {
    const { stack } = closed();
    for (let i = 0; i < 20; i++) {
      const stranger = new Peer(stack, { port: 50_000 + i, address: `10.0.0.${20 + i}` });
      stranger.send(syn({ seq: 0 }));
      const [answer] = stranger.take();
      expect(answer?.ctl).not.toBe(SYN);
      expect(fields([answer!.packet])).toEqual([ATOMIC]);
    }
  });
});
