/**
 * ICMP errors that arrive (RFC 792, RFC 4443, RFC 1122 §3.2.2): from what they quote to the
 * connection, or the socket of UDP, whose packet it was. Beside `stack.ts` the one file that knows
 * both IP and the transports. Not here: what an error means to them.
 */
import { Counter, Reason, Result } from './abi';
import { count, uncount } from './counters';
import { Datagram } from './ip/datagram';
import { mayQuote, typeAndCode } from './ip/icmp';
import { isLeftToOthers } from './ip/unclaimed';
import { SCRATCH } from './memory';
import { Trouble, troubleArrives } from './tcp/unreachable';
import { traceDrop } from './trace';
import { udpErrorArrives } from './udp/arrives';
import { mapIpv4 } from './wire/address';
import { Icmp, ICMP_HEADER, nextHopMtu, PROTOCOL_ICMP, Unreachable } from './wire/icmp';
import { Icmpv6, packetTooBigMtu, Unreachable6 } from './wire/icmpv6';
import {
  FRAGMENT_OFFSET,
  ipv4Fragment,
  IPV4_HEADER,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  versionOf,
} from './wire/ipv4';
import {
  endOfChain,
  IPV6_HEADER,
  ipv6Destination,
  ipv6NextHeader,
  ipv6Source,
  NO_END,
  NO_NEXT_HEADER,
} from './wire/ipv6';
import { load16, load32 } from './wire/octets';
import { finalDestination } from './wire/source-route';
import { PROTOCOL_TCP } from './wire/tcp';
import { PROTOCOL_UDP } from './wire/udp';

/** An ICMP error: reads the quoted headers and takes it to the connection it is about (MUST-54). */
export function errorArrives(d: Datagram): void {
  const ipv4 = d.protocol == PROTOCOL_ICMP;
  const quoted: usize = d.at + ICMP_HEADER;
  const length = d.length - ICMP_HEADER;
  if (length >= IPV4_HEADER && versionOf(quoted) != (ipv4 ? 4 : 6)) {
    badError(Reason.ICMP_QUOTE_ILLEGAL);
    return;
  }
  const quote = ipv4 ? quotedIpv4(quoted, length) : quotedIpv6(quoted, length);
  const header = quote >> 8;
  // RFC 792: eight octets of the transport's header are quoted, enough for ports and sequence
  // number.
  if (quote == NO_END || length < header + 8) {
    badError(Reason.ICMP_CUT);
    return;
  }
  if (header < IPV4_HEADER) {
    badError(Reason.ICMP_QUOTE_ILLEGAL);
    return;
  }
  const protocol = quote & 0xff;
  const trouble = ipv4 ? troubleIpv4(typeAndCode(d)) : troubleIpv6(typeAndCode(d));
  const counter = counterOf(typeAndCode(d) >> 8, ipv4);
  if (counter != Counter.COUNT) count(counter);
  const isOurs = protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
  if (!isOurs || trouble == Trouble.NONE) {
    count(Counter.IcmpInUnmatched);
    traceDrop(Reason.ICMP_UNMATCHED, protocol, 0, 0);
    return;
  }
  const tuple = SCRATCH + 64;
  if (ipv4) {
    store<u64>(tuple, 0);
    store<u64>(tuple, mapIpv4(ipv4Source(quoted)), 8);
    store<u64>(tuple, 0, 16);
    store<u64>(tuple, mapIpv4(finalDestination(quoted)), 24);
  } else {
    memory.copy(tuple, ipv6Source(quoted), 16);
    memory.copy(tuple + 16, ipv6Destination(quoted), 16);
  }
  if (!mayQuote(d, tuple, ipv4)) {
    badError(Reason.ICMP_QUOTE_ILLEGAL);
    return;
  }
  store<u16>(tuple, <u16>load16(quoted + header), 32);
  store<u16>(tuple, <u16>load16(quoted + header + 2), 34);
  const mtu = ipv4 ? nextHopMtu(d.at) : packetTooBigMtu(d.at);
  const seq = load32(quoted + header + 4);
  const isTaken =
    protocol == PROTOCOL_TCP
      ? troubleArrives(tuple, seq, trouble, mtu)
      : udpErrorArrives(tuple, resultOf(trouble), trouble == Trouble.TOO_BIG ? max(mtu, 1) : 0);
  if (!isTaken) nobodysError(seq, counter);
}

/** Octets of a quoted header and, in eight bits below, what is behind it; NO_END if it is cut. */
function quotedIpv4(quoted: usize, length: u32): u32 {
  if (length < IPV4_HEADER) return NO_END;
  // A later fragment does not begin with a transport's header.
  const isLater = (ipv4Fragment(quoted) & FRAGMENT_OFFSET) != 0;
  return (ipv4HeaderLength(quoted) << 8) | (isLater ? NO_NEXT_HEADER : ipv4Protocol(quoted));
}

/** The same of IPv6, with its extension headers: what left in fragments has one. */
function quotedIpv6(quoted: usize, length: u32): u32 {
  if (length < IPV6_HEADER) return NO_END;
  const end = endOfChain(ipv6NextHeader(quoted), quoted + IPV6_HEADER, length - IPV6_HEADER);
  return end == NO_END ? NO_END : end + (IPV6_HEADER << 8);
}

/** What an error means to who sends datagrams. */
function resultOf(trouble: Trouble): Result {
  return trouble == Trouble.HARD ? Result.CONNECTION_REFUSED : Result.HOST_UNREACHABLE;
}

/** An error about a connection that nobody here has; `counter` has counted it. */
function nobodysError(seq: u32, counter: Counter): void {
  if (isLeftToOthers()) {
    uncount(Counter.IcmpInMsgs, 1);
    if (counter != Counter.COUNT) uncount(counter, 1);
    return;
  }
  count(Counter.IcmpInUnmatched);
  traceDrop(Reason.ICMP_UNMATCHED, seq, 0, 0);
}

/** What counts errors of that type; COUNT where nothing does. */
function counterOf(type: u32, ipv4: bool): Counter {
  const unreachable = ipv4 ? <u32>Icmp.DESTINATION_UNREACHABLE : Icmpv6.DESTINATION_UNREACHABLE;
  const exceeded = ipv4 ? <u32>Icmp.TIME_EXCEEDED : Icmpv6.TIME_EXCEEDED;
  if (type == unreachable) return Counter.IcmpInDestUnreachs;
  if (type == exceeded) return Counter.IcmpInTimeExcds;
  return !ipv4 && type == Icmpv6.PACKET_TOO_BIG ? Counter.COUNT : Counter.IcmpInParmProbs;
}

function badError(reason: Reason): void {
  count(Counter.IcmpInErrors);
  traceDrop(reason, 0, 0, 0);
}

function troubleIpv4(typeAndCode: u32): Trouble {
  if (typeAndCode >> 8 != Icmp.DESTINATION_UNREACHABLE) return Trouble.SOFT;
  const code = typeAndCode & 0xff;
  if (code == Unreachable.FRAGMENTATION_NEEDED) return Trouble.TOO_BIG;
  if (code == Unreachable.PROTOCOL || code == Unreachable.PORT) return Trouble.HARD;
  return Trouble.SOFT;
}

function troubleIpv6(typeAndCode: u32): Trouble {
  switch (typeAndCode >> 8) {
    case Icmpv6.DESTINATION_UNREACHABLE:
      return (typeAndCode & 0xff) == Unreachable6.PORT ? Trouble.HARD : Trouble.SOFT;
    case Icmpv6.PACKET_TOO_BIG:
      return Trouble.TOO_BIG;
    default:
      return Trouble.SOFT;
  }
}
