/**
 * Every scenario: what it expects comes true, its ladder and its state at the end are those on
 * file, its lesson points at what happens, and it can be taken back to any moment exactly.
 *
 * A change of the core changes states and perhaps ladders; look at the difference, then
 * `npx vitest run test/sim -u` writes both files anew.
 */
import { describe, expect, it } from 'vitest';
import { figure } from '../../host-web/sim/figure.ts';
import { connectionNamed, eventOf, ownedBy } from '../../host-web/sim/timeline/mark.ts';
import { type Run, run } from '../../host-web/sim/run.ts';
import { type Scenario, variantsOf } from '../../host-web/sim/scenario.ts';
import { SCENARIOS } from '../../host-web/sim/scenarios/index.ts';
import { Session } from '../../host-web/sim/session.ts';
import { Universe } from '../../host-web/sim/world/universe.ts';
import { coreModule } from '../core-module.ts';
import { Dice } from '../simulation/dice.ts';
import { transfer, VARIANTS } from './world.ts';

const runs = new Map<string, Run>();

function runOf(spec: Scenario): Run {
  let done = runs.get(spec.id);
  if (done === undefined) runs.set(spec.id, (done = run(coreModule, spec)));
  return done;
}

const named = VARIANTS.map((spec) => [spec.id, spec] as const);

describe('every scenario', () => {
  it('is there, with a name of its own and its parts', () => {
    expect(SCENARIOS.length).toBeGreaterThanOrEqual(12);
    expect(new Set(VARIANTS.map(({ id }) => id)).size).toBe(VARIANTS.length);
    for (const { title, topic, rfc, summary } of SCENARIOS) {
      for (const text of [title, topic, summary, ...rfc]) expect(text).not.toBe('');
      expect(rfc.length).toBeGreaterThan(0);
    }
  });

  it.each(named)('%s comes out as expected', (_, spec) => {
    const { verdicts } = runOf(spec);
    expect(verdicts.length).toBeGreaterThan(0);
    expect(verdicts.filter(({ ok }) => !ok).map(({ text }) => text)).toEqual([]);
  });

  it.each(named)('%s teaches in short cards about what happens', (_, spec) => {
    const { timeline } = runOf(spec).session;
    expect(spec.lesson.length).toBeGreaterThan(0);
    for (const { text, seek } of spec.lesson) {
      expect(text.split(/\s+/).length).toBeLessThanOrEqual(120);
      expect(seek === undefined || eventOf(timeline, seek) !== undefined, seek).toBe(true);
    }
  });

  it.each(named)('%s shows each card on the connection it speaks of', (_, spec) => {
    const { timeline } = runOf(spec).session;
    for (const { seek, of } of spec.lesson) {
      if (seek === undefined) continue;
      const host = (of ?? seek)[0]!;
      if (of === undefined && ownedBy(timeline, host).length < 2) continue;
      const { connection } = timeline.event(eventOf(timeline, seek)!);
      expect(of, `${seek}: ${host} has several, so the card says which`).toBeDefined();
      expect(connection, seek).toBe(connectionNamed(timeline, of!));
    }
  });

  it.each(named)('%s stands at every event where its events say', (_, spec) => {
    const { timeline } = runOf(spec).session;
    const states = new Map<number, number>();
    for (let i = 0; i < timeline.eventCount; i++) {
      const { kind, connection, numbers } = timeline.event(i);
      if (kind === 'state' && connection !== null) states.set(connection, numbers[1]);
      for (const [id, state] of states) {
        expect(timeline.valueAt(id, 'state', i), `event ${i}, connection ${id}`).toBe(state);
      }
    }
  });

  it('has the ladder on file', async () => {
    const ladders = VARIANTS.map((spec) => {
      return `${spec.id}\n\n${figure(runOf(spec).session.timeline)}\n`;
    });
    await expect(ladders.join('\n')).toMatchFileSnapshot('ladders.txt');
  });

  it('ends in the state on file', async () => {
    const lines = VARIANTS.map((spec) => {
      const { hash, session } = runOf(spec);
      return `${spec.id.padEnd(24)} ${`${session.timeline.packetCount}`.padStart(4)} ${hash}\n`;
    });
    await expect(lines.join('')).toMatchFileSnapshot('states.txt');
  });

  it('is plain data, and runs the same without a timeline', () => {
    for (const spec of VARIANTS) {
      const copy = JSON.parse(JSON.stringify(spec)) as Scenario;
      const universe = new Universe(coreModule, copy);
      universe.run();
      expect(universe.hash(), spec.id).toBe(runOf(spec).hash);
    }
  });
});

/** Keyframes from which a run is taken to its end again: the first, the last, and one between. */
function some<T>(keyframes: readonly T[]): T[] {
  const [first, middle, last] = [0, keyframes.length >> 1, keyframes.length - 1];
  return [...new Set([first, middle, last])].map((i) => keyframes[i]!);
}

describe('every moment', () => {
  const bad = transfer(60_000);
  it.each([...named, [bad.id, bad] as const])(
    'of %s is restored exactly from the keyframe before it',
    (_, spec) => {
      const { timeline, universe } = runOf(spec).session;
      const dice = new Dice(spec.id.length);
      const moments = Array.from({ length: 7 }, () => dice.below(universe.moment + 1));
      // A keyframe every few events, so that most of what is kept is tried. A longer run has ten.
      const events = Math.max(20, Math.ceil(timeline.eventCount / 10));
      const session = new Session(coreModule, spec, { every: { ms: 1e9, events } });
      const hashes = new Map<number, string>([[0, session.universe.hash()]]);
      // To hash a moment takes longer than to get there.
      while (session.step()) {
        const { moment } = session.universe;
        if (moments.includes(moment)) hashes.set(moment, session.universe.hash());
      }
      const end = session.universe.hash();
      expect(session.universe.moment).toBe(universe.moment);
      expect(session.keyframes.length).toBeGreaterThan(Math.min(universe.moment / 20, 1));
      for (const { moment, hash } of session.keyframes) {
        expect(session.at(moment).universe.hash()).toBe(hash);
      }
      for (const { moment } of some(session.keyframes)) {
        const again = session.at(moment);
        again.run();
        expect(again.universe.hash()).toBe(end);
        expect(again.timeline.position).toEqual(session.timeline.position);
      }
      for (const moment of moments) {
        const again = session.at(moment);
        expect(again.universe.hash(), `moment ${moment}`).toBe(hashes.get(moment));
      }
    },
  );
});

describe('variants', () => {
  it('have the common part and their own', () => {
    const spec = SCENARIOS.find(({ id }) => id === 'time-wait-2')!;
    const [zero] = variantsOf(spec);
    expect(zero!.id).toBe('time-wait-2/zero');
    expect(zero!.hosts['A']!.sysctl).toEqual({ tcp_timestamps: 0, tcp_time_wait_ms: 0 });
    expect(zero!.steps.length).toBe(spec.steps.length + spec.variants![0]!.steps!.length);
    expect(zero!.variants).toBeUndefined();
  });
});
