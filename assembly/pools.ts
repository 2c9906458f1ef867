/**
 * Every pool, table and queue of the stack, laid out once (laws 2 and 3).
 *
 * The records themselves stand at POOLS in the small part of the memory map; `layPools` gives each
 * its stretch behind POOLS_BEGIN, in the order drawn in `assembly/README.md`.
 */
import { Config } from './abi';
import {
  ALL_BLOCKS,
  config,
  LEAST_BLOCK,
  MAX_REASSEMBLIES,
  MOST_BLOCK,
  refusal,
} from './limits';
import {
  SYN_ENTRY_SIZE,
  FLIGHT_SIZE,
  growTo,
  PATH_SIZE,
  POOLS,
  POOLS_BEGIN,
  PACKET_RECORD_SIZE,
  SENT_SIZE,
  SOURCE_ROUTE_SIZE,
  TAKEN_PORTS_SIZE,
  MEMBERSHIP_SIZE,
  TCB_SIZE,
  TIME_WAIT_SIZE,
  UDP_ENDPOINT_SIZE,
} from './memory';
import { layPages, Pages, sparePages } from './store/chain';
import { Heap, layHeap } from './store/heap';
import { layPool, Pool, POOL_SIZE } from './store/pool';
import { Queue } from './store/queue';
import { RANGE_SIZE } from './store/ranges';
import { layTable, Table } from './store/table';
import { layTrace } from './trace';

/** TCBs: connections and listeners. */
export function tcbs(): Pool {
  return changetype<Pool>(POOLS);
}

/** Entries of the listeners' SYN queues, in SYN-RECEIVED. */
export function synEntries(): Pool {
  return changetype<Pool>(POOLS + POOL_SIZE);
}

/** TIME-WAIT records. */
export function timeWaits(): Pool {
  return changetype<Pool>(POOLS + 2 * POOL_SIZE);
}

/** Ranges of out-of-order and of selectively acknowledged text. */
export function ranges(): Pool {
  return changetype<Pool>(POOLS + 3 * POOL_SIZE);
}

/** Replies waiting to be sent. */
export function replies(): Pool {
  return changetype<Pool>(POOLS + 4 * POOL_SIZE);
}

/** Pages of text. */
export function pages(): Pages {
  return changetype<Pages>(POOLS + 5 * POOL_SIZE);
}

/**
 * Pages that text to be sent, and out-of-order text, leave free: text in order can always be taken,
 * or two writers that fill each other's memory would wait for ever.
 */
export function pagesForOrder(): u32 {
  const capacity = pages().capacity;
  return min(max<u32>(8, capacity >> 4), capacity >> 1);
}

/** Pages that may be had for anything else; 0 when they are scarce. */
export function pagesToSpare(): u32 {
  const spare = sparePages(pages());
  const kept = pagesForOrder();
  return spare > kept ? spare - kept : 0;
}

/** References by 4-tuple: TCBs and SYN-queue entries. */
export function tuples(): Table {
  return changetype<Table>(POOLS + 6 * POOL_SIZE);
}

/** Listeners by local port. */
export function ports(): Table {
  return changetype<Table>(POOLS + 7 * POOL_SIZE);
}

/** Who is due when: owner n is TCB n, and behind the TCBs, the SYN-queue entries. */
export function timers(): Heap {
  return changetype<Heap>(POOLS + 8 * POOL_SIZE);
}

/** TCBs with something to send. */
export function readyQueue(): Queue {
  return changetype<Queue>(POOLS + 9 * POOL_SIZE);
}

/** TCBs whose turn ended before they had sent all they may. */
export function unfinishedQueue(): Queue {
  return changetype<Queue>(POOLS + 22 * POOL_SIZE);
}

/** TCBs with signals for their user. */
export function signalQueue(): Queue {
  return changetype<Queue>(POOLS + 10 * POOL_SIZE);
}

/** SYN-queue entries whose SYN,ACK is to be sent. */
export function synEntryQueue(): Queue {
  return changetype<Queue>(POOLS + 11 * POOL_SIZE);
}

/** Replies in the order they are to be sent. */
export function replyQueue(): Queue {
  return changetype<Queue>(POOLS + 12 * POOL_SIZE);
}

/** TCBs whose SEND found no page, waiting for one. */
export function starvedQueue(): Queue {
  return changetype<Queue>(POOLS + 13 * POOL_SIZE);
}

/** TIME-WAIT records, the next to end first. */
export function timeWaitQueue(): Queue {
  return changetype<Queue>(POOLS + 14 * POOL_SIZE);
}

/** Source routes of connections. */
export function sourceRoutes(): Pool {
  return changetype<Pool>(POOLS + 15 * POOL_SIZE);
}

/** TIME-WAIT records by 4-tuple. */
export function timeWaitTuples(): Table {
  return changetype<Table>(POOLS + 16 * POOL_SIZE);
}

/** Paths that carry less than the link. */
export function paths(): Pool {
  return changetype<Pool>(POOLS + 17 * POOL_SIZE);
}

/** Flights: what senders keep while something is on its way. */
export function flights(): Pool {
  return changetype<Pool>(POOLS + 18 * POOL_SIZE);
}

/** Records of what was sent. */
export function sentRecords(): Pool {
  return changetype<Pool>(POOLS + 19 * POOL_SIZE);
}

/** Flights of which nothing is on its way any more, the longest quiet first. */
export function quietFlights(): Queue {
  return changetype<Queue>(POOLS + 20 * POOL_SIZE);
}

/** Blocks of short texts. */
export function blocks(): Pool {
  return changetype<Pool>(POOLS + 21 * POOL_SIZE);
}

/** Maps of the ports that are taken towards a destination. */
export function takenPorts(): Pool {
  return changetype<Pool>(POOLS + 23 * POOL_SIZE);
}

/** Those maps by destination. */
export function destinations(): Table {
  return changetype<Table>(POOLS + 24 * POOL_SIZE);
}

/** Sockets of UDP. */
export function udpEndpoints(): Pool {
  return changetype<Pool>(POOLS + 25 * POOL_SIZE);
}

/** Those that are connected to nobody, by local port. */
export function udpPorts(): Table {
  return changetype<Table>(POOLS + 26 * POOL_SIZE);
}

/** Those that are connected, by 4-tuple. */
export function udpTuples(): Table {
  return changetype<Table>(POOLS + 27 * POOL_SIZE);
}

/** How many hold each port, u16 each, from 0 to 65,535. */
export function udpPortHolders(): Pool {
  return changetype<Pool>(POOLS + 28 * POOL_SIZE);
}

/** Those with signals for their user. */
export function udpSignalQueue(): Queue {
  return changetype<Queue>(POOLS + 29 * POOL_SIZE);
}

/** Those whose user waits for room to send. */
export function udpBlockedQueue(): Queue {
  return changetype<Queue>(POOLS + 30 * POOL_SIZE);
}

/** Datagrams of users. */
export function datagrams(): Pool {
  return changetype<Pool>(POOLS + 31 * POOL_SIZE);
}

/** Those that wait to be sent, in their order. */
export function datagramQueue(): Queue {
  return changetype<Queue>(POOLS + 32 * POOL_SIZE);
}

/** Who has joined which group. */
export function memberships(): Pool {
  return changetype<Pool>(POOLS + 33 * POOL_SIZE);
}

/** Memberships by group. */
export function groups(): Table {
  return changetype<Table>(POOLS + 34 * POOL_SIZE);
}

/** One for each 2,048 that can have a port, and some where those are few. */
function portMaps(c: Config): u32 {
  return 8 + (c.connections + c.timeWaits) / 2_048;
}

/**
 * Chains there can be: two a connection, one for each SYN-queue entry, reply, reassembly, socket of
 * UDP and datagram to be sent.
 */
function chains(c: Config): u32 {
  const others = c.children + c.replies + c.datagramSockets + c.datagrams;
  return 2 * c.connections + others + MAX_REASSEMBLIES;
}

/** A block holds a segment; less where a million chains would need more than memory has. */
function blockSizeFor(chains: u32): u32 {
  let size = MOST_BLOCK;
  while (size > LEAST_BLOCK && <u64>size * chains > ALL_BLOCKS) size >>= 1;
  return size;
}

/** The next line of the cache: items of whole lines begin one each. */
function lineAt(at: u64): u64 {
  return (at + 63) & ~(<u64>63);
}

/** Keeps in REFUSAL which limit takes most; answers where its stretch of memory ends. */
function note(limit: usize, begin: u64, end: u64): u64 {
  const most = refusal();
  if (end - begin > most.part) {
    most.part = end - begin;
    most.limit = <u32>limit;
  }
  return end;
}

/**
 * Lays everything out and grows memory, once; answers whether there is that much. If not, REFUSAL
 * says how much it is, and of what most.
 */
export function layPools(): bool {
  const c = config();
  const tcbsAndEntries = c.connections + c.children;
  refusal().part = 0;
  let at: u64 = POOLS_BEGIN;
  at = note(CONNECTIONS, at, layPool(tcbs(), at, TCB_SIZE, c.connections));
  at = note(SYN_ENTRIES, at, layPool(synEntries(), at, SYN_ENTRY_SIZE, c.children));
  at = note(TIME_WAITS, at, layPool(timeWaits(), at, TIME_WAIT_SIZE, c.timeWaits));
  at = note(RANGES, at, layPool(ranges(), at, RANGE_SIZE, c.ranges));
  at = layPool(replies(), at, PACKET_RECORD_SIZE, c.replies);
  at = layPool(sourceRoutes(), at, SOURCE_ROUTE_SIZE, c.sourceRoutes);
  at = layPool(paths(), at, PATH_SIZE, c.paths);
  at = note(CONNECTIONS, at, layPool(flights(), lineAt(at), FLIGHT_SIZE, c.connections));
  // Beyond the configured number each flight has its first record.
  at = note(SEGMENTS, at, layPool(sentRecords(), at, SENT_SIZE, c.segments + c.connections));
  at = layPool(takenPorts(), at, TAKEN_PORTS_SIZE, portMaps(c));
  at = layTable(destinations(), at, portMaps(c));
  at = layTable(tuples(), at, tcbsAndEntries);
  at = layTable(timeWaitTuples(), at, c.timeWaits);
  at = layTable(ports(), at, c.listeners);
  at = layUdp(at, c);
  at = layHeap(timers(), at, tcbsAndEntries);
  at = note(TRACE_EVENTS, at, layTrace(at, c.traceEvents));
  at = note(CONNECTIONS, at, layPool(blocks(), lineAt(at), blockSizeFor(chains(c)), chains(c)));
  at = note(PAGES, at, layPages(pages(), at, c.pages, blocks()));
  refusal().octets = at;
  return growTo(at);
}

/** Lays out what UDP has. */
function layUdp(at: u64, c: Config): u64 {
  const groupCount = MEMBERSHIPS_EACH * c.datagramSockets;
  at = layPool(udpEndpoints(), lineAt(at), UDP_ENDPOINT_SIZE, c.datagramSockets);
  at = layPool(datagrams(), at, PACKET_RECORD_SIZE, c.datagrams);
  at = layPool(memberships(), at, MEMBERSHIP_SIZE, groupCount);
  at = layPool(udpPortHolders(), at, 2, 65_535);
  at = layTable(udpPorts(), at, c.datagramSockets);
  at = layTable(udpTuples(), at, c.datagramSockets);
  return layTable(groups(), at, groupCount);
}

/** Memberships there are for each socket of UDP, on average. */
const MEMBERSHIPS_EACH: u32 = 4;

const CONNECTIONS: usize = offsetof<Config>('connections');
const SYN_ENTRIES: usize = offsetof<Config>('children');
const TIME_WAITS: usize = offsetof<Config>('timeWaits');
const RANGES: usize = offsetof<Config>('ranges');
const SEGMENTS: usize = offsetof<Config>('segments');
const TRACE_EVENTS: usize = offsetof<Config>('traceEvents');
const PAGES: usize = offsetof<Config>('pages');
