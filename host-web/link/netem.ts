/**
 * What a link does to packets, in tc-netem's words: `delay 40ms 10ms loss 1% rate 10mbit limit 50`.
 *
 * Numbers are milliseconds, shares from 0 to 1 and bits a second; strings carry their unit.
 */
import { duration, rate, share } from '../units.ts';

/** What happens to every packet, by chance. */
export interface Impairment {
  /** Time on the way. */
  delay?: number | string;
  /** Added to, or taken from, the delay at random; so packets may overtake each other. */
  jitter?: number | string;
  loss?: number | string;
  /** What would be lost by chance is marked instead, if its sender is ECN-capable (RFC 3168). */
  ecn?: boolean;
  duplicate?: number | string;
  /** Share of packets that skip the delay, and so overtake those before them. */
  reorder?: number | string;
  /** Share of packets in which one bit is turned. */
  corrupt?: number | string;
  /** Bits a second of the line. */
  rate?: number | string;
  /** Packets that may be on the way, or wait for the line; default 1000. */
  limit?: number;
}

/** An impairment in numbers. */
export interface Settled {
  readonly delay: number;
  readonly jitter: number;
  readonly loss: number;
  readonly ecn: boolean;
  readonly duplicate: number;
  readonly reorder: number;
  readonly corrupt: number;
  readonly rate: number;
  readonly limit: number;
}

const DEFAULT_LIMIT = 1000;

/** Turns words into numbers. @throws RangeError for what is neither */
export function settle(impairment: Impairment): Settled {
  const { delay = 0, jitter = 0, loss = 0, duplicate = 0, reorder = 0, corrupt = 0 } = impairment;
  const { limit = DEFAULT_LIMIT } = impairment;
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit can not be ${limit}`);
  return {
    delay: duration(delay),
    jitter: duration(jitter),
    loss: share(loss),
    ecn: impairment.ecn ?? false,
    duplicate: share(duplicate),
    reorder: share(reorder),
    corrupt: share(corrupt),
    rate: impairment.rate === undefined ? Number.POSITIVE_INFINITY : rate(impairment.rate),
    limit,
  };
}

/** Words that may stand between a name and its number, and say what is so anyway. */
const NOISE = new Set(['random']);

/** Reads a line as tc-netem takes it. @throws RangeError naming the word that is not understood */
export function parseNetem(line: string): Impairment {
  const words = line
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '' && !NOISE.has(word));
  const result: Impairment = {};
  const isNumber = (word: string | undefined): word is string => /^\d/.test(word ?? '');
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!;
    const value = words[i + 1];
    if (name === 'ecn') {
      result.ecn = true;
      continue;
    }
    if (!isNumber(value)) throw new RangeError(`netem: ${name} needs a number behind it`);
    i++;
    switch (name) {
      case 'delay':
      case 'latency':
        result.delay = value;
        if (isNumber(words[i + 1])) result.jitter = words[++i]!;
        break;
      case 'loss':
      case 'duplicate':
      case 'reorder':
      case 'corrupt':
      case 'rate':
      case 'jitter':
        result[name] = value;
        break;
      case 'limit':
        result.limit = Number(value);
        break;
      default:
        throw new RangeError(`netem: ${name} is not known here`);
    }
  }
  settle(result);
  return result;
}
