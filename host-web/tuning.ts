/** Options of stacks, connections and listeners, from the API's words to the core's numbers. */
import { Option } from './abi.ts';
import type { Clock } from './clock.ts';
import type { Limits } from './core.ts';
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

/** Where a raw connection comes from. */
export interface OpenOptions extends TuningOptions {
  localAddress?: string;
  localPort?: number;
}

/** Where a raw listener stands. */
export interface OpenListenerOptions extends TuningOptions {
  /** 0 chooses a free one. */
  port: number;
  /** `'0.0.0.0'` is any address of IPv4; absent or `'::'`, any at all. */
  hostname?: string;
  /** Connections that may wait for `accept`; default 511. */
  backlog?: number;
}

/** What a stack is made with. */
export interface StackOptions {
  /** `'10.0.0.1/24'`, `'fd00::1/64'`, or several. */
  address?: string | readonly string[];
  /** Largest packet, octets; by default the link's. */
  mtu?: number;
  /** Capacities, fixed for the stack's life; `Config` in `abi.ts` has each with its default. */
  limits?: Limits;
  /** 32 octets nobody can guess; by default from `crypto.getRandomValues`. */
  seed?: Uint8Array;
  clock?: Clock;
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
