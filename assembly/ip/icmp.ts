/**
 * ICMP and ICMPv6 of a host (RFC 792, RFC 4443, RFC 1122 §3.2.2): echo in both directions, errors
 * sent, and errors received as far as IP can read them. What an error means to a connection is not
 * known here.
 */
import { Counter, EchoReply, Endpoint, Reason, Result, Setting } from '../abi';
import { count } from '../counters';
import { PAGE_SIZE, setting } from '../limits';
import { ECHO_REPLY, TEXT } from '../memory';
import { pagesToSpare } from '../pools';
import { fold, sum } from '../store/copy-sum';
import { now, SECOND } from '../time';
import { traceDrop } from '../trace';
import { isIpv4 } from '../wire/address';
import { pseudoSum } from '../wire/checksum';
import {
  echoIdentifier,
  echoSequence,
  Icmp,
  ICMP_HEADER,
  icmpCode,
  icmpType,
  PROTOCOL_ICMP,
  Unreachable,
  writeIcmp,
} from '../wire/icmp';
import { Icmpv6, PROTOCOL_ICMPV6, Unreachable6, UNRECOGNIZED_NEXT_HEADER } from '../wire/icmpv6';
import { FRAGMENT_OFFSET, ipv4Fragment } from '../wire/ipv4';
import { load32 } from '../wire/octets';
import { Datagram } from './datagram';
import { DEFAULT_HOP_LIMIT, largestTransport } from './output';
import { newReply, setBody } from './reply';
import { isLocal, isNoUnicast, sourceFor } from './route';

/** Offset of the checksum, in both. */
const CHECKSUM: u32 = 2;
/** Octets an error's packet may have: IPv4 by RFC 1812 §4.3.2.3, IPv6 by RFC 4443 §2.4 (c). */
const LARGEST_ERROR_IPV4: u32 = 576;
const LARGEST_ERROR_IPV6: u32 = 1_280;
/** Errors sent a second at most (RFC 1812 §4.3.2.8, RFC 4443 §2.4 (f)). */
const ERRORS_A_SECOND: u32 = 100;

/** What an error packet is about, for the two families alike. */
export enum Complaint {
  PROTOCOL,
  PORT,
  HOST,
}

/**
 * Whether an ICMP message is an error that belongs to `stack.ts`; everything else is dealt with
 * here.
 */
export function icmpArrives(d: Datagram): bool {
  count(Counter.IcmpInMsgs);
  if (d.length < ICMP_HEADER) return bad(Reason.TRUNCATED, Counter.IcmpInErrors);
  const ipv4 = d.protocol == PROTOCOL_ICMP;
  if (!d.checksumTrusted && !checksumHolds(d, ipv4)) {
    return bad(Reason.BAD_CHECKSUM, Counter.IcmpInCsumErrors);
  }
  const type = icmpType(d.at);
  if (type == (ipv4 ? <u32>Icmp.ECHO : <u32>Icmpv6.ECHO_REQUEST)) {
    echoArrives(d, ipv4);
    return false;
  }
  if (type == (ipv4 ? <u32>Icmp.ECHO_REPLY : <u32>Icmpv6.ECHO_REPLY)) {
    echoReplyArrives(d);
    return false;
  }
  return isError(type, ipv4);
}

function bad(reason: Reason, counter: Counter): bool {
  count(Counter.IcmpInErrors);
  if (counter != Counter.IcmpInErrors) count(counter);
  traceDrop(reason, 0, 0, 0);
  return false;
}

function checksumHolds(d: Datagram, ipv4: bool): bool {
  let total = sum(d.at, d.length);
  if (!ipv4) {
    total += pseudoSum(
      d.source0,
      d.source1,
      d.destination0,
      d.destination1,
      PROTOCOL_ICMPV6,
      d.length,
    );
  }
  return fold(total) == 0xffff;
}

function isError(type: u32, ipv4: bool): bool {
  if (!ipv4) return type != 0 && type <= <u32>Icmpv6.PARAMETER_PROBLEM;
  switch (type) {
    case Icmp.SOURCE_QUENCH:
      count(Counter.IcmpInSrcQuenchs);
      return false; // MUST-55, RFC 5927 §6.2
    case Icmp.DESTINATION_UNREACHABLE:
    case Icmp.TIME_EXCEEDED:
    case Icmp.PARAMETER_PROBLEM:
      return true;
    default:
      return false;
  }
}

/**
 * Answers an echo with the same octets (RFC 1122 §3.2.2.6), from the address it was sent to.
 *
 * DEVIATION: that section turns round the source route an echo came by. Those who may use one at
 * all (Setting.ACCEPT_SOURCE_ROUTE) get their answer the ordinary way.
 */
function echoArrives(d: Datagram, ipv4: bool): void {
  count(Counter.IcmpInEchos);
  if (!setting(Setting.ECHO_REPLY) || isNoUnicast(d.source0, d.source1)) return;
  if (d.length > largestTransport(d.source0, d.source1) || !hasPagesFor(d.length)) return;
  const reply = newReply(
    d.protocol,
    CHECKSUM,
    DEFAULT_HOP_LIMIT,
    d.destination0,
    d.destination1,
    d.source0,
    d.source1,
  );
  if (reply == null) return;
  writeIcmp(reply.head, ipv4 ? <u32>Icmp.ECHO_REPLY : <u32>Icmpv6.ECHO_REPLY, 0, load32(d.at + 4));
  reply.headLength = ICMP_HEADER;
  setBody(reply, d.at + ICMP_HEADER, d.length - ICMP_HEADER);
  count(Counter.IcmpOutMsgs);
  count(Counter.IcmpOutEchoReps);
}

/** Whether an echo of that many octets can be held whole until it is sent. */
function hasPagesFor(length: u32): bool {
  return length / PAGE_SIZE + 1 <= pagesToSpare();
}

function echoReplyArrives(d: Datagram): void {
  count(Counter.IcmpInEchoReps);
  const window = changetype<EchoReply>(ECHO_REPLY);
  window.from0 = d.source0;
  window.from1 = d.source1;
  window.sequence = (echoIdentifier(d.at) << 16) | echoSequence(d.at);
  window.length = d.length - ICMP_HEADER;
  window.hopLimit = d.hopLimit;
  window.count++;
}

/**
 * Queues an echo request to the remote address of an endpoint, with the first octets of the text
 * window.
 *
 * @param sequence identifier in the upper, sequence number in the lower sixteen bits
 */
export function sendEcho(to: Endpoint, sequence: u32, length: u32): Result {
  const source = sourceFor(to.remote0, to.remote1);
  if (source == null) return Result.NETWORK_UNREACHABLE;
  if (ICMP_HEADER + length > largestTransport(to.remote0, to.remote1))
    return Result.INVALID_ARGUMENT;
  if (!hasPagesFor(length)) return Result.INSUFFICIENT_RESOURCES;
  const ipv4 = isIpv4(to.remote0, to.remote1);
  const request = newReply(
    ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6,
    CHECKSUM,
    DEFAULT_HOP_LIMIT,
    source.a0,
    source.a1,
    to.remote0,
    to.remote1,
  );
  if (request == null) return Result.INSUFFICIENT_RESOURCES;
  writeIcmp(request.head, ipv4 ? <u32>Icmp.ECHO : <u32>Icmpv6.ECHO_REQUEST, 0, sequence);
  request.headLength = ICMP_HEADER;
  if (!setBody(request, TEXT, length)) return Result.INSUFFICIENT_RESOURCES;
  count(Counter.IcmpOutMsgs);
  return Result.OK;
}

/** Tells the sender of a datagram that it can not be delivered, quoting as much of it as fits. */
export function complain(d: Datagram, complaint: Complaint): void {
  const ipv4 = isIpv4(d.source0, d.source1);
  if (!mayComplain(d, ipv4)) return;
  const source = sourceFor(d.source0, d.source1);
  if (source == null) return;
  // From the address that was meant, if it is ours (RFC 4443 §2.2).
  const isOurs = isLocal(d.destination0, d.destination1);
  const reply = newReply(
    ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6,
    CHECKSUM,
    DEFAULT_HOP_LIMIT,
    isOurs ? d.destination0 : source.a0,
    isOurs ? d.destination1 : source.a1,
    d.source0,
    d.source1,
  );
  if (reply == null) return;
  if (ipv4) {
    writeIcmp(reply.head, Icmp.DESTINATION_UNREACHABLE, codeIpv4(complaint), 0);
  } else if (complaint == Complaint.PROTOCOL) {
    // The pointer names the octet at fault: the next-header field of the fixed header.
    writeIcmp(reply.head, Icmpv6.PARAMETER_PROBLEM, UNRECOGNIZED_NEXT_HEADER, 6);
  } else {
    const code = complaint == Complaint.PORT ? Unreachable6.PORT : Unreachable6.ADDRESS;
    writeIcmp(reply.head, Icmpv6.DESTINATION_UNREACHABLE, code, 0);
  }
  reply.headLength = ICMP_HEADER;
  const room = ipv4 ? LARGEST_ERROR_IPV4 - 28 : LARGEST_ERROR_IPV6 - 48;
  setBody(reply, d.packet, min(d.packetLength, room));
  count(Counter.IcmpOutMsgs);
  count(Counter.IcmpOutDestUnreachs);
}

function codeIpv4(complaint: Complaint): u32 {
  switch (complaint) {
    case Complaint.PROTOCOL:
      return Unreachable.PROTOCOL;
    case Complaint.PORT:
      return Unreachable.PORT;
    default:
      return Unreachable.HOST;
  }
}

/**
 * Never about an ICMP error, never to a group, and not more than so many a second (RFC 1122
 * §3.2.2).
 */
function mayComplain(d: Datagram, ipv4: bool): bool {
  if (isNoUnicast(d.source0, d.source1)) return false;
  // Only the first fragment says what it is about.
  if (ipv4 && (ipv4Fragment(d.packet) & FRAGMENT_OFFSET) != 0) return false;
  if (d.protocol == (ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) {
    if (d.length < ICMP_HEADER || isError(icmpType(d.at), ipv4)) return false;
  }
  const second = <u32>(now() / SECOND);
  const window = changetype<ErrorBudget>(ECHO_REPLY + 48);
  if (window.second != second) {
    window.second = second;
    window.sent = 0;
  }
  if (window.sent++ < ERRORS_A_SECOND) return true;
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

/** Code of the ICMP message a datagram holds, with its type above it. */
export function typeAndCode(d: Datagram): u32 {
  return (icmpType(d.at) << 8) | icmpCode(d.at);
}
