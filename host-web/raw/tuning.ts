/** Options of stacks, connections and listeners, from the API's words to the core's numbers. */
import { Option, Setting } from '../abi.ts';
import { parseAddress } from '../address.ts';
import type { Clock } from '../clock.ts';
import type { Core, Limits } from '../core.ts';
import { type CongestionControl, CONTROLLERS, type Sysctl } from '../sysctl.ts';
import { describe, duration, rate, size } from '../units.ts';
import { refuseTls } from './plain.ts';
import type { RawConnection, RawListener } from './raw.ts';
import type { RawSyn } from './syn.ts';

/** Options of a connection; a listener gives its own to what it accepts. */
export interface TuningOptions {
  /** Nagle's algorithm off. */
  noDelay?: boolean;
  /** Keep data back until a full segment, or until this is set to false (TCP_CORK). */
  cork?: boolean;
  /** Longest delay of an acknowledgment: milliseconds below 500, or `'40ms'`; 0 is none. */
  delayedAck?: number | string;
  /** Segments with data to acknowledge at once before that delay applies (TCP_QUICKACK). */
  quickAcks?: number;
  /** Probe a silent peer (RFC 9293 §3.8.4). */
  keepAlive?: boolean;
  /** Silence before the first probe: milliseconds, or `'30s'`; default two hours. */
  keepAliveIdle?: number | string;
  /** Time between probes; default 75 s. */
  keepAliveInterval?: number | string;
  /** Unanswered probes that end the connection; default 9. */
  keepAliveCount?: number;
  /** Longest time without an acknowledgment (RFC 9293 §3.9.1.1): milliseconds, or `'10s'`. */
  timeout?: number | string;
  /** Longest wait in FIN-WAIT-2 once its user has let go (tcp_fin_timeout); default 60 s. */
  finTimeout?: number | string;
  /** Diffserv field, in the upper six bits of an octet (IP_TOS); the other two are ECN's. */
  diffserv?: number;
  /** TTL or hop limit of its packets, 1 to 255; default 64. */
  hopLimit?: number;
  /** Suspect a black hole of the path's MTU when full segments vanish; default true (RFC 2923). */
  blackHoleDetection?: boolean;
  /** Octets, or `'64k'`. */
  sendBuffer?: number | string;
  receiveBuffer?: number | string;
  /** Largest segment to announce and to send; by default what the MTU gives. */
  maxSegmentSize?: number;
  /** Congestion control (TCP_CONGESTION); by default the stack's `tcp_congestion_control`. */
  congestionControl?: CongestionControl;
  /** Data not sent yet from which on a write waits (TCP_NOTSENT_LOWAT): octets, or `'16k'`. */
  notSentLowWater?: number | string;
  /** Bits a second that are sent at most (SO_MAX_PACING_RATE), or `'10mbit'`; 0 is no bound. */
  maxPacingRate?: number | string;
  /** Listeners that all have it share a port; each SYN goes to one of them. */
  reusePort?: boolean;
}

/** Where a raw connection comes from. */
export interface OpenOptions extends TuningOptions {
  localAddress?: string;
  localPort?: number;
  /** Go on trying, until R2, where ICMP calls the peer unreachable; by default that ends it. */
  patient?: boolean;
  /** Routers of IPv4 to go through, at most nine, in that order (RFC 9293 §3.9.2.1). */
  sourceRoute?: readonly string[];
  /** Through those routers and no others between them; default false. */
  strict?: boolean;
}

/** Where a raw listener stands. */
export interface OpenListenerOptions extends TuningOptions {
  /** 0 chooses a free one; with the hostname `'any'` it is any port. */
  port: number;
  /**
   * `'0.0.0.0'` is any address of the stack's in IPv4; absent or `'::'`, any of the stack's; and
   * `'any'` is any address there is: whatever the link brings, where the sysctl `any_destination`
   * is 1. Whom the peer meant is then the connection's `localAddress` and `localPort`.
   */
  hostname?: string;
  /**
   * Decides about each SYN, now or later; with it nothing is answered before. As many may wait as
   * `backlog` says.
   */
  onSyn?: (syn: RawSyn) => void;
  /** `'::'` is IPv6 alone (IPV6_V6ONLY), so that another listener may have IPv4's port. */
  ipv6Only?: boolean;
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
  /** Settings by the names of Linux's sysctls, to begin with: `{ tcp_ecn: 1 }`. */
  sysctl?: Sysctl;
  /** 32 octets nobody can guess; by default from `crypto.getRandomValues`. */
  seed?: Uint8Array;
  clock?: Clock;
}

/** The hostname of a listener for any address there is. */
export const ANY_DESTINATION = 'any';

/** The core's option and number for each word. */
const OPTIONS: { [K in keyof TuningOptions]-?: [Option, (value: never) => number] } = {
  noDelay: [Option.NAGLE, (on: boolean) => Number(!on)],
  cork: [Option.CORK, (on: boolean) => Number(on)],
  delayedAck: [Option.DELAYED_ACK_MS, (value: number | string) => duration(value)],
  quickAcks: [Option.QUICK_ACKS, (value: number) => value],
  keepAliveIdle: [Option.KEEP_ALIVE_IDLE_MS, (value: number | string) => duration(value)],
  keepAliveInterval: [Option.KEEP_ALIVE_INTERVAL_MS, (value: number | string) => duration(value)],
  keepAliveCount: [Option.KEEP_ALIVE_COUNT, (value: number) => value],
  keepAlive: [Option.KEEP_ALIVE, (on: boolean) => Number(on)],
  timeout: [Option.USER_TIMEOUT_MS, (value: number | string) => duration(value)],
  finTimeout: [Option.FIN_WAIT_2_MS, (value: number | string) => duration(value)],
  diffserv: [Option.DIFFSERV, (value: number) => value],
  hopLimit: [Option.HOP_LIMIT, (value: number) => value],
  blackHoleDetection: [Option.BLACK_HOLE_DETECTION, (on: boolean) => Number(on)],
  sendBuffer: [Option.SEND_BUFFER, (value: number | string) => size(value)],
  receiveBuffer: [Option.RECEIVE_BUFFER, (value: number | string) => size(value)],
  maxSegmentSize: [Option.MAX_SEGMENT_SIZE, (value: number) => value],
  congestionControl: [
    Option.CONGESTION_CONTROL,
    (name: string) => {
      const known = name.toLowerCase();
      return Object.hasOwn(CONTROLLERS, known) ? CONTROLLERS[known as CongestionControl] : -1;
    },
  ],
  notSentLowWater: [Option.NOT_SENT_LOW_WATER, (value: number | string) => size(value)],
  maxPacingRate: [
    Option.MAX_PACING_RATE,
    (value: number | string) => (value === 0 ? 0 : rate(value) / 8),
  ],
  reusePort: [Option.REUSE_PORT, (on: boolean) => Number(on)],
};

const ENTRIES = Object.entries(OPTIONS);

/**
 * Looks whether options are an object, and ask for nothing that is not here.
 *
 * @throws TypeError
 */
export function checkOptions(options: object & { signal?: AbortSignal }): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options are an object, and not ${describe(options)}`);
  }
  refuseTls(options);
  const { signal } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new TypeError(`signal is an AbortSignal, and not ${describe(signal)}`);
  }
}

const NO_HOPS: readonly string[] = [];
const NO_OCTETS = new Uint8Array();

/**
 * The IP option of a source route (RFC 791 §3.1) to a remote address; no octets when none is asked
 * for.
 *
 * @throws TypeError or RangeError when it is no route, or not to IPv4
 */
export function sourceRouteOption(options: OpenOptions, remote: Uint8Array): Uint8Array {
  const { sourceRoute = NO_HOPS, strict = false } = options;
  if (sourceRoute === NO_HOPS) return NO_OCTETS;
  if (!Array.isArray(sourceRoute)) throw new TypeError('a source route is a list of addresses');
  if (sourceRoute.length === 0) return NO_OCTETS;
  if (sourceRoute.length > 9) throw new RangeError('a source route has at most nine hops');
  if (remote.length !== 4) throw new TypeError('a source route leads to IPv4 addresses only');
  const option = [strict ? 137 : 131, 3 + 4 * sourceRoute.length, 4];
  for (const text of sourceRoute) {
    const hop = parseAddress(text);
    if (hop?.length !== 4) throw new TypeError(`${describe(text)} is not an IPv4 address`);
    option.push(...hop);
  }
  return Uint8Array.from(option);
}

/** OPENs the sockets of the ENDPOINT window, along a source route if there are octets of one. */
export function openAlong(core: Core, handle: number, sourceRoute: Uint8Array): number {
  if (sourceRoute.length === 0) return core.connect(handle);
  core.textWindow.set(sourceRoute);
  return core.sourceRoute(handle, sourceRoute.length) || core.connect(handle);
}

/**
 * Sets what is given, at any time in a connection's life.
 *
 * @throws RangeError naming the option that the core refuses; those before it are set
 */
export function tune(raw: RawConnection | RawListener, options: TuningOptions): void {
  checkOptions(options);
  setOptions(raw, options);
}

function setOptions(raw: RawConnection | RawListener, options: TuningOptions): void {
  // Over meanwhile: there is nothing left that an option could change.
  if (raw.handle === 0) return;
  for (const [name, [option, convert]] of ENTRIES) {
    const value = options[name as keyof TuningOptions];
    if (value === undefined) continue;
    const number = Math.ceil(convert(value as never));
    const isTaken = number >= 0 && number <= 0xffff_ffff && raw.setOption(option, number);
    if (!isTaken) throw new RangeError(`${name} can not be ${describe(value)}`);
  }
}

/** Sets what is given before the handle is used; where that fails, the handle is released. */
export function tuneFirst(raw: RawConnection | RawListener, options: TuningOptions): void {
  try {
    setOptions(raw, options);
  } catch (error) {
    raw.release();
    throw error;
  }
}

/** As `tuneFirst`, and how a listener takes SYNs. */
export function tuneListener(raw: RawListener, options: OpenListenerOptions): void {
  const { hostname, ipv6Only, onSyn } = options;
  tuneFirst(raw, options);
  if (ipv6Only === true) raw.setOption(Option.IPV6_ONLY, 1);
  if (onSyn !== undefined) raw.setOption(Option.ASK, 1);
  if (hostname === ANY_DESTINATION) raw.setOption(Option.ANY_DESTINATION, 1);
}

/** @throws TypeError where a stack looks at nothing that its link brings for other addresses */
export function checkAny(core: Core): void {
  if (core.get(Setting.ANY_DESTINATION) === 1) return;
  throw new TypeError("to listen at 'any' a stack is made with sysctl: { any_destination: 1 }");
}
