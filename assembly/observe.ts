/** The door of who looks: the trace ring, and how much is in use; exported by `index.ts`. */
import {
  blocks,
  datagrams,
  flights,
  memberships,
  pages,
  ranges,
  replies,
  sentRecords,
  sourceRoutes,
  synEntries,
  tcbs,
  timeWaits,
  udpEndpoints,
} from './pools';
import { orphans } from './tcp/lifecycle';
import { lingering } from './tcp/timers';
import { traceBase as baseOfTrace, traceCount as countOfTrace } from './trace';

/** Events written to the trace ring, modulo 2^32. */
export function traceCount(): u32 {
  return countOfTrace();
}

/** Address of the trace ring. */
export function traceBase(): u32 {
  return baseOfTrace();
}

/**
 * Items a pool has handed out: 0 TCBs, 1 SYN-queue entries, 2 TIME-WAIT, 3 ranges, 4 replies, 5
 * pages, 6 source routes, 7 flights, 8 records of segments sent, 10 blocks of short texts, 12
 * sockets of UDP, 13 datagrams that wait to be sent, 14 memberships in groups;
 * and of the TCBs 9 those whose user has let go, 11 of these those in FIN-WAIT-2.
 */
export function used(pool: u32): u32 {
  switch (pool) {
    case 0:
      return tcbs().used;
    case 1:
      return synEntries().used;
    case 2:
      return timeWaits().used;
    case 3:
      return ranges().used;
    case 4:
      return replies().used;
    case 6:
      return sourceRoutes().used;
    case 7:
      return flights().used;
    case 8:
      return sentRecords().used;
    case 9:
      return orphans();
    case 10:
      return blocks().used;
    case 11:
      return lingering();
    case 12:
      return udpEndpoints().used;
    case 13:
      return datagrams().used;
    case 14:
      return memberships().used;
    default:
      return pages().used;
  }
}
