/**
 * The stack: input, poll, output, deadline. The one loop, and with `icmp-errors.ts` the only file
 * that knows both IP and the transports.
 */
import { Counter, EchoReply, Outgoing, PacketFlag, Reason, Timer } from './abi';
import { count } from './counters';
import { errorArrives } from './icmp-errors';
import { Datagram, datagram } from './ip/datagram';
import { isLocal } from './ip/address';
import { icmpArrives, isEcho } from './ip/icmp';
import { sendHostUnreachable, sendPortUnreachable, sendProtocolUnknown } from './ip/icmp-error';
import { readPacket, Verdict } from './ip/input';
import { agePaths } from './ip/path-mtu';
import { reassemblyDeadline, reassemblyTimeout } from './ip/reassembly';
import { emitReply } from './ip/reply';
import { isOnLink } from './ip/route';
import { config } from './limits';
import { ECHO_REPLY, OUTGOING, OUTPUT_CYCLE, RECEIVE, TRANSMIT } from './memory';
import { signalQueue, tcbs, timers } from './pools';
import { earliest, earliestOwner } from './store/heap';
import { shift } from './store/queue';
import { arrives } from './tcp/arrives';
import { synAckTimeout, emitSynAck } from './tcp/backlog';
import { ripen } from './tcp/ephemeral';
import { giveBack } from './tcp/lifecycle';
import { canFeedStarved, feedStarved } from './tcp/send';
import { armedFor, Flag, has, lower, SIGNAL_LINK, Tcb, tcbAt } from './tcp/tcb';
import { expire } from './tcp/timeouts';
import { nextTimer, settle } from './tcp/timers';
import { timeWaitDeadline, timeWaitTimeout } from './tcp/time-wait';
import { reapQuiet } from './tcp/flight';
import { transmit } from './tcp/transmit';
import { goOn, nextInTurn } from './tcp/turn';
import { Instant, now, setNow } from './time';
import { traceDrop } from './trace';
import { udpArrives, udpArrivesForMany } from './udp/arrives';
import { emitDatagram, hasDatagrams, isNextForUsToo } from './udp/emit';
import { udp } from './udp/endpoint';
import { isIpv4, mapIpv4 } from './wire/address';
import { PROTOCOL_ICMP } from './wire/icmp';
import { PROTOCOL_ICMPV6 } from './wire/icmpv6';
import { ipv4Destination, versionOf } from './wire/ipv4';
import { ipv6Destination } from './wire/ipv6';
import { PROTOCOL_TCP } from './wire/tcp';
import { PROTOCOL_UDP } from './wire/udp';

/** TIME-WAIT records that a poll looks at because time has passed for their ports. */
const RIPENED_AT_ONCE: u32 = 1_024;

/**
 * Processes the packet of `length` octets in the receive window. Marks only: sends nothing (law 4).
 *
 * @returns 0; or, where others share the link, octets of the packet in that window which may be
 *   theirs, whole even if it came in fragments
 */
export function input(length: u32, flags: u32): u32 {
  const d = datagram();
  const verdict = readPacket(length, flags);
  if (verdict == Verdict.DELIVER) deliver(d);
  else if (verdict == Verdict.NOT_OURS) notOurs(d);
  else if (verdict == Verdict.FOR_MANY) deliverToMany(d);
  // What users do next is not the link's.
  d.isBehind = 0;
  return d.isUnclaimed ? d.packetLength : 0;
}

function deliver(d: Datagram): void {
  if (d.isForeign && !isForListeners(d)) {
    notOurs(d);
    return;
  }
  count(Counter.IpInDelivers);
  switch (d.protocol) {
    case PROTOCOL_TCP:
      arrives(d);
      return;
    case PROTOCOL_UDP:
      if (!udpArrives(d)) sendPortUnreachable(d);
      return;
    // Each family has its own, and does not know the other's.
    case PROTOCOL_ICMP:
      if (!isIpv4(d.source0, d.source1)) unknownProtocol(d);
      else if (icmpArrives(d)) errorArrives(d);
      return;
    case PROTOCOL_ICMPV6:
      if (isIpv4(d.source0, d.source1)) unknownProtocol(d);
      else if (icmpArrives(d)) errorArrives(d);
      return;
    default:
      unknownProtocol(d);
  }
}

/**
 * Whether a datagram for an address that is not ours may be for those who listen at any: a segment,
 * or an error about one of theirs. Nobody pings or asks by it whom it was meant for.
 */
function isForListeners(d: Datagram): bool {
  if (d.protocol == PROTOCOL_TCP) return true;
  return (d.protocol == PROTOCOL_ICMP || d.protocol == PROTOCOL_ICMPV6) && !isEcho(d);
}

/** For a group or everybody: no other protocol than UDP may have it (MUST-57). */
function deliverToMany(d: Datagram): void {
  if (d.protocol == PROTOCOL_UDP) {
    count(Counter.IpInDelivers);
    udpArrivesForMany(d);
    return;
  }
  count(Counter.IpInAddrErrors);
  traceDrop(Reason.ILLEGAL_ADDRESS, 1, 0, 0); // MUST-57
}

function unknownProtocol(d: Datagram): void {
  count(Counter.IpInUnknownProtos);
  traceDrop(Reason.UNKNOWN_PROTOCOL, d.protocol, 0, 0);
  sendProtocolUnknown(d);
}

/** Not for us. Where we are the only one on the link who could have that address, we say so. */
function notOurs(d: Datagram): void {
  count(Counter.IpInAddrErrors);
  traceDrop(Reason.NOT_OUR_ADDRESS, 0, 0, 0);
  if (isOnLink(d.destination0, d.destination1)) sendHostUnreachable(d);
  else count(Counter.IpForwardRefused);
}

/** Sets the clock and runs every timer that is due. */
export function poll(at: Instant): void {
  setNow(at);
  for (;;) {
    const due = earliest(timers());
    if (due == 0 || due > now()) break;
    const owner = earliestOwner(timers());
    if (owner <= config().connections) expire(tcbAt(owner));
    else synAckTimeout(owner - config().connections);
  }
  timeWaitTimeout();
  ripen(RIPENED_AT_ONCE);
  reassemblyTimeout();
  agePaths();
  feedStarved();
  reapQuiet();
}

/**
 * Packets without a connection that leave before connections have as many. What a flood is answered
 * with may be a thousand of them, and no established connection is to wait for all; nor is a RST
 * or a handshake for all that connections have to send.
 */
const STRETCH: u32 = 16;

/**
 * Writes the next packet into the transmit window: replies and SYN,ACKs first, a stretch of them,
 * then as much of the connections that are ready, each in its turn. What is for ourselves is looped
 * back; each echo reply among that is to be read before the next takes its place.
 *
 * @returns octets of the packet; 0 when there is nothing to send, or ECHO_REPLY is to be read first
 */
export function output(): u32 {
  const echo = changetype<EchoReply>(ECHO_REPLY);
  echo.more = 0;
  while (true) {
    changetype<Outgoing>(OUTGOING).flags = PacketFlag.CHECKSUM_TRUSTED;
    const length = hasDatagrams() ? emitBeside() : emitNext();
    if (length == 0) {
      store<u32>(OUTPUT_CYCLE, 0);
      return 0;
    }
    if (!isForUs()) return length;
    const seen = echo.count;
    memory.copy(RECEIVE, TRANSMIT, length);
    input(length, PacketFlag.LOOPED_BACK);
    if (echo.count == seen) continue;
    echo.more = 1;
    return 0;
  }
}

/** The next packet, of whose turn it is; where that side has none, the other goes on. */
function emitNext(): u32 {
  const sent = load<u32>(OUTPUT_CYCLE);
  const length = sent < STRETCH ? emitStray() : emitReady();
  if (length != 0) {
    store<u32>(OUTPUT_CYCLE, (sent + 1) % (2 * STRETCH));
    return length;
  }
  if (sent < STRETCH) return emitReady();
  store<u32>(OUTPUT_CYCLE, 0);
  return emitStray();
}

/** The next packet that belongs to no connection: a reply, or else a SYN,ACK. */
function emitStray(): u32 {
  const length = emitReply();
  return length != 0 ? length : emitSynAck();
}

/** The next packet while datagrams wait: of them and of all the others a stretch each. */
function emitBeside(): u32 {
  const sent = udp().turn;
  const length = sent < STRETCH ? 0 : emitNext();
  udp().turn = length != 0 || sent < STRETCH ? (sent + 1) % (2 * STRETCH) : 0;
  return length != 0 ? length : emitNextDatagram();
}

/** The next packet of a datagram; what is for us as well as for others comes back at once. */
function emitNextDatagram(): u32 {
  const comesBack = isNextForUsToo();
  const length = emitDatagram();
  if (!comesBack) return length;
  memory.copy(RECEIVE, TRANSMIT, length);
  input(length, PacketFlag.LOOPED_BACK);
  return length;
}

/** The next packet of a connection. One that has none leaves the queue. */
function emitReady(): u32 {
  for (let tcb = nextInTurn(); tcb != null; tcb = nextInTurn()) {
    if (!has(tcb, Flag.IN_USE)) {
      giveBack(tcb);
      continue;
    }
    const length = transmit(tcb);
    if (length == 0) continue;
    goOn(tcb, length);
    return length;
  }
  return 0;
}

function isForUs(): bool {
  if (versionOf(TRANSMIT) == 4) return isLocal(0, mapIpv4(ipv4Destination(TRANSMIT)));
  const destination = ipv6Destination(TRANSMIT);
  return isLocal(load<u64>(destination), load<u64>(destination, 8));
}

/** When `poll` is to be called next; 0 when nothing is due ever. */
export function deadline(): Instant {
  const heap = timers();
  // The heap's head may be stale, since timers are cancelled lazily: it is filed anew until it is
  // one that is really armed.
  for (let owner = earliestOwner(heap); owner != 0 && owner <= config().connections; ) {
    const tcb = tcbAt(owner);
    const timer = nextTimer(tcb);
    if (timer != Timer.COUNT && armedFor(tcb, timer) == earliest(heap)) break;
    settle(tcb);
    owner = earliestOwner(heap);
  }
  // The next poll tells a user of a page, and answers a host that has not called again.
  if (canFeedStarved() || changetype<EchoReply>(ECHO_REPLY).more) return now();
  return sooner(sooner(earliest(heap), timeWaitDeadline()), reassemblyDeadline());
}

/** The earlier of two moments, of which 0 is never. */
function sooner(a: Instant, b: Instant): Instant {
  return a == 0 || (b != 0 && b < a) ? b : a;
}

/** The next connection with signals for its user; null when there is none. */
export function nextSignaled(): Tcb | null {
  while (true) {
    const index = shift(signalQueue(), tcbs(), SIGNAL_LINK);
    if (index == 0) return null;
    const tcb = tcbAt(index);
    lower(tcb, Flag.SIGNALED);
    if (has(tcb, Flag.IN_USE)) return tcb;
    giveBack(tcb);
  }
}
