/** Sessions: what is done from outside, branches, keyframes that thin out, timelines sent on. */
import { describe, expect, it } from 'vitest';
import { Counter, State } from '../../host-web/abi.ts';
import { Keyframes } from '../../host-web/sim/keyframe.ts';
import { eventOf } from '../../host-web/sim/timeline/mark.ts';
import { Timeline, START } from '../../host-web/sim/timeline/timeline.ts';
import { at, on } from '../../host-web/sim/scenario.ts';
import { Session } from '../../host-web/sim/session.ts';
import { Universe } from '../../host-web/sim/world/universe.ts';
import { coreModule } from '../core-module.ts';
import { made, transfer } from './world.ts';

const every = { ms: 1e9, events: 300 };

function session(spec = transfer()): Session {
  const made = new Session(coreModule, spec, { every });
  made.run();
  return made;
}

describe('what is done from outside', () => {
  it('happens at its time, and again on the way back', () => {
    const live = new Session(coreModule, made());
    live.run(500);
    live.command('A', { do: 'send', octets: 1000 });
    live.run(800);
    live.edit({ kind: 'impair', impairment: { delay: '50ms' }, way: 'A>B' });
    live.command('A', { do: 'shutdown' });
    live.run();
    expect(live.edits.map(({ at }) => at)).toEqual([500, 800, 800]);
    expect(live.universe.appOf('B')!.sockets.at(-1)).toMatchObject({ received: 1000, strange: 0 });
    expect(live.universe.impairmentOf('A>B').delay).toBe(50);
    const fin = live.timeline.packet(live.timeline.event(eventOf(live.timeline, 'A.fin')!).packet!);
    expect([fin.sentAt, fin.arrivesAt]).toEqual([800, 850]);
    const again = live.at(0);
    again.run();
    expect(again.universe.hash()).toBe(live.universe.hash());
    expect(again.timeline.position).toEqual(live.timeline.position);
  });

  it('is refused where it makes no sense', () => {
    const live = new Session(coreModule, made());
    expect(() => live.command('C', { do: 'close' })).toThrow(RangeError);
    live.run(100);
    const { moment } = live.universe;
    expect(() => live.command('A', { do: 'send', octets: 1, on: 'A9' })).toThrow(RangeError);
    expect([live.edits.length, live.universe.moment]).toEqual([0, moment]);
    const { position } = live.timeline;
    const hash = live.universe.hash();
    const options = { receiveBuffer: -1 };
    expect(() => live.command('A', { do: 'connect', to: 'B', port: 80, ...options })).toThrow(
      'receiveBuffer can not be -1',
    );
    expect([live.universe.hash(), live.timeline.position]).toEqual([hash, position]);
    expect(() => live.command('A', { do: 'set', name: 'tcp_magic', value: 1 })).toThrow(RangeError);
    expect(
      () => new Session(coreModule, made({}, [on('A.flies', 'A', { do: 'close' })])),
    ).not.toThrow();
    expect(() => new Session(coreModule, made({}, [on('fly', 'A', { do: 'close' })]))).toThrow();
    expect(
      () => new Session(coreModule, made({ rules: [{ packet: 'A.x', verdict: 'drop' }] })),
    ).toThrow();
  });
});

describe('a branch', () => {
  it('loses a packet, and shares everything before it', () => {
    const live = session();
    const id = 40;
    const branch = live.dropPacket(id);
    branch.run();
    const before = live.timeline.packet(id);
    expect(branch.timeline.packet(id)).toMatchObject({
      seq: before.seq,
      fate: 'lost',
      cause: 'dropped by hand',
      arrivesAt: null,
    });
    for (let i = 0; i < before.event; i++) {
      expect(branch.timeline.event(i)).toEqual(live.timeline.event(i));
    }
    expect(branch.universe.hash()).not.toBe(live.universe.hash());
    expect(branch.universe.appOf('B')!.sockets.at(-1)).toMatchObject({ received: 300_000 });
    // The branch is its scenario and its edits: from them alone comes the same.
    const again = new Session(coreModule, branch.spec, { edits: branch.edits });
    again.run();
    expect(again.universe.hash()).toBe(branch.universe.hash());
  });

  it('begins behind the event it forks at, without what was done later', () => {
    const live = new Session(coreModule, made({}, [at(300, 'A', { do: 'send', octets: 10 })]));
    live.run(500);
    live.command('A', { do: 'close' });
    live.run();
    const event = eventOf(live.timeline, 'B:ESTABLISHED')!;
    const branch = live.fork(event, { kind: 'action', host: 'A', action: { do: 'abort' } });
    branch.run();
    expect(branch.edits).toHaveLength(1);
    expect(eventOf(branch.timeline, 'A.fin')).toBeUndefined();
    expect(eventOf(branch.timeline, 'B.ECONNRESET')).toBeDefined();
    const { events } = branch.timeline;
    expect(events.at.at(event + 1)).toBe(live.timeline.events.at.at(event));
  });

  it('loses what was sent by hand, though the hand does it all again', () => {
    const live = new Session(coreModule, made({ steps: [] }));
    live.command('B', { do: 'listen', port: 80 });
    live.run();
    live.edit({ kind: 'impair', impairment: { delay: '50ms' }, way: 'A>B' });
    live.command('A', { do: 'connect', to: 'B', port: 80 });
    live.run();
    live.command('A', { do: 'send', octets: 10 });
    live.run();
    const branch = live.dropPacket(0);
    branch.run();
    expect(branch.edits.map(({ edit }) => edit.kind)).toEqual([
      'action',
      'packet',
      'impair',
      'action',
    ]);
    const [lost, again] = [0, 1].map((id) => branch.timeline.packet(id));
    expect(lost).toMatchObject({ seq: 0, fate: 'lost', cause: 'dropped by hand' });
    expect(again).toMatchObject({ seq: 0, fate: 'delivered' });
    expect(again!.arrivesAt! - again!.sentAt).toBe(50);
    expect(eventOf(branch.timeline, 'A:ESTABLISHED')).toBeDefined();
    const repeated = new Session(coreModule, branch.spec, { edits: branch.edits });
    repeated.run();
    expect(repeated.universe.hash()).toBe(branch.universe.hash());
  });

  it('tells who sends on a connection that is gone', () => {
    const live = new Session(coreModule, made());
    live.run(500);
    live.command('A', { do: 'abort' });
    live.command('A', { do: 'send', octets: 10 });
    expect(eventOf(live.timeline, 'A.ENOTCONN')).toBeDefined();
  });

  it('takes hold of the original when a copy is touched', () => {
    const live = session();
    const { packets: p } = live.timeline;
    let copy = 0;
    while (p.copyOf.at(copy) < 0) copy++;
    const branch = live.changePacket(copy, 'pass');
    branch.run();
    const original = p.copyOf.at(copy);
    const rows = Array.from({ length: branch.timeline.packetCount }, (_, i) => i);
    expect(rows.some((i) => branch.timeline.packets.copyOf.at(i) === original)).toBe(false);
  });

  it('can be made at a hundred points, each the same twice', () => {
    const live = session(transfer(60_000));
    for (let i = 1; i <= 100; i++) {
      const event = Math.floor((live.timeline.eventCount - 1) * (i / 100));
      const edit = { kind: 'impair', impairment: { delay: 30 } } as const;
      const [one, two] = [live.fork(event, edit), live.fork(event, edit)];
      one.run();
      two.run();
      expect(one.universe.hash()).toBe(two.universe.hash());
    }
  });
});

describe('a timeline', () => {
  it('is the same when it is sent on in pieces', () => {
    const live = new Session(coreModule, transfer(), { every });
    const copy = new Timeline(live.timeline.hosts);
    let position = START;
    for (let until = 20; live.run(until); until += 20) {
      const batch = structuredClone(live.timeline.since(position));
      position = live.timeline.position;
      copy.append(batch);
      expect(copy.position).toEqual(position);
    }
    copy.append(live.timeline.since(position));
    expect(copy.since(START)).toEqual(live.timeline.since(START));
    expect(copy.event(100)).toEqual(live.timeline.event(100));
    expect(copy.packet(50)).toEqual(live.timeline.packet(50));
  });

  it('knows each variable at each event', () => {
    const { timeline } = session();
    const [a, b] = ['A', 'B'].map((host) =>
      timeline.connections.find((row) => row.host === host && row.kind === 'connection'),
    );
    expect([a!.localPort, b!.remotePort, b!.localPort]).toEqual([40_000, 40_000, 80]);
    const opened = eventOf(timeline, 'A:ESTABLISHED')!;
    expect(timeline.valueAt(a!.id, 'state', a!.since - 1)).toBeUndefined();
    expect(timeline.valueAt(a!.id, 'state', opened)).toBe(State.ESTABLISHED);
    const iss = timeline.valueAt(a!.id, 'ISS', opened)!;
    expect(timeline.valueAt(a!.id, 'SND.UNA', opened)).toBe((iss + 1) >>> 0);
    expect(timeline.valueAt(b!.id, 'IRS', eventOf(timeline, 'B:ESTABLISHED')!)).toBe(iss);
    const end = timeline.eventCount - 1;
    expect(timeline.valueAt(a!.id, 'state', end)).toBe(State.CLOSED);
    expect(timeline.connectionsAt('A', end)).toEqual([]);
    expect(timeline.connectionsAt('B', end).map(({ kind }) => kind)).toEqual(['listener']);
    const sent = timeline.counterAt('A', Counter.TcpRetransSegs, end);
    expect(sent).toBeGreaterThan(0);
    expect(timeline.countersOf('A')).toContain(Counter.TcpRetransSegs);
    expect(timeline.eventAt(-1)).toBe(-1);
    expect(timeline.eventAt(1e9)).toBe(end);
  });

  it('tells each packet’s fate, and its arrival is an event', () => {
    const { timeline } = session();
    const fates = new Set<string>();
    for (let id = 0; id < timeline.packetCount; id++) {
      const packet = timeline.packet(id);
      fates.add(packet.fate);
      expect(packet.arrivesAt === null).toBe(packet.fate === 'lost');
      expect(packet.cause === '').toBe(packet.fate === 'delivered');
      expect(timeline.event(packet.event)).toMatchObject({ kind: 'send', at: packet.sentAt });
    }
    expect([...fates].sort()).toEqual(['corrupted', 'delivered', 'duplicated', 'lost']);
    for (let i = 0; i < timeline.eventCount; i++) {
      const event = timeline.event(i);
      if (event.kind !== 'receive') continue;
      const packet = timeline.packet(event.packet!);
      expect([packet.arrivesAt, packet.to]).toEqual([event.at, event.host]);
    }
  });
});

describe('a long timeline', () => {
  it('stays light: under 600 octets a packet, 24 MiB of keyframes, no words of its own', () => {
    const link = { delay: '5ms', loss: '0.1%', limit: 10_000 };
    const send = on('A:ESTABLISHED', 'A', { do: 'send', octets: 6_000_000 });
    const live = new Session(coreModule, made({ link }, [send]));
    live.run();
    const { heads, packets, events, changes } = live.timeline.since(START);
    const columns = [packets, events, changes].flatMap((table) => Object.values(table));
    const size = columns.reduce((sum, one) => sum + (one as Uint8Array).byteLength, 0);
    const count = live.timeline.packetCount;
    expect(count).toBeGreaterThan(5000);
    expect((size + heads.byteLength) / count).toBeLessThan(600);
    expect(live.timeline.position.strings).toBeLessThan(20);
    expect(live.cost).toBeLessThan(24 << 20);
  });
});

describe('keyframes', () => {
  it('share what did not change, and thin out', () => {
    const universe = new Universe(coreModule, transfer());
    const frames = new Keyframes([], 6 << 20);
    const timeline = new Timeline(universe.hosts);
    frames.take(universe, timeline.position);
    const one = frames.cost;
    while (universe.step())
      if (universe.moment % 10 === 0) frames.take(universe, timeline.position);
    expect(frames.all.length).toBeGreaterThan(4);
    expect(frames.all.length).toBeLessThan(universe.moment / 10);
    expect(frames.cost).toBeLessThan(12 << 20);
    expect(frames.cost).toBeLessThan((one * frames.all.length) / 2);
    expect(frames.all[0]!.moment).toBe(0);
    expect(frames.before(15).moment).toBeLessThanOrEqual(15);
  });
});
