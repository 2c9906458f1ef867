/**
 * Limits (law 3): the configuration a host may choose, with defaults and bounds.
 *
 * What is bounded here is what memory is laid out for, once, in `memory.ts`. Protocol constants are
 * not limits; they stand in the file of the RFC they come from.
 */
import { Config, Refusal, Setting } from './abi';
import { CONFIG, REFUSAL, SETTINGS } from './memory';

/** An index and a generation share a handle's 31 bits. */
export const INDEX_BITS: u32 = 20;
/** Indices from this one on are those of UDP's sockets, which share no handle with connections. */
export const FIRST_UDP_INDEX: u32 = 1_015_808;
if ((FIRST_UDP_INDEX + 32_767) >> INDEX_BITS != 0) ERROR('that many handles have no index');
/** Octets in a page of the shared buffer pool. */
export const PAGE_SIZE: u32 = 4096;
/**
 * Octets in a block, which a short text takes instead of a page: least and most, and what all
 * blocks together may reach before each is smaller than most.
 */
export const LEAST_BLOCK: u32 = 256;
export const MOST_BLOCK: u32 = 2048;
export const ALL_BLOCKS: u64 = 1 << 28;
/** Local addresses of a stack. */
export const MAX_ADDRESSES: u32 = 16;
/**
 * Ranges of out-of-order text that a connection may hold without a page, and a datagram that comes
 * in fragments; beyond it new ones are refused (SegmentSmack).
 */
export const FEW_RANGES: u32 = 64;
/** Records of what was sent that one connection may have; beyond it data joins the last. */
export const MAX_SENT_RECORDS: u32 = 8_192;
/** Groups that a socket of UDP may have joined (igmp_max_memberships), if there are as many. */
export const MAX_MEMBERSHIPS: u32 = 20;
/** Datagrams under reassembly at once, and the octets each may grow to. */
export const MAX_REASSEMBLIES: u32 = 4;

/** The configuration of this stack. */
export function config(): Config {
  return changetype<Config>(CONFIG);
}

/**
 * Default, least and most of every limit, in the order of Config. `build.mjs` reads them for the
 * hosts.
 */
function limitBounds(): usize {
  return memory.data<u32>([
    4_096, 1, 1_015_807, // connections
    256, 1, 1_015_807, // listeners
    1_024, 1, 1_048_575, // children
    262_144, 1, 4_194_300, // timeWaits
    16_384, 1, 786_432, // pages
    65_536, 1, 16_777_216, // ranges
    1_024, 1, 65_536, // replies
    1_024, 1, 4_194_304, // traceEvents
    0, 0, 1_073_741_824, // receiveBuffer
    0, 0, 1_073_741_824, // sendBuffer
    1_500, 576, 65_535, // mtu
    64, 1, 65_535, // sourceRoutes
    4_096, 1, 1_048_576, // paths
    65_536, 1, 4_194_304, // segments
    256, 1, 32_767, // datagramSockets
    1_024, 1, 65_536, // datagrams
  ]);
}

/** Octets of CONFIG that are limits, u32 each. */
const LIMITS_END = offsetof<Config>('seeded');
const CONNECTIONS = offsetof<Config>('connections');
const LISTENERS = offsetof<Config>('listeners');
if (LIMITS_END != 16 * 4) ERROR('every limit has its bounds');

/** A limit, by its offset in CONFIG, or its default where the host has left it at 0. */
function chosen(limit: usize): u32 {
  const given = load<u32>(CONFIG + limit);
  if (given != 0) return given;
  const standard = load<u32>(limitBounds() + 3 * limit);
  return limit == LISTENERS ? min(standard, chosen(CONNECTIONS)) : standard;
}

/** Why `init` refuses. */
export function refusal(): Refusal {
  return changetype<Refusal>(REFUSAL);
}

/**
 * Replaces zeros by defaults, if every limit is within its bounds; answers whether that is so. If
 * not, REFUSAL says which is not, and CONFIG is left as it was.
 */
export function settleConfig(): bool {
  for (let limit: usize = 0; limit < LIMITS_END; limit += 4) {
    const least = load<u32>(limitBounds() + 3 * limit, 4);
    let most = load<u32>(limitBounds() + 3 * limit, 8);
    if (limit == LISTENERS) most = min(most, chosen(CONNECTIONS));
    const value = chosen(limit);
    if (value >= least && value <= most) continue;
    refusal().limit = <u32>limit;
    refusal().least = least;
    refusal().most = most;
    return false;
  }
  for (let limit: usize = 0; limit < LIMITS_END; limit += 4) {
    store<u32>(CONFIG + limit, chosen(limit));
  }
  const c = config();
  if (c.traceEvents > 1) c.traceEvents = 1 << (32 - clz<u32>(c.traceEvents - 1));
  return true;
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
    5, 0, 16, // SYN_ACK_RETRIES tcp_synack_retries
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
    4_096, 0, 1_015_807, // MAX_ORPHANS tcp_max_orphans
    0, 0, 255, // ORPHAN_RETRIES tcp_orphan_retries
    30, 1, 120, // IPFRAG_TIME ipfrag_time
    60, 1, 120, // IP6FRAG_TIME ip6frag_time
    1, 0, 1, // TOLERATE_MISSING_TS tolerate_missing_ts
    0, 0, 2, // CONGESTION_CONTROL tcp_congestion_control
    1, 0, 1, // ABE abe
    4_096, 1, 1_073_741_824, // RMEM_MIN tcp_rmem_min
    131_072, 1, 1_073_741_824, // RMEM_DEFAULT tcp_rmem_default
    33_554_432, 1, 1_073_741_824, // RMEM_MAX tcp_rmem_max
    4_096, 1, 1_073_741_824, // WMEM_MIN tcp_wmem_min
    16_384, 1, 1_073_741_824, // WMEM_DEFAULT tcp_wmem_default
    16_777_216, 1, 1_073_741_824, // WMEM_MAX tcp_wmem_max
    1, 0, 1, // SLOW_START_AFTER_IDLE tcp_slow_start_after_idle
    4_294_967_295, 1, 4_294_967_295, // NOTSENT_LOWAT tcp_notsent_lowat
    0, 0, 1, // PACING tcp_pacing
    200, 1, 1_000, // PACING_SS_RATIO tcp_pacing_ss_ratio
    120, 1, 1_000, // PACING_CA_RATIO tcp_pacing_ca_ratio
    0, 0, 65_535, // SEGMENTS_BY_LINK segments_by_link
    0, 0, 4_294_967_295, // LINK_QUEUE link_queue
    1, 1, 256, // PORT_SHARES ip_local_port_shares
    0, 0, 255, // PORT_SHARE ip_local_port_share
    0, 0, 1, // GATHER_BY_LINK gather_by_link
    0, 0, 1, // ANY_DESTINATION any_destination
    2_048, 1, 786_432, // UDP_MEM udp_mem
    212_992, 1, 1_073_741_824, // DATAGRAM_RMEM rmem_default
    212_992, 1, 1_073_741_824, // DATAGRAM_WMEM wmem_default
  ]);
}

function bound(which: Setting, column: usize): u32 {
  return load<u32>(bounds() + 12 * <usize>which + 4 * column);
}

if (Setting.COUNT > 48) ERROR('SETTINGS holds 48 of them');

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
  setSetting(Setting.MAX_ORPHANS, c.connections);
  setSetting(Setting.UDP_MEM, max(1, c.pages >> 3));
}
