/**
 * What the web page draws, without a browser: where things stand on the ladder, which bits a
 * header's fields take, which arrows of the state diagram a run went along.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stateName } from '../../host-web/inspect.ts';
import { trafficOf } from '../../host-web/playground/diagram/tokens.ts';
import { Rungs } from '../../host-web/playground/ladder/rungs.ts';
import { basesOf } from '../../host-web/playground/packet/bases.ts';
import { fieldsOf } from '../../host-web/playground/packet/fields.ts';
import { flightOf } from '../../host-web/playground/state/flight.ts';
import { stateEvents } from '../../host-web/playground/state/state-events.ts';
import { variantsOf } from '../../host-web/sim/scenario.ts';
import { SCENARIOS } from '../../host-web/sim/scenarios/index.ts';
import { Session } from '../../host-web/sim/session.ts';
import { EVENT_KINDS } from '../../host-web/sim/timeline/rows.ts';

const module = new WebAssembly.Module(readFileSync('build/core.wasm'));
const RUNS = SCENARIOS.flatMap(variantsOf).map((spec) => {
  const session = new Session(module, spec);
  session.run();
  return [spec.id, session.timeline, flightOf(spec)] as const;
});
/** Pixels a line of text needs. */
const LINE = 14;
/** Kinds that stand in the margin, one below the other. */
const IN_MARGIN = new Set(['call', 'drop', 'state', 'timer', 'deliver', 'signal']);

const handshake = RUNS[0]![1];

describe('the ladder', () => {
  test.each(RUNS)('%s: time runs down, and no text lies on another', (_, timeline, flight) => {
    const rungs = new Rungs(timeline, flight);
    const last = new Map<string, number>();
    let before = 0;
    for (let index = 0; index < timeline.eventCount; index++) {
      const y = rungs.y.at(index);
      expect(y).toBeGreaterThanOrEqual(before);
      before = y;
      const kind = EVENT_KINDS[timeline.events.kind.at(index)]!;
      const track = IN_MARGIN.has(kind) ? 'margin' : kind;
      if (track === 'loss' || track === 'reason') continue;
      const place = `${timeline.events.host.at(index)} ${track}`;
      expect(y - (last.get(place) ?? -LINE), `event ${index}`).toBeGreaterThanOrEqual(LINE);
      last.set(place, y);
    }
  });

  test('a ladder that grows stands where the whole one does', () => {
    const [, timeline, flight] = RUNS.at(-1)!;
    const whole = new Rungs(timeline, flight);
    const copy = timeline.branch({
      packets: 0,
      events: 0,
      connections: 0,
      strings: 0,
      changes: 0,
    });
    const growing = new Rungs(copy, flight);
    copy.append(timeline.since(copy.position));
    growing.extend();
    expect(growing.height).toBe(whole.height);
    for (let i = 0; i < timeline.eventCount; i++) expect(growing.y.at(i)).toBe(whole.y.at(i));
  });

  test('a branch keeps time open where the branch it left has packets', () => {
    const session = new Session(module, SCENARIOS[0]!);
    session.run();
    const branch = session.dropPacket(0);
    branch.run();
    const from = session.timeline.packets.event.at(0);
    const left = { timeline: session.timeline, from };
    const [alone, beside] = [undefined, left].map((other) => new Rungs(branch.timeline, 50, other));
    expect(alone!.folds.map(({ ms }) => ms)).toEqual([1000]);
    expect(beside!.folds.map(({ ms }) => ms)).toEqual([850]);
    // The SYN came at 50 ms and the SYN,ACK at 100 ms there: a flight each.
    const [sent, came, back] = [0, 50, 100].map((ms) => beside!.firstAt(ms));
    expect(came! - beside!.leaves.at(0)).toBeCloseTo(back! - came!);
    expect(came).toBeGreaterThan(sent!);
  });

  test('an arrow is as long as its time, and a minute of silence is folded', () => {
    const rungs = new Rungs(handshake, 50);
    const flights = [0, 1, 2].map((id) => rungs.arrives.at(id) - rungs.leaves.at(id));
    expect(new Set(flights.map(Math.round)).size).toBe(1);
    const [, close] = RUNS.find(([id]) => id === 'close-4way')!;
    const folded = new Rungs(close, 50);
    expect(folded.folds.some(({ ms }) => ms > 59_000)).toBe(true);
    expect(folded.height).toBeLessThan(1200);
  });
});

describe('the inspector', () => {
  test.each(RUNS)('%s: fields take every bit of every packet once', (_, timeline) => {
    for (let id = 0; id < Math.min(timeline.packetCount, 60); id++) {
      const { head, length } = timeline.packet(id);
      let bit = 0;
      for (const field of fieldsOf(head, basesOf(timeline, id))) {
        expect(field.bit).toBe(bit);
        bit += field.width;
      }
      expect(bit).toBe(8 * length);
    }
  });

  test('a SYN says what it says, and a turned bit makes the checksum wrong', () => {
    const { head } = handshake.packet(0);
    const said = (name: string, octets = head) => {
      const field = fieldsOf(octets, basesOf(handshake, 0)).find((one) => one.name === name)!;
      return `${field.value} ${field.note ?? ''}`.trim();
    };
    expect(said('Destination Port')).toBe('80');
    expect(said('Sequence Number')).toMatch(/relative 0$/);
    expect(said('SYN')).toMatch(/^1/);
    expect(said('ACK')).toMatch(/^0/);
    expect(said('Maximum Segment Size')).toBe('1460 octets');
    expect(said('Checksum')).toMatch(/right$/);
    expect(said('Header Checksum')).toMatch(/right$/);
    const damaged = head.slice();
    damaged[30]! ^= 4;
    expect(said('Checksum', damaged)).toMatch(/wrong$/);
  });
});

describe('the state diagram', () => {
  test.each(RUNS)('%s: has an arrow for every change but a sudden end', (_, timeline) => {
    const { events } = timeline;
    const changes = stateEvents(timeline).map((cursor) => ({
      host: timeline.hosts[events.host.at(cursor)]!.id as 'A' | 'B',
      from: stateName(events.a.at(cursor)),
      to: stateName(events.b.at(cursor)),
      cursor,
      reason: '',
    }));
    const { arrows, others } = trafficOf(changes);
    const drawn = [...arrows.values()].flatMap(({ A, B }) => [...A, ...B]).length;
    expect(drawn + others.length).toBe(changes.length);
    for (const { from, to } of others) expect(`${from} → ${to}`).toMatch(/→ CLOSED$/);
  });
});
