/** The network between simulated hosts, packets made by hand, and the names of what happens. */
import { describe, expect, it } from 'vitest';
import { craft } from '../../host-web/sim/craft.ts';
import { eventOf, parseMark, spell } from '../../host-web/sim/timeline/mark.ts';
import { run } from '../../host-web/sim/run.ts';
import {
  at,
  corrupt,
  count,
  counter,
  delay,
  drop,
  duplicate,
  happens,
  mark,
  on,
  order,
  received,
  type Scenario,
  states,
  time,
} from '../../host-web/sim/scenario.ts';
import { Agenda } from '../../host-web/sim/world/agenda.ts';
import { coreModule } from '../core-module.ts';
import { decode } from '../dsl/segment.ts';
import { made } from './world.ts';

const sends = on('A:ESTABLISHED', 'A', { do: 'send', octets: 20_000 });

function fates(spec: Scenario): Record<string, string> {
  const { timeline } = run(coreModule, spec).session;
  const found: Record<string, string> = {};
  for (let id = 0; id < timeline.packetCount; id++) {
    const { from, seq, fate, cause, sentAt, arrivesAt } = timeline.packet(id);
    if (cause !== '')
      found[`${from} ${seq}`] = `${fate} ${(arrivesAt ?? sentAt) - sentAt} ${cause}`;
  }
  return found;
}

describe('rules', () => {
  it('lose, delay, repeat and damage exactly what they name', () => {
    expect(fates(made({ rules: [drop('A.data#3')] }, [sends]))).toEqual({
      'A 2897': "lost 0 rule drop('A.data#3')",
    });
    expect(fates(made({ rules: [delay('A.data#3', '2ms')] }, [sends]))).toEqual({
      'A 2897': "delayed 12 rule delay('A.data#3', '2ms')",
    });
    expect(fates(made({ rules: [duplicate('B.synack')] }, [sends]))).toEqual({
      'B 0': "duplicated 10 rule duplicate('B.synack')",
    });
    const damaged = run(coreModule, made({ rules: [corrupt('A.data#3')] }, [sends]));
    const { timeline, universe } = damaged.session;
    expect(eventOf(timeline, 'A.data#3 arrives')).toBeDefined();
    expect(universe.appOf('B')!.sockets.at(-1)).toMatchObject({ received: 20_000, strange: 0 });
    expect(eventOf(timeline, 'A.retransmit')).toBeDefined();
  });

  it('mark what can be marked, and the core says what it makes of it', () => {
    const ecn = { sysctl: { tcp_ecn: 1 } };
    const spec = made({ hosts: { A: ecn, B: ecn }, rules: [mark('A.data#3'), mark('A.syn')] }, [
      sends,
    ]);
    // The SYN can not be marked, and passes.
    expect(fates(spec)).toEqual({ 'A 2897': "marked 10 rule mark('A.data#3')" });
    const { timeline } = run(coreModule, spec).session;
    expect(eventOf(timeline, 'B.CONGESTION_EXPERIENCED')).toBeDefined();
    expect(eventOf(timeline, 'A.CONGESTION_ECHOED')).toBeDefined();
    const link = { delay: '10ms', ways: { 'A>B': { loss: '20%', ecn: true } } };
    const found = Object.entries(
      fates(made({ hosts: { A: ecn, B: ecn }, link, seed: 6 }, [sends])),
    );
    const text = found.filter(([key]) => !['A 0', 'A 1'].includes(key)).map(([, fate]) => fate);
    expect(new Set(text)).toEqual(new Set(['marked 10 mark 20%']));
  });

  it('work over IPv6', () => {
    const hosts = { A: { address: 'fd00::1' }, B: { address: 'fd00::2' } };
    const { session, ok } = run(coreModule, {
      ...made({ hosts, rules: [drop('A.data#2'), delay('B.fin#1', '120s')] }, [
        sends,
        on('A:ESTABLISHED', 'A', { do: 'close' }),
      ]),
      // B's FIN comes back long before the one that takes two minutes.
      expect: [received('B1', 20_000), happens('A.data#2 lost'), happens('B.fin#2 arrives')],
    });
    expect(ok).toBe(true);
    const { timeline } = session;
    const fin = timeline.packet(timeline.event(eventOf(timeline, 'B.fin#1')!).packet!);
    expect(fin.arrivesAt! - fin.sentAt).toBe(120_010);
    expect(timeline.connections.map(({ localAddress }) => localAddress)).toContain('fd00::2');
  });

  it('the first that says something decides, and each counts for itself', () => {
    const rules = [drop('A.data#2'), delay('A.data', '1ms'), drop('A.any#1')];
    const found = fates(made({ rules }, [on('A:ESTABLISHED', 'A', { do: 'send', octets: 100 })]));
    expect(found['A 0']).toBe("lost 0 rule drop('A.any#1')");
    expect(found['A 1']).toBe("delayed 11 rule delay('A.data', '1ms')");
  });
});

describe('chance', () => {
  const lossOf = (link: Scenario['link']) => {
    const found = fates(made({ link: link!, seed: 3 }, [sends]));
    return Object.keys(found).filter((key) => found[key]!.startsWith('lost'));
  };

  it('has a generator of its own for each impairment and way', () => {
    const calm = lossOf({ delay: '10ms', ways: { 'A>B': { loss: '20%' } } });
    expect(calm.length).toBeGreaterThan(0);
    expect(calm.every((key) => key.startsWith('A'))).toBe(true);
    const first = (link: Scenario['link']) => {
      const { timeline } = run(coreModule, made({ link: link!, seed: 3 })).session;
      return timeline.packet(0).arrivesAt! - timeline.packet(0).sentAt;
    };
    const jittered = first({ delay: '10ms', jitter: '5ms' });
    expect(jittered).not.toBe(10);
    expect(first({ delay: '10ms', jitter: '5ms', duplicate: '1%' })).toBe(jittered);
  });

  it('a line has a rate and a queue', () => {
    const link = { delay: '10ms', ways: { 'A>B': { rate: '1mbit', limit: 5 } } };
    const found = fates(made({ link }, [sends]));
    expect(Object.values(found)).toContain('lost 0 queue full: limit 5');
    const { timeline } = run(coreModule, made({ link }, [sends])).session;
    const ids = [...Array(timeline.packetCount).keys()];
    const data = ids.map((id) => timeline.packet(id)).filter(({ textLength }) => textLength > 1000);
    expect(data[1]!.arrivesAt! - data[0]!.arrivesAt!).toBeCloseTo(12, 3);
  });
});

describe('a crafted packet', () => {
  it('is whole, in both families', () => {
    const common = { sourcePort: 1000, port: 80, flags: 'S', seq: 7, mss: 1400, wnd: 100 };
    const v4 = craft({ ...common, source: '10.9.0.1', destination: '10.0.0.2' }, 105);
    const read = decode(v4);
    expect(read).toMatchObject({ ctl: 2, seq: 7, ack: 0, win: 100, mss: 1400, text: '' });
    expect([...read.flow.source, read.flow.sourcePort]).toEqual([10, 9, 0, 2, 1005]);
    const { mss: _, ...rest } = { ...common, flags: 'P.', ack: 9, text: 'hello' };
    const v6 = craft({ ...rest, source: 'fd00::1', destination: 'fd00::2' });
    expect(decode(v6)).toMatchObject({ ctl: 24, ack: 9, text: 'hello' });
    expect(() => craft({ ...common, source: 'fd00::1', destination: '10.0.0.2' })).toThrow();
  });

  it('comes from a host that is deaf', () => {
    const hosts = { A: {}, B: {}, X: { crafter: true } };
    const packet = { source: '10.0.0.66', sourcePort: 9, destination: 'B', port: 81, flags: 'S' };
    const spec = made({ hosts }, [at(5, 'X', { do: 'craft', packet, count: 3, every: '1ms' })]);
    const { session, ok } = run(coreModule, {
      ...spec,
      expect: [
        count('X.syn', 3),
        count('B.rst', 3),
        time('X.syn#3', 7),
        happens('B.rst#3 arrives'),
      ],
    });
    expect(ok).toBe(true);
    expect(session.timeline.hosts[2]).toMatchObject({ kind: 'crafter', address: '10.0.0.66' });
    expect(() => session.command('X', { do: 'close' })).toThrow(TypeError);
    expect(() => session.command('A', { do: 'craft', packet })).not.toThrow();
  });
});

describe('marks', () => {
  it('are read and spelt', () => {
    for (const text of ['A:ESTABLISHED', 'A.data', 'A.data arrives', 'B.FAST_RETRANSMIT']) {
      const mark = parseMark(text);
      expect(parseMark(spell(mark))).toEqual(mark);
      expect(spell(mark)).toContain('#1');
    }
    expect(parseMark('A.data#7 lost')).toMatchObject({ base: 'A.data', number: 7, suffix: 'lost' });
    for (const text of ['a.data', 'A', 'A:fin', 'A.data#0', 'A:CLOSED arrives', 'A.opened lost']) {
      expect(() => parseMark(text)).toThrow(RangeError);
    }
  });

  it('start steps, late ones and those about packets too', () => {
    const spec = made({ rules: [drop('A.data#1')] }, [
      on('A.opened', 'A', { do: 'send', octets: 100 }, '1ms'),
      on('A.data lost', 'B', { do: 'send', octets: 50 }, 20),
      on('A.data#2 arrives', 'A', { do: 'close' }, 5),
    ]);
    const { verdicts } = run(coreModule, {
      ...spec,
      expect: [
        order('A.opened', 'A.data', 'B.data', 'A.data#2 arrives', 'A.fin'),
        time('A.data', 21),
        received('A1', 50),
        states('A', 'SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED'),
      ],
    });
    expect(verdicts.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('an expectation that does not come true', () => {
  it('says what was expected and what was found', () => {
    const { ok, verdicts } = run(coreModule, {
      ...made(),
      expect: [
        states('A', 'SYN-SENT'),
        count('A.syn', 2),
        count('A.syn', 0),
        happens('A.rst'),
        order('A:ESTABLISHED', 'A.syn'),
        time('A:ESTABLISHED', 5),
        received('B1', 10),
        counter('B', 'TcpPassiveOpens', 7),
      ],
    });
    expect(ok).toBe(false);
    expect(verdicts.map(({ text }) => text)).toEqual([
      'A goes through SYN-SENT, but went through SYN-SENT ESTABLISHED',
      'A.syn happens 2 times, but it happened 1 times',
      'A.syn never happens, but it happened 1 times',
      'A.rst happens, but it did not',
      'in this order: A:ESTABLISHED, A.syn, but A.syn came earlier',
      'A:ESTABLISHED at 0.005 s, but it was at 0.02 s',
      'B1 reads 10 octets, but it read 0, 0 not its own',
      'B counts TcpPassiveOpens 7, but it counted 1',
    ]);
  });
});

describe('the agenda', () => {
  it('has what arrives at a time come before the alarms of that time', () => {
    const agenda = new Agenda(1);
    agenda.setAlarm(0, 200);
    agenda.add(200, { kind: 'step', step: 3 });
    expect(agenda.take()!.task).toEqual({ kind: 'step', step: 3 });
    expect(agenda.take()!.task).toEqual({ kind: 'alarm', host: 0 });
  });
});
