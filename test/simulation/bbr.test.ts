/** BBR (draft-ietf-ccwg-bbr) on simulated lines: its states, what losses do to it, its company. */
import { describe, expect, test } from 'vitest';
import type { Rule } from '../../host-web/link/path.ts';
import { meanOf, Race, rateOf, type Sight } from './flows.ts';

/** 100 Mbit/s and a round trip of 20 ms: 172 segments fill it. The line's own 86 count as queue. */
const LINE = { rate: '100mbit', delay: '10ms', limit: 430 } as const;
const BDP = (100e6 / 8) * 0.02;
const RTT = 20;

const paceOf = ({ senders }: Sight) => (senders[0]?.pacing_rate ?? 0) / 1e6;
const alone = (line: object = LINE) => new Race({ ...LINE, ...line }, [{ control: 'bbr' }]);

describe('its states', () => {
  test('BBR §5.3.1.2a, §5.3.1.2b, §5.6.2c, §5.6.2d: STARTUP ends with the bandwidth', () => {
    const race = alone();
    const sights = race.run(600, 5);
    const paces = sights.map(paceOf);
    // 2.77 times ten segments a round trip, to begin with.
    expect(paces.find((pace) => pace > 0)).toBeCloseTo((2.77 * 8 * 14_480) / RTT / 1000, 0);
    const most = Math.max(...paces);
    expect(most).toBeGreaterThan(2 * 95);
    expect(most).toBeLessThan(3 * 95);
    // It sends so fast for three round trips without more bandwidth, and not for six.
    const fast = paces.filter((pace) => pace > 0.9 * most).length * 5;
    expect(fast).toBeGreaterThan(2 * RTT);
    expect(fast).toBeLessThan(8 * RTT);
    expect(paces.at(-1)).toBeLessThan(100);
    expect(race.counter('TcpRetransSegs')).toBe(0);
  });

  test('BBR §5.3.2a, §5.3.2b: DRAIN sends at half the rate until the queue is gone', () => {
    const sights = alone().run(600, 5);
    const paces = sights.map(paceOf);
    const drained = paces.findIndex((pace) => pace > 40 && pace < 52 && pace < 100);
    const after = paces.findLastIndex((pace) => pace > 40 && pace < 52);
    expect(drained).toBeGreaterThan(0);
    expect((after - drained) * 5).toBeLessThan(4 * RTT);
    expect(meanOf(sights.slice(-40), 'rtt')).toBeLessThan(1.3 * RTT);
  });

  test('BBR §5.6.1, §5.3.3.1, §5.3.3.7, §5.3.3.8a, §5.3.3.8b, §5.3.3.3: the cycle of rates', () => {
    const race = alone();
    race.run(1_500, 100);
    const sights = race.run(3_400, 5);
    const paces = sights.map(paceOf);
    const share = (low: number, high: number) =>
      paces.filter((pace) => pace > low * 96 && pace < high * 96).length / paces.length;
    // Nine tenths, the rate itself, a quarter more; always less one in a hundred.
    expect(share(0.85, 0.92)).toBeGreaterThan(0.01);
    expect(share(0.96, 1.02)).toBeGreaterThan(0.7);
    expect(share(1.2, 1.26)).toBeGreaterThan(0.01);
    expect(share(0.85, 0.92) + share(0.96, 1.02) + share(1.2, 1.26)).toBeGreaterThan(0.98);
    // A probe every 63 round trips: at 20 ms sooner than the two or three seconds.
    const ups = paces.flatMap((pace, i) => (pace > 115 && paces[i - 1]! < 115 ? [i * 5] : []));
    expect(ups.length).toBeGreaterThan(1);
    for (const [i, at] of ups.slice(1).entries()) {
      expect(at - ups[i]!).toBeGreaterThan(55 * RTT);
      expect(at - ups[i]!).toBeLessThan(85 * RTT);
    }
  });

  test('BBR §5.3.4.3a, §5.3.4.3b, §5.3.4.4, §5.6.4.5: PROBE_RTT, half each 5 s', () => {
    const race = alone();
    race.run(1_000, 100);
    const sights = race.run(16_000, 10);
    const low = sights.filter(({ senders }) => {
      const cwnd = senders[0]!.cwnd;
      return cwnd > 0.45 * BDP && cwnd < 0.55 * BDP;
    });
    const begins = low.filter(({ at }, i) => i === 0 || at - low[i - 1]!.at > 100);
    expect(begins.length).toBeGreaterThanOrEqual(2);
    expect(begins.length).toBeLessThanOrEqual(3);
    expect(begins[1]!.at - begins[0]!.at).toBeGreaterThan(5_000);
    // 200 ms and a round trip each, and cwnd is at once what it was.
    expect(low.length / begins.length).toBeGreaterThan(19);
    expect(low.length / begins.length).toBeLessThan(26);
    expect(sights.at(-1)!.senders[0]!.cwnd).toBeGreaterThan(1.5 * BDP);
    expect(rateOf(sights.slice(100))).toBeGreaterThan(92);
  });

  test('BBR §5.4.1: after a pause data leaves at the bandwidth, known still', () => {
    const race = alone();
    race.run(3_000, 100);
    race.isWriting = false;
    race.run(3_900, 100);
    expect(race.sights.at(-1)!.senders[0]!.unacked).toBe(0);
    race.isWriting = true;
    race.fill(0);
    const sights = race.run(200, 5);
    expect(paceOf(sights[0]!)).toBeGreaterThan(0.9 * 95);
    // No slow start: the line is full after a round trip.
    expect(rateOf(sights.slice(8))).toBeGreaterThan(88);
    expect(race.counter('TcpRetransSegs')).toBe(0);
  });

  test('BBR §5.5.1, §5.5.5, §5.5.6: a line that became slower is known after two cycles', () => {
    const race = alone();
    race.run(3_000, 100);
    race.network.impair({ ...LINE, rate: '20mbit' }, 'A');
    race.run(6_000, 100);
    const sights = race.run(2_000, 10);
    const cruising = sights.map(paceOf).sort((a, b) => a - b);
    expect(cruising[Math.floor(cruising.length / 2)]).toBeLessThan(20);
    expect(rateOf(sights)).toBeGreaterThan(17);
  });

  test('BBR §5.5.7.2: a longer way is believed once ten seconds have shown nothing shorter', () => {
    const race = alone();
    race.run(3_000, 100);
    race.network.impair({ ...LINE, delay: '40ms', limit: 2_000 }, 'A');
    race.run(13_000, 500);
    const sights = race.run(3_000, 50);
    // 50 ms of round trip now: what fills the line is two and a half times as much.
    expect(meanOf(sights, 'cwnd')).toBeGreaterThan(2 * 2.2 * BDP);
    expect(rateOf(sights)).toBeGreaterThan(88);
  });
});

describe('losses', () => {
  const goodputs = (loss: number, control: 'bbr' | 'cubic', line: object = {}) => {
    const race = new Race({ ...LINE, ...line, loss }, [{ control }]);
    race.run(1_000, 500);
    return rateOf(race.run(12_000, 500));
  };

  test.each([
    [0.001, 86],
    [0.01, 84],
    [0.03, 20],
    [0.05, 6],
  ])('BBR §5.5.10.2a: %d of all, and it is above CUBIC', (loss, least) => {
    const bbr = goodputs(loss, 'bbr');
    expect(bbr).toBeGreaterThan(least);
    expect(bbr).toBeGreaterThan(2 * goodputs(loss, 'cubic'));
  });

  test('BBR §5.5.10.3, §5.6.4.7: a lossy round trip bounds those until the next probe', () => {
    const race = alone({ loss: 0.02 });
    race.run(2_000, 100);
    const paces = race.run(6_000, 10).map(paceOf);
    // It gives way slowly, by what was lost, and probes its way back.
    const least = Math.min(...paces);
    expect(least).toBeLessThan(88);
    expect(least).toBeGreaterThan(10);
    expect(Math.max(...paces.slice(paces.indexOf(least)))).toBeGreaterThan(1.15 * least);
  });

  test('BBR §5.5.10.3: a tenth of a second of losses is given way to until the next probe', () => {
    const line = { isLossy: false, seen: 0 };
    // One in five of what A sends.
    const losses: Rule = ({ from, textLength }) =>
      line.isLossy && from === 'A' && textLength > 0 && ++line.seen % 5 === 0 ? 'drop' : 'pass';
    const race = alone({ rules: [losses] });
    race.run(2_000, 100);
    const pace = () => paceOf(race.run(10, 10)[0]!);
    while (pace() < 115);
    // The probe has ended, and what it has queued has gone.
    race.run(15 * RTT, 10);
    expect(pace()).toBeGreaterThan(90);
    line.isLossy = true;
    race.run(100, 10);
    line.isLossy = false;
    race.run(5 * RTT, 10);
    for (let i = 0; i < 10; i++) expect(pace()).toBeLessThan(0.8 * 95);
    // And no longer.
    const after = race.run(70 * RTT, 10).map(paceOf);
    expect(Math.max(...after)).toBeGreaterThan(90);
  });

  test('BBR §3.7: a mark counts as a loss does', () => {
    const dice = { seen: 0 };
    // One in fifty of what A sends.
    const marks: Rule = ({ from, textLength }) =>
      from === 'A' && textLength > 0 && ++dice.seen % 50 === 0 ? 'mark' : 'pass';
    const race = new Race({ ...LINE, rules: [marks] }, [{ control: 'bbr' }], { tcp_ecn: 1 });
    race.run(2_000, 100);
    const paces = race.run(6_000, 10).map(paceOf);
    expect(race.sights.at(-1)!.senders[0]!.ecn).toBe(true);
    expect(Math.min(...paces)).toBeLessThan(0.9 * 95);
    expect(race.counter('TcpRetransSegs')).toBe(0);
  });

  test('BBR §5.3.1.3, §5.5.10.2b, §5.3.3.6, §5.3.3.5, §5.3.3.9: a shallow queue', () => {
    // A queue of 34 segments, a fifth of what fills the line.
    const race = alone({ limit: 120 });
    const startup = race.run(2_000, 100);
    const lost = race.counter('TcpRetransSegs');
    expect(lost).toBeGreaterThan(0);
    expect(rateOf(startup)).toBeGreaterThan(40);
    const sights = race.run(20_000, 500);
    const sent = (rateOf(sights) * 20e6) / 8 / 1448;
    expect((race.counter('TcpRetransSegs') - lost) / sent).toBeLessThan(0.01);
    expect(rateOf(sights)).toBeGreaterThan(75);
  });

  test('BBR §5.5.9: ACKs that come in heaps leave room for them in cwnd', () => {
    const cwndOf = (rules: readonly Rule[]) => {
      const race = alone({ rules });
      race.run(2_000, 500);
      const sights = race.run(2_000, 50);
      expect(rateOf(sights)).toBeGreaterThan(85);
      return meanOf(sights, 'cwnd');
    };
    const heaps: Rule = ({ from, at }) => (from === 'B' ? { delay: 10 - (at % 10) } : 'pass');
    // Ten milliseconds of the line's rate.
    expect(cwndOf([heaps]) - cwndOf([])).toBeGreaterThan(0.5 * ((100e6 / 8) * 0.01));
  });
});

describe('company', () => {
  type Control = 'bbr' | 'cubic';
  const pair = (first: Control, second: Control, limit: number, settled = 15_000) => {
    const flows = [{ control: first }, { control: second, from: 1_000 }];
    const race = new Race({ ...LINE, limit }, flows);
    race.run(settled, 1_000);
    const sights = race.run(45_000, 1_000);
    return [rateOf(sights, 0), rateOf(sights, 1)] as const;
  };

  test('two flows share a line', () => {
    const [a, b] = pair('bbr', 'bbr', 258);
    expect(a + b).toBeGreaterThan(88);
    expect(Math.min(a, b) / (a + b)).toBeGreaterThan(0.4);
  });

  test('in a queue of eight times the product they do after a minute', () => {
    // Both have twice their share in flight, so a queue stays, and a probe gains little there.
    const [a, b] = pair('bbr', 'bbr', 1_462, 60_000);
    expect(a + b).toBeGreaterThan(88);
    expect(Math.min(a, b) / (a + b)).toBeGreaterThan(0.4);
  });

  test('beside CUBIC neither is starved', () => {
    const [bbr, cubic] = pair('bbr', 'cubic', 430);
    expect(bbr + cubic).toBeGreaterThan(90);
    expect(Math.min(bbr, cubic) / (bbr + cubic)).toBeGreaterThan(0.3);
  });

  test('a deep queue stays nearly empty, where CUBIC fills it', () => {
    const delays = (['bbr', 'cubic'] as const).map((control) => {
      const race = new Race({ ...LINE, limit: 1_400 }, [{ control }]);
      race.run(2_000, 500);
      const sights = race.run(8_000, 100);
      expect(rateOf(sights)).toBeGreaterThan(92);
      return meanOf(sights, 'rtt') - RTT;
    });
    expect(delays[0]).toBeLessThan(3);
    expect(delays[1]).toBeGreaterThan(100);
  });
});
