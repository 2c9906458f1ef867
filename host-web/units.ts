/**
 * Quantities as people write them, in netem's words: `20ms`, `1%`, `10mbit`, `64k`.
 *
 * A number is taken in the unit the option is documented in.
 */

const DURATIONS: Readonly<Record<string, number>> = {
  us: 1e-3,
  usec: 1e-3,
  ms: 1,
  msec: 1,
  s: 1e3,
  sec: 1e3,
  min: 6e4,
  h: 3.6e6,
};
const RATES: Readonly<Record<string, number>> = {
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  bps: 8,
  kbps: 8e3,
  mbps: 8e6,
  gbps: 8e9,
};
const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
};

/** A value as it may stand in the sentence of an error. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value === '' ? "''" : value;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}

function parse(what: string, value: string, units: Readonly<Record<string, number>>): number {
  const text = typeof value === 'string' ? value.trim() : '';
  const match = /^(\d+(?:\.\d+)?)\s*([a-z%]*)$/i.exec(text);
  const factor = match === null ? undefined : units[match[2]!.toLowerCase()];
  if (factor === undefined) {
    const known = Object.keys(units)
      .filter((unit) => unit !== '')
      .join(', ');
    throw new RangeError(`${describe(value)} is not a ${what}; its unit is one of ${known}`);
  }
  return Number(match![1]) * factor;
}

function check(what: string, value: number): number {
  if (!(value >= 0)) throw new RangeError(`${value} is not a ${what}`);
  return value;
}

/** Milliseconds of `20ms`, `1.5s`, `200us`, or of a number of them. */
export function duration(value: number | string): number {
  return typeof value === 'number' ? check('duration', value) : parse('duration', value, DURATIONS);
}

/** A probability, 0 to 1, of `1%` or of a number between. */
export function share(value: number | string): number {
  const parsed = typeof value === 'number' ? value : parse('share', value, { '%': 0.01 });
  if (!(parsed >= 0 && parsed <= 1)) throw new RangeError(`${value} is not a share of the whole`);
  return parsed;
}

/** Bits a second of `10mbit`, or of a number of them. */
export function rate(value: number | string): number {
  const parsed = typeof value === 'number' ? value : parse('rate', value, RATES);
  if (!(parsed > 0)) throw new RangeError(`${value} is not a rate`);
  return parsed;
}

/** Octets of `64k`, or of a number of them. */
export function size(value: number | string): number {
  return typeof value === 'number' ? check('size', value) : parse('size', value, SIZES);
}
