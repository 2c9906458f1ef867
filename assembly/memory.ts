/**
 * The memory map (laws 2 and 3): what lies where, once and for all.
 *
 * The fixed part is literal constants, each beginning where the last ends, so that hosts know every
 * window before `init`. The pools behind it are laid out by `layMemory` from the configuration, and
 * memory grows once, there. `assembly/README.md` draws the whole.
 */

/** First address of the map: below it asc keeps the module's constants. */
export const MAP: usize = 0x1_0000;

/** The host's configuration, read by `init`. */
export const CONFIG: usize = MAP;
/** The sockets of the call being made. */
export const ENDPOINT: usize = CONFIG + 128;
/** The answer of `signal()`. */
export const SIGNAL: usize = ENDPOINT + 64;
/** The answer of `status()` and `nextStatus()`. */
export const STATUS: usize = SIGNAL + 64;
/** The latest ICMP echo reply. */
export const ECHO_REPLY: usize = STATUS + 512;
/** Counters, u64 each. */
export const COUNTERS: usize = ECHO_REPLY + 64;
/** 1 once `init` has succeeded. */
export const READY: usize = COUNTERS + 1024;
/** The Instant of the latest poll, and the same in milliseconds and in seconds, u32 each. */
export const CLOCK: usize = READY + 8;
/** Keys grown from the seed. */
export const KEYS: usize = CLOCK + 16;
/** Short-lived words of hashes and headers; no value survives a call. */
export const SCRATCH: usize = KEYS + 256;
/** Settings, u32 each. */
export const SETTINGS: usize = SCRATCH + 256;
/** The trace ring's own record. */
export const TRACER: usize = SETTINGS + 192;
/** Records of the pools, tables and queues: POOL_SIZE each. */
export const POOLS: usize = TRACER + 32;
/** Local addresses and routes. */
export const ADDRESSES: usize = POOLS + 1280;
/** The datagram that arrives now, as `ip/` reads it. */
export const DATAGRAM: usize = ADDRESSES + 1024;
/** The segment that arrives now. */
export const SEGMENT: usize = DATAGRAM + 128;
/** Counters of ports handed out (RFC 6056 §3.3.4). */
export const PORT_COUNTERS: usize = SEGMENT + 256;
/** Datagrams under reassembly. */
export const REASSEMBLIES: usize = PORT_COUNTERS + 1024;
/** The SYN-queue entry a cookie is turned back into: it belongs to no pool. */
export const COOKIE_ENTRY: usize = REASSEMBLIES + 1024;
/** When a listener last answered with a cookie; an ACK is not taken for one long after. */
export const COOKIE_SENT_AT: usize = COOKIE_ENTRY + 128;
/** The latest advice against a route. */
export const ROUTE_ADVICE: usize = COOKIE_SENT_AT + 8;
/** Why `init` refused. */
export const REFUSAL: usize = ROUTE_ADVICE + 32;
/** Counters of identifications given out (RFC 7739 §5.3). */
export const IDENTIFICATIONS: usize = REFUSAL + 32;
/** What is true of the paths to all destinations. */
export const PATHS: usize = IDENTIFICATIONS + 1024;
/** What the acknowledgment that arrives now has brought. */
export const PROGRESS: usize = PATHS + 16;
/**
 * How many orphans there are, where the search among TCBs for one to give up goes on, and how many
 * orphans only wait for their peer's FIN.
 */
export const ORPHANS: usize = PROGRESS + 128;
/** The reference of the connection whose tuple was found last. */
export const LATEST_FOUND: usize = ORPHANS + 16;
/** The TCB that was fetched last, and a word that nobody reads. */
export const FETCHED: usize = LATEST_FOUND + 8;
/** Whose turn it is to send. */
export const TURN: usize = FETCHED + 8;
/** Packets that have left in this cycle of `output`, u32. */
export const OUTPUT_CYCLE: usize = TURN + 12;
/** The oldest TIME-WAIT record whose port is not given away yet but will be (`taken-ports.ts`). */
export const RIPENING: usize = TURN + 16;
/** What the link is to know of the packet written last. */
export const OUTGOING: usize = RIPENING + 8;
/** How many connections read much at a time. */
export const READERS: usize = OUTGOING + 8;
/** Where text lies that `peek` shows or `output` leaves apart, or the room that `lend` gives. */
export const PIECES: usize = READERS + 16;
/** Pages that text of 64 KiB can lie in, and the end of the list. */
export const MAX_PIECES: u32 = 18;
/** How much was dropped for each Reason, u64 each. */
export const DROPS: usize = PIECES + 8 * MAX_PIECES;
/** Reasons that DROPS has a place for; a TCB's, an octet, could not say more either. */
export const DROP_REASONS: u32 = 256;
/** The addresses of the latest packet that was for us, and its family. */
export const JUDGED: usize = DROPS + 8 * DROP_REASONS;
/** What all datagram endpoints have in common. */
export const UDP: usize = JUDGED + 40;
/** The answer of `udpReceive()`. */
export const RECEIVED: usize = UDP + 32;
/** End of the small records. */
const SMALL_END: usize = RECEIVED + 64;
if (SMALL_END > MAP + 0x1_0000) ERROR('the small records outgrew their 64 KiB');

/**
 * Octets before a packet window that belong to the link: a vnet header ends where the packet
 * begins.
 */
export const HEADROOM: usize = 64;
/**
 * Octets a packet window holds: the largest IP packet (40 octets of IPv6 header and 65,535), and
 * slack for whole-vector stores.
 */
export const PACKET_SIZE: usize = 65_536 + 128;

/** The receive window: the host puts a packet here, `input` reads it. */
export const RECEIVE: usize = MAP + 0x1_0000 + HEADROOM;
/** The transmit window: `output` puts a packet here, the host sends it. */
export const TRANSMIT: usize = RECEIVE + PACKET_SIZE + HEADROOM;
/** The text window: what SEND takes and RECEIVE gives, and the ping's octets. */
export const TEXT: usize = TRANSMIT + PACKET_SIZE;
/** Octets the text window holds. */
export const TEXT_SIZE: usize = 65_536;

/**
 * First address of the pools. `asconfig.json` gives the module as much memory from its beginning: a
 * call that comes too early reads zeros and traps nowhere.
 */
export const POOLS_BEGIN: usize = (TEXT + TEXT_SIZE + 0xffff) & ~0xffff;

/** Octets a memory can have: 4 GiB less the last page, so that every address has one behind it. */
export const MAX_MEMORY: u32 = 0xffff_0000;

/** Whether `init` has succeeded; until then every call answers NOT_INITIALISED or does nothing. */
export function isReady(): bool {
  return load<u32>(READY) != 0;
}

/** Grows memory to hold `end` octets, once; answers whether there can be as many. */
export function growTo(end: u64): bool {
  if (end > MAX_MEMORY) return false;
  const pages = <i32>(<u32>(end + 0xffff) >> 16) - memory.size();
  return pages <= 0 || memory.grow(pages) >= 0;
}

/** Octets of the records the pools hold; the file of each record checks that it fits. */
export const TCB_SIZE: u32 = 576;
export const SYN_ENTRY_SIZE: u32 = 128;
export const TIME_WAIT_SIZE: u32 = 64;
export const PACKET_RECORD_SIZE: u32 = 160;
export const SOURCE_ROUTE_SIZE: u32 = 56;
export const PATH_SIZE: u32 = 32;
export const FLIGHT_SIZE: u32 = 384;
export const SENT_SIZE: u32 = 48;
export const TAKEN_PORTS_SIZE: u32 = 3_648;
export const UDP_ENDPOINT_SIZE: u32 = 192;
export const MEMBERSHIP_SIZE: u32 = 48;
