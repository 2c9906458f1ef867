/**
 * Limits (law 3): the configuration a host may choose, with defaults and bounds.
 *
 * What is bounded here is what memory is laid out for, once, in `memory.ts`. Protocol constants are
 * not limits; they stand in the file of the RFC they come from.
 */
import { Config, Setting } from './abi';
import { CONFIG, SETTINGS } from './memory';

/** An index and a generation share a handle's 31 bits. */
export const INDEX_BITS: u32 = 20;
/** Connections a stack may hold at most. */
export const MAX_CONNECTIONS: u32 = (1 << INDEX_BITS) - 1;
/** Octets in a page of the shared buffer pool. */
export const PAGE_SIZE: u32 = 4096;
/** Local addresses of a stack. */
export const MAX_ADDRESSES: u32 = 16;
/**
 * Ranges of early text one connection may hold; beyond it new islands are refused (SegmentSmack).
 */
export const MAX_RANGES: u32 = 64;
/** Datagrams under reassembly at once, and the octets each may grow to. */
export const MAX_REASSEMBLIES: u32 = 4;
/** Largest MTU: the largest IPv4 packet. */
export const MAX_MTU: u32 = 65_535;

/** The configuration of this stack. */
export function config(): Config {
  return changetype<Config>(CONFIG);
}

/** Replaces zeros by defaults; answers whether every limit is within its bounds. */
export function settleConfig(): bool {
  const c = config();
  if (c.connections == 0) c.connections = 4_096;
  if (c.listeners == 0) c.listeners = min<u32>(256, c.connections);
  if (c.children == 0) c.children = 1_024;
  if (c.timeWaits == 0) c.timeWaits = 262_144;
  if (c.pages == 0) c.pages = 16_384;
  if (c.ranges == 0) c.ranges = 16_384;
  if (c.replies == 0) c.replies = 256;
  if (c.sourceRoutes == 0) c.sourceRoutes = 64;
  if (c.traceEvents == 0) c.traceEvents = 1_024;
  if (c.receiveBuffer == 0) c.receiveBuffer = 524_288;
  if (c.sendBuffer == 0) c.sendBuffer = 524_288;
  if (c.mtu == 0) c.mtu = 1_500;
  return (
    c.connections <= MAX_CONNECTIONS &&
    c.listeners <= c.connections &&
    c.children <= MAX_CONNECTIONS &&
    c.timeWaits <= 4 * MAX_CONNECTIONS &&
    c.pages <= 786_432 &&
    c.ranges <= 1 << 24 &&
    c.replies <= 65_536 &&
    c.sourceRoutes <= 65_535 &&
    c.traceEvents <= 1 << 22 &&
    (c.traceEvents & (c.traceEvents - 1)) == 0 &&
    c.receiveBuffer <= 1 << 30 &&
    c.sendBuffer <= 1 << 30 &&
    c.mtu >= 576 &&
    c.mtu <= MAX_MTU
  );
}

// DEVIATION: RFC 1122 §3.3.2c recommends 60 to 120 seconds for `ipfrag_time`. In that time a fast
// sender goes through all 65,536 identifications, and fragments of two datagrams are put together
// (RFC 4963).
/**
 * Default, least and most of every setting, in the order of Setting, and its name: that of Linux's
 * sysctl, or one in its style where Linux has none. `build.mjs` reads the names for the hosts.
 */
function bounds(): usize {
  return memory.data<u32>([
    1_500, 576, 65_535, // MTU mtu
    60_000, 0, 1_073_741_824, // TIME_WAIT_MS tcp_time_wait_ms
    200, 1, 60_000, // RTO_MIN_MS tcp_rto_min_ms
    1, 0, 1, // TIMESTAMPS tcp_timestamps
    1, 0, 1, // WINDOW_SCALING tcp_window_scaling
    1, 0, 1, // SACK tcp_sack
    7, 0, 16, // SYN_ACK_RETRIES tcp_synack_retries
    1, 0, 1, // ECHO_REPLY icmp_echo
    0, 0, 1, // TRACE trace
    0, 0, 1, // CHECKSUM_BY_LINK checksum_by_link
    1, 0, 2, // SYN_COOKIES tcp_syncookies
    2, 0, 2, // TW_REUSE tcp_tw_reuse
    0, 0, 1, // ABORT_ON_OVERFLOW tcp_abort_on_overflow
    0, 0, 1, // ACCEPT_SOURCE_ROUTE accept_source_route
    2, 0, 2, // ECN tcp_ecn
    262_144, 0, 4_194_300, // MAX_TW_BUCKETS tcp_max_tw_buckets
    0, 0, 1, // TW_STRICT tcp_tw_strict
    30, 1, 120, // IPFRAG_TIME ipfrag_time
    60, 1, 120, // IP6FRAG_TIME ip6frag_time
  ]);
}

function bound(which: Setting, column: usize): u32 {
  return load<u32>(bounds() + 12 * <usize>which + 4 * column);
}

if (Setting.COUNT > 32) ERROR('SETTINGS holds 32 of them');

/** A setting of the whole stack. */
export function setting(which: Setting): u32 {
  return load<u32>(SETTINGS + 4 * which);
}

/** Changes a setting; answers whether there is one of that number, and the value is in bounds. */
export function setSetting(which: Setting, value: u32): bool {
  // As u32: an enumeration is signed, and below zero lies memory that is not the settings'.
  if (<u32>which >= <u32>Setting.COUNT) return false;
  if (value < bound(which, 1) || value > bound(which, 2)) return false;
  if (which == Setting.MAX_TW_BUCKETS && value > config().timeWaits) return false;
  store<u32>(SETTINGS + 4 * which, value);
  return true;
}

/** Gives every setting its default. */
export function defaultSettings(): void {
  for (let which: Setting = 0; which < Setting.COUNT; which++) {
    setSetting(which, bound(which, 0));
  }
  const c = config();
  setSetting(Setting.MTU, c.mtu);
  setSetting(Setting.MAX_TW_BUCKETS, c.timeWaits);
}
