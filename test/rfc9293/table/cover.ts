/**
 * From thousands of cells to lines a reader can follow: events with the same outcome are covered
 * by as few boxes as a greedy search finds, a box being a set of values for each coordinate.
 *
 * Events that do not exist (a segment of one octet can not reach across RCV.NXT) may lie in any
 * box; every event that does lies in one, and only in boxes of its own outcome.
 */
import { ACKS, type Event, FLAGS, PLACES } from './events.ts';

/** How many values each coordinate has: the five flags, place, acknowledgment, text. */
const SIZES = [...FLAGS.map(() => 2), PLACES.length, ACKS.length, 2];
export const PLACE = FLAGS.length;
export const ACKED = PLACE + 1;
export const TEXT = PLACE + 2;

/** The values of each coordinate that a box allows. */
export type Box = readonly (readonly number[])[];

/** A box, and of its values those that some event has. */
export interface Line {
  readonly widest: Box;
  readonly needed: Box;
}

/** The coordinates of an event. */
function pointOf(event: Event): number[] {
  return [
    ...FLAGS.map(([, bit]) => (event.flags & bit ? 1 : 0)),
    PLACES.indexOf(event.place),
    ACKS.indexOf(event.acked),
    event.hasText ? 1 : 0,
  ];
}

const indexOf = (point: readonly number[]): number =>
  point.reduce((index, value, i) => index * (SIZES[i] as number) + value, 0);

/** Calls with the index of each point of a box; false as soon as one call is. */
function everyPoint(box: Box, check: (index: number, point: readonly number[]) => boolean) {
  const point: number[] = [];
  const walk = (i: number): boolean => {
    if (i === box.length) return check(indexOf(point), point);
    return (box[i] as readonly number[]).every((value) => {
      point[i] = value;
      return walk(i + 1);
    });
  };
  return walk(0);
}

/** Widens a box as far as `isFree` allows, coordinate by coordinate in that order. */
function widen(box: Box, order: readonly number[], isFree: (index: number) => boolean): Box {
  let widest = box;
  for (const i of order) {
    for (let value = 0; value < (SIZES[i] as number); value++) {
      const values = widest[i] as readonly number[];
      if (values.includes(value)) continue;
      const slice = widest.map((own, j) => (j === i ? [value] : own));
      if (!everyPoint(slice, isFree)) continue;
      widest = widest.map((own, j) => (j === i ? [...own, value].sort() : own));
    }
  }
  return widest;
}

/** Orders of widening that are tried: what matters least first, and then turned around. */
const ORDERS: readonly (readonly number[])[] = [
  [3, 4, 0, 1, 2, 7, 5, 6],
  [3, 4, 5, 6, 7, 0, 1, 2],
  [3, 4, 6, 5, 7, 2, 1, 0],
  [3, 4, 7, 6, 5, 0, 1, 2],
  [3, 4, 2, 1, 0, 6, 7, 5],
  [6, 5, 7, 0, 1, 2, 3, 4],
];

/** The lines that cover each group of events; `all` are the events that exist. */
export function cover(all: readonly Event[], groups: ReadonlyMap<string, readonly Event[]>) {
  const existing = new Set(all.map((event) => indexOf(pointOf(event))));
  const lines = new Map<string, Line[]>();
  for (const [key, events] of groups) {
    const own = new Set(events.map((event) => indexOf(pointOf(event))));
    const isFree = (index: number): boolean => own.has(index) || !existing.has(index);
    const open = new Set(own);
    const found: Line[] = [];
    for (const event of events) {
      const point = pointOf(event);
      if (!open.has(indexOf(point))) continue;
      let best: Box = [];
      let most = 0;
      for (const order of ORDERS) {
        const box = widen(
          point.map((value) => [value]),
          order,
          isFree,
        );
        let fresh = 0;
        everyPoint(box, (index) => {
          if (open.has(index)) fresh++;
          return true;
        });
        if (fresh > most) [best, most] = [box, fresh];
      }
      found.push({ widest: best, needed: narrow(best, own) });
      everyPoint(best, (index) => {
        open.delete(index);
        return true;
      });
    }
    lines.set(key, found);
  }
  return lines;
}

/** Of a box, the values some event has. */
function narrow(box: Box, own: ReadonlySet<number>): Box {
  const seen = box.map(() => new Set<number>());
  everyPoint(box, (index, point) => {
    if (own.has(index)) point.forEach((value, i) => seen[i]?.add(value));
    return true;
  });
  return seen.map((values) => [...values].sort());
}
