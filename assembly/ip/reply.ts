/**
 * Replies: packets that answer something and belong to no connection (RST, ICMP, TIME-WAIT's ACK).
 *
 * They wait for `output` (law 4) in one queue, which is bounded and drops the newest: these are all
 * packets whose loss the protocols survive. What such a packet is, `packet.ts` says.
 */
import { Counter } from '../abi';
import { count } from '../counters';
import { replies, replyQueue } from '../pools';
import { PROTOCOL_TCP } from '../wire/tcp';
import { datagram } from './datagram';
import { emitFirst, newPacket, Packet } from './packet';

/** Replies that may wait when a stray still gets one, while the stack is behind its link. */
const FEW: u32 = 64;

function isFull(capacity: u32): bool {
  if (replies().used < capacity) return false;
  count(Counter.TcpExtReplyQueueDrop);
  return true;
}

/**
 * Whether what belongs to no connection gets no reply; counts when it gets none. While the stack
 * does not keep up with its link it has no time for a flood: for each further answer a packet of a
 * connection would be lost in front of a full queue.
 */
export function isStrayRefused(): bool {
  const capacity = replies().capacity;
  return isFull(datagram().isBehind ? min(FEW, capacity) : capacity);
}

/**
 * Takes a reply from our address to a remote one; the caller fills in `head` and its lengths.
 *
 * @returns null when the queue is full; the packet is then not sent, and counted
 */
export function newReply(
  protocol: u32,
  checksumAt: u32,
  hopLimit: u32,
  local0: u64,
  local1: u64,
  remote0: u64,
  remote1: u64,
): Packet | null {
  if (protocol == PROTOCOL_TCP ? isFull(replies().capacity) : isStrayRefused()) return null;
  return newPacket(
    replyQueue(),
    replies(),
    protocol,
    checksumAt,
    hopLimit,
    local0,
    local1,
    remote0,
    remote1,
  );
}

/** Writes the next packet of the replies into the transmit window; answers its length, or 0. */
export function emitReply(): u32 {
  return emitFirst(replyQueue(), replies());
}
