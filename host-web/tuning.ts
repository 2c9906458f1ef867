/** Options of a connection or listener, from the words of the API to the core's numbers. */
import { Option } from './abi.ts';
import type { RawConnection, RawListener } from './raw.ts';
import { duration, size } from './units.ts';

/** Options of a connection; a listener gives its own to what it accepts. */
export interface TuningOptions {
  /** Nagle's algorithm off. */
  noDelay?: boolean;
  /** Probe a silent peer (RFC 9293 §3.8.4). */
  keepAlive?: boolean;
  /** Silence before the first probe: milliseconds, or `'30s'`; default two hours. */
  keepAliveIdle?: number | string;
  /** Longest time without an acknowledgment (RFC 9293 §3.9.1.1): milliseconds, or `'10s'`. */
  timeout?: number | string;
  /** Octets, or `'64k'`. */
  sendBuffer?: number | string;
  receiveBuffer?: number | string;
  /** Largest segment to announce and to send; by default what the MTU gives. */
  maxSegmentSize?: number;
  /** Listeners that all have it share a port; each SYN goes to one of them. */
  reusePort?: boolean;
}

/** The core's option and number for each word. */
const OPTIONS: { [K in keyof TuningOptions]-?: [Option, (value: never) => number] } = {
  noDelay: [Option.NAGLE, (on: boolean) => Number(!on)],
  keepAliveIdle: [Option.KEEP_ALIVE_IDLE_MS, (value: number | string) => duration(value)],
  keepAlive: [Option.KEEP_ALIVE, (on: boolean) => Number(on)],
  timeout: [Option.USER_TIMEOUT_MS, (value: number | string) => duration(value)],
  sendBuffer: [Option.SEND_BUFFER, (value: number | string) => size(value)],
  receiveBuffer: [Option.RECEIVE_BUFFER, (value: number | string) => size(value)],
  maxSegmentSize: [Option.MAX_SEGMENT_SIZE, (value: number) => value],
  reusePort: [Option.REUSE_PORT, (on: boolean) => Number(on)],
};

/**
 * Sets what is given; the handle is released when the core refuses a value.
 *
 * @throws RangeError naming the option
 */
export function tune(raw: RawConnection | RawListener, options: TuningOptions): void {
  for (const [name, [option, convert]] of Object.entries(OPTIONS)) {
    const value = options[name as keyof TuningOptions];
    if (value === undefined) continue;
    let isTaken = false;
    try {
      const number = Math.ceil(convert(value as never));
      isTaken = number <= 0xffff_ffff && raw.setOption(option, number);
    } finally {
      if (!isTaken) raw.release();
    }
    if (!isTaken) throw new RangeError(`${name} can not be ${value}`);
  }
}
