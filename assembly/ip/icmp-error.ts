/**
 * ICMP errors we send (RFC 792, RFC 1122 §3.2.2, RFC 4443 §2.4 and §3).
 *
 * Each quotes the packet it is about, as much of it as fits. Whether one may be sent at all is
 * decided here: never about another error, a later fragment, or what was for a group or everybody,
 * and not more than so many a second. That its source was one host has been seen to where its
 * addresses were judged (`input.ts`).
 */
import { Counter, EchoReply } from '../abi';
import { count } from '../counters';
import { ECHO_REPLY } from '../memory';
import { secondsNow } from '../time';
import { sum } from '../store/copy-sum';
import { isIpv4 } from '../wire/address';
import { finish } from '../wire/checksum';
import {
  Icmp,
  ICMP_CHECKSUM,
  ICMP_HEADER,
  LAST_KNOWN_ICMP,
  PROTOCOL_ICMP,
  REASSEMBLY,
  Unreachable,
  writeIcmp,
} from '../wire/icmp';
import { Icmpv6, isIcmpv6Error, Parameter6, PROTOCOL_ICMPV6, Unreachable6 } from '../wire/icmpv6';
import { FRAGMENT_OFFSET, ipv4Fragment, ipv4HeaderLength, ipv4Protocol } from '../wire/ipv4';
import { endOfChain, IPV6_HEADER, ipv6NextHeader, NO_END } from '../wire/ipv6';
import { PROTOCOL_TCP, TCP_CHECKSUM } from '../wire/tcp';
import { PROTOCOL_UDP, UDP_CHECKSUM } from '../wire/udp';
import { isLocal, isUnicast } from './address';
import { Datagram } from './datagram';
import { DEFAULT_HOP_LIMIT } from './output';
import { hasPagesFor, setBody } from './packet';
import { newReply } from './reply';
import { sourceFor } from './route';

/** Octets an error's packet may have: IPv4 by RFC 1812 §4.3.2.3, IPv6 by RFC 4443 §2.4 (c). */
const LARGEST_ERROR_IPV4: u32 = 576;
const LARGEST_ERROR_IPV6: u32 = 1_280;
/** Errors sent a second at most (RFC 1812 §4.3.2.8, RFC 4443 §2.4 (f)). */
const ERRORS_A_SECOND: u32 = 100;

/** Nobody here knows the protocol of a datagram. */
export function sendProtocolUnknown(d: Datagram): void {
  if (isIpv4(d.source0, d.source1)) sendUnreachable(d, Unreachable.PROTOCOL);
  else sendParameterProblem(d, Parameter6.UNRECOGNIZED_NEXT_HEADER, d.namedAt);
}

/** Nobody here has the port a datagram is for. */
export function sendPortUnreachable(d: Datagram): void {
  const ipv4 = isIpv4(d.source0, d.source1);
  sendUnreachable(d, ipv4 ? <u32>Unreachable.PORT : <u32>Unreachable6.PORT);
}

/** Nobody has the address a datagram is for. */
export function sendHostUnreachable(d: Datagram): void {
  const ipv4 = isIpv4(d.source0, d.source1);
  sendUnreachable(d, ipv4 ? <u32>Unreachable.HOST : <u32>Unreachable6.ADDRESS);
}

function sendUnreachable(d: Datagram, code: u32): void {
  const ipv4 = isIpv4(d.source0, d.source1);
  const type = ipv4 ? <u32>Icmp.DESTINATION_UNREACHABLE : <u32>Icmpv6.DESTINATION_UNREACHABLE;
  if (send(d, type, code, 0)) count(Counter.IcmpOutDestUnreachs);
}

/** A datagram did not come whole in time; `d` describes its first fragment. */
export function sendReassemblyTimeExceeded(d: Datagram): void {
  const ipv4 = isIpv4(d.source0, d.source1);
  const type = ipv4 ? <u32>Icmp.TIME_EXCEEDED : <u32>Icmpv6.TIME_EXCEEDED;
  if (send(d, type, REASSEMBLY, 0)) count(Counter.IcmpOutTimeExcds);
}

/**
 * The octet at `at`, within the packet, can not be understood.
 *
 * @param code one of Parameter6; IPv4 has 0 alone
 */
export function sendParameterProblem(d: Datagram, code: u32, at: u32): void {
  const pointer = at - d.packet;
  const ipv4 = isIpv4(d.source0, d.source1);
  const wasSent = ipv4
    ? send(d, Icmp.PARAMETER_PROBLEM, code, pointer << 24)
    : send(d, Icmpv6.PARAMETER_PROBLEM, code, pointer);
  if (wasSent) count(Counter.IcmpOutParmProbs);
}

/** Queues an error about a packet; answers whether it may be sent. */
function send(d: Datagram, type: u32, code: u32, rest: u32): bool {
  const ipv4 = isIpv4(d.source0, d.source1);
  const room = ipv4 ? LARGEST_ERROR_IPV4 - 28 : LARGEST_ERROR_IPV6 - 48;
  const quoted = min(d.packetLength, room);
  const source = sourceFor(d.source0, d.source1);
  if (source == null || isAboutError(d, ipv4)) return false;
  if (!isUnicast(d.destination0, d.destination1)) return false; // RFC 1122 §3.2.2c, RFC 4443 §2.4c
  if (!hasPagesFor(quoted) || !isInRate()) return false;
  // From the address that was meant, if it is ours (RFC 4443 §2.2).
  const isOurs = isLocal(d.destination0, d.destination1);
  const reply = newReply(
    ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6,
    ICMP_CHECKSUM,
    DEFAULT_HOP_LIMIT,
    isOurs ? d.destination0 : source.a0,
    isOurs ? d.destination1 : source.a1,
    d.source0,
    d.source1,
  );
  if (reply == null) return false;
  writeIcmp(reply.head, type, code, rest);
  reply.headLength = ICMP_HEADER;
  if (d.checksumPartial) completeChecksum(d);
  setBody(reply, d.packet, quoted);
  count(Counter.IcmpOutMsgs);
  return true;
}

/** What is quoted is what a wire would have carried: a checksum that was left out is filled in. */
function completeChecksum(d: Datagram): void {
  const at = d.protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
  if (d.protocol != PROTOCOL_TCP && d.protocol != PROTOCOL_UDP) return;
  if (<usize>d.length < at + 2) return;
  // Its place holds the pseudo header's sum, which is added with the rest.
  const checksum = finish(sum(d.at, d.length));
  // RFC 768: zero would say that there is none.
  store<u16>(<usize>d.at + at, <u16>(checksum == 0 ? 0xffff : checksum));
  d.checksumPartial = 0;
}

/** Whether a packet is an ICMP error, or a fragment that does not say what it is. */
function isAboutError(d: Datagram, ipv4: bool): bool {
  if (!ipv4) return isAboutIcmpv6Error(d);
  if ((ipv4Fragment(d.packet) & FRAGMENT_OFFSET) != 0) return true; // RFC 1122 §3.2.2b
  const header = ipv4HeaderLength(d.packet);
  if (ipv4Protocol(d.packet) != PROTOCOL_ICMP) return false;
  if (d.packetLength <= header) return true;
  const type: u32 = load<u8>(d.packet + header);
  switch (type) {
    case Icmp.DESTINATION_UNREACHABLE:
    case Icmp.SOURCE_QUENCH:
    case Icmp.REDIRECT:
    case Icmp.TIME_EXCEEDED:
    case Icmp.PARAMETER_PROBLEM:
      return true; // RFC 1122 §3.2.2a
    default:
      return type > LAST_KNOWN_ICMP;
  }
}

function isAboutIcmpv6Error(d: Datagram): bool {
  const at = d.packet + IPV6_HEADER;
  const length = d.packetLength - IPV6_HEADER;
  const end = endOfChain(ipv6NextHeader(d.packet), at, length);
  if (end == NO_END || (end & 0xff) != PROTOCOL_ICMPV6) return false;
  // A first fragment may end before it says so.
  if (end >> 8 == length) return false;
  const type: u32 = load<u8>(at + (end >> 8));
  return isIcmpv6Error(type) || type == Icmpv6.REDIRECT; // RFC 4443 §2.4a
}

/** Whether one more may be sent this second. */
function isInRate(): bool {
  const second = secondsNow();
  const window = changetype<ErrorBudget>(ECHO_REPLY + 48);
  if (window.second != second) {
    window.second = second;
    window.sent = 0;
  }
  if (window.sent++ < ERRORS_A_SECOND) return true; // RFC 4443 §2.4b
  count(Counter.IcmpOutRateLimited);
  return false;
}

/** Errors sent in the current second. */
@unmanaged
class ErrorBudget {
  second: u32;
  sent: u32;
}

if (offsetof<EchoReply>() > 48) ERROR('the error budget lies behind the echo reply');
