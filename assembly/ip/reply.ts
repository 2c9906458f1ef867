/**
 * Replies: packets that belong to no connection and wait for `output` (law 4).
 *
 * Whoever answers without a TCB (RST, ICMP, TIME-WAIT's ACK) writes the transport's octets into a
 * reply; the IP header and the checksum come when it is sent. The queue is bounded and drops the
 * newest: these are all packets whose loss the protocols survive. A long body (an echo's) lies in
 * pages.
 *
 * ╒════════════════════════════ Reply (160 octets) ════════════════════════════╕
 * │ link │ length │ local, remote │ protocol … │ Chain of the body │ 64 octets of head │
 * └──────────────────────────────────────────────────────────────────────────────┘
 */
import { Counter } from '../abi';
import { count } from '../counters';
import {
  beginChain,
  Chain,
  clearChain,
  readChainAndSum,
  reserve,
  writeChain,
} from '../store/chain';
import { sum } from '../store/copy-sum';
import { give, itemAt, take } from '../store/pool';
import { push, shift } from '../store/queue';
import { finish, pseudoSum } from '../wire/checksum';
import { PROTOCOL_ICMP } from '../wire/icmp';
import { REPLY_SIZE, TRANSMIT } from '../memory';
import { PAGE_SIZE } from '../limits';
import { pages, pagesToSpare, replies, replyQueue } from '../pools';
import { headerLength, writeHeader } from './output';
import { addRoute, dropRoute, routeLength } from './source-route';

/** A packet of no connection, from transport header on. */
@unmanaged
export class Reply {
  link: u32;
  /** Octets of the head, at most 64, and of the body behind it. */
  headLength: u32;
  bodyLength: u32;
  protocol: u32;
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  /** Offset of the checksum in the head. */
  checksumAt: u32;
  diffserv: u32;
  hopLimit: u32;
  /** The source route it goes by, which it holds; 0 none. */
  route: u32;
  @inline get body(): Chain {
    return changetype<Chain>(changetype<usize>(this) + BODY);
  }
  /** Address of the head's octets. */
  @inline get head(): usize {
    return changetype<usize>(this) + HEAD;
  }
}

const BODY: usize = 64;
const HEAD: usize = BODY + 32;

if (offsetof<Reply>() > BODY || offsetof<Chain>() > 32) ERROR('the parts of a reply overlap');
if (HEAD + 64 > REPLY_SIZE) ERROR('REPLY_SIZE is too small');

function replyAt(index: u32): Reply {
  return changetype<Reply>(itemAt(replies(), index));
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
): Reply | null {
  const index = take(replies());
  if (index == 0) {
    count(Counter.TcpExtReplyQueueDrop);
    return null;
  }
  const reply = replyAt(index);
  reply.protocol = protocol;
  reply.checksumAt = checksumAt;
  reply.hopLimit = hopLimit;
  reply.diffserv = 0;
  reply.route = 0;
  reply.local0 = local0;
  reply.local1 = local1;
  reply.remote0 = remote0;
  reply.remote1 = remote1;
  reply.headLength = reply.bodyLength = 0;
  beginChain(reply.body, 0);
  push(replyQueue(), replies(), index, 0);
  return reply;
}

/** Whether a body of that many octets can be held until it is sent. */
export function hasPagesFor(length: u32): bool {
  return length / PAGE_SIZE + 1 <= pagesToSpare();
}

/** Puts octets behind the head; answers whether there was room for them. */
export function setBody(reply: Reply, from: usize, length: u32): bool {
  if (reserve(pages(), reply.body, length) != length) {
    clearChain(pages(), reply.body, 0);
    return false;
  }
  writeChain(pages(), reply.body, 0, from, length);
  reply.bodyLength = length;
  return true;
}

/**
 * Writes the oldest reply into the transmit window; answers the packet's length, 0 when none waits.
 */
export function emitReply(): u32 {
  const index = shift(replyQueue(), replies(), 0);
  if (index == 0) return 0;
  const reply = replyAt(index);
  const routed = routeLength(reply.route);
  const transport = TRANSMIT + headerLength(reply.remote0, reply.remote1) + routed;
  const length = reply.headLength + reply.bodyLength;
  memory.copy(transport, reply.head, reply.headLength);
  store<u16>(transport + reply.checksumAt, 0);
  let total = sum(transport, reply.headLength);
  total += readChainAndSum(pages(), reply.body, 0, transport + reply.headLength, reply.bodyLength);
  // ICMP is the one transport without a pseudo header.
  if (reply.protocol != PROTOCOL_ICMP) {
    total += pseudoSum(
      reply.local0,
      reply.local1,
      reply.remote0,
      reply.remote1,
      reply.protocol,
      length,
    );
  }
  store<u16>(transport + reply.checksumAt, <u16>finish(total));
  clearChain(pages(), reply.body, 0);
  const packet = writeHeader(
    TRANSMIT,
    routed + length,
    reply.protocol,
    reply.diffserv,
    reply.hopLimit,
    0,
    reply.local0,
    reply.local1,
    reply.remote0,
    reply.remote1,
  );
  if (routed != 0) addRoute(TRANSMIT, reply.route);
  dropRoute(reply.route);
  give(replies(), index);
  return packet;
}
