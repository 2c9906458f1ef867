/**
 * The MTU of the path to each destination (RFC 1191, RFC 8201): what routers have said, for every
 * connection there is and the next one too.
 *
 * Only what is smaller than the link's MTU is kept, in a bounded table of sets of four; a new
 * destination takes the place of the one in its set that ends first. Ten minutes after the latest
 * report a larger MTU is tried, by forgetting the smaller one. Nobody is told of changes: each is a
 * new generation, and whoever sends by an older one looks again.
 *
 * Not here: whether a report is to be believed, which its transport knows.
 *
 * ╒═══════════════════ Path (32 octets) ═══════════════════╕
 * │ remote, 16 octets │ ends at u64 │ MTU u32 │ isSplit u32 │
 * └────────────────────────────────────────────────────────┘
 */
import { PATHS, SCRATCH, PATH_SIZE } from '../memory';
import { paths } from '../pools';
import { nh40 } from '../random';
import { itemAt } from '../store/pool';
import { Instant, now, SECOND } from '../time';
import { isIpv4 } from '../wire/address';
import { linkMtu } from './output';

/** The MTU of the path to one destination. */
@unmanaged
class Path {
  remote0: u64;
  remote1: u64;
  /** When it is forgotten; 0 while the record is free. */
  endsAt: Instant;
  mtu: u32;
  /** 1 when not even the least MTU of IPv4 gets through whole: routers may split packets. */
  isSplit: u32;
}

/** What is true of all paths. */
@unmanaged
class Paths {
  /** How often anything has changed. */
  generation: u32;
  /** When the first path is forgotten; 0 never. */
  endsAt: Instant;
}

if (offsetof<Path>() != PATH_SIZE) ERROR('a path takes PATH_SIZE octets');

/** Records a set has, where there are as many. */
const WAYS: u32 = 4;
/** Time after the latest report, in which nothing larger is tried (RFC 1191 §6.3, RFC 8201 §4). */
const LIFETIME: Instant = 600 * SECOND;
/**
 * Smallest MTU packets are cut down to, for below it segments would carry nothing (RFC 5927 §7,
 * CVE-2004-0790). Linux's min_pmtu; where IPv4 has less, packets of that size may be fragmented.
 */
const LEAST_MTU_IPV4: u32 = 552;
/** What every link of IPv6 carries. */
const LEAST_MTU_IPV6: u32 = 1_280;

function all(): Paths {
  return changetype<Paths>(PATHS);
}

/** The number of the way all paths are now: another one, and something has changed. */
export function pathGeneration(): u32 {
  return all().generation;
}

/** Notes that something has changed: here, or the MTU of the link. */
export function pathsChanged(): void {
  all().generation++;
}

function wayAt(set: u32, way: u32): Path {
  return changetype<Path>(itemAt(paths(), WAYS * set + way + 1));
}

/** The set a destination belongs to. */
function setOf(a0: u64, a1: u64): u32 {
  memory.fill(SCRATCH, 0, 40);
  store<u64>(SCRATCH, a0);
  store<u64>(SCRATCH, a1, 8);
  return nh40(SCRATCH) % max(paths().capacity / WAYS, 1);
}

function ways(): u32 {
  return min(WAYS, paths().capacity);
}

function find(a0: u64, a1: u64): Path | null {
  // While nothing is known at all, nothing is looked for.
  if (all().endsAt == 0) return null;
  const set = setOf(a0, a1);
  for (let way: u32 = 0; way < ways(); way++) {
    const path = wayAt(set, way);
    if (path.endsAt > now() && path.remote0 == a0 && path.remote1 == a1) return path;
  }
  return null;
}

/** Octets of the largest packet that is sent to an address. */
export function pathMtu(a0: u64, a1: u64): u32 {
  const path = find(a0, a1);
  const mtu = linkMtu(a0, a1);
  return path == null ? mtu : min(mtu, path.mtu);
}

/** Whether routers may fragment what is sent to an address. */
export function isSplitPath(a0: u64, a1: u64): bool {
  const path = find(a0, a1);
  return path != null && path.isSplit != 0;
}

/**
 * Takes a router's word that no larger packets than that get through to an address; answers whether
 * it says anything new.
 */
export function pathMtuReported(a0: u64, a1: u64, mtu: u32): bool {
  const ipv4 = isIpv4(a0, a1);
  if (!ipv4 && mtu < LEAST_MTU_IPV6) return false; // RFC 8201 §4b, §4c
  const isSplit = ipv4 && mtu < LEAST_MTU_IPV4;
  mtu = max(mtu, LEAST_MTU_IPV4); // RFC 1191 §3b, §5
  if (mtu >= linkMtu(a0, a1)) return false; // RFC 1191 §3d
  let path = find(a0, a1);
  if (path == null) path = take(a0, a1);
  else if (mtu > path.mtu) return false; // RFC 8201 §4d
  path.endsAt = now() + LIFETIME; // RFC 1191 §6.3, RFC 8201 §5.3
  if (all().endsAt == 0) all().endsAt = path.endsAt;
  if (mtu == path.mtu && (!isSplit || path.isSplit)) return false;
  path.mtu = mtu;
  if (isSplit) path.isSplit = 1; // RFC 1191 §3c
  pathsChanged();
  return true;
}

/** A record for a destination that has none: the free one of its set, or the first to end. */
function take(a0: u64, a1: u64): Path {
  const set = setOf(a0, a1);
  let path = wayAt(set, 0);
  for (let way: u32 = 1; way < ways(); way++) {
    if (wayAt(set, way).endsAt < path.endsAt) path = wayAt(set, way);
  }
  path.remote0 = a0;
  path.remote1 = a1;
  path.mtu = path.isSplit = 0;
  return path;
}

/** Forgets what was learned too long ago. */
export function agePaths(): void {
  const first = all().endsAt;
  if (first == 0 || first > now()) return;
  all().endsAt = 0;
  for (let i: u32 = 1; i <= paths().capacity; i++) {
    const path = changetype<Path>(itemAt(paths(), i));
    if (path.endsAt == 0) continue;
    if (path.endsAt <= now()) {
      path.endsAt = 0;
      pathsChanged();
    } else if (all().endsAt == 0 || path.endsAt < all().endsAt) {
      all().endsAt = path.endsAt;
    }
  }
}
