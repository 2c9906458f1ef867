/**
 * ICMP and ICMPv6 of a host (RFC 792, RFC 4443, RFC 1122 §3.2.2): echo in both directions, and
 * errors received as far as IP can read them. What an error means to a connection is not known
 * here; errors sent have a file of their own (`icmp-error.ts`).
 */
import { Counter, EchoReply, Endpoint, Reason, Result, Setting } from '../abi';
import { count, uncount } from '../counters';
import { setting } from '../limits';
import { ECHO_REPLY, TEXT } from '../memory';
import { fold, sum } from '../store/copy-sum';
import { traceDrop } from '../trace';
import { isIpv4, mayBeOnWire } from '../wire/address';
import { pseudoSum } from '../wire/checksum';
import {
  echoIdentifier,
  echoSequence,
  Icmp,
  ICMP_CHECKSUM,
  ICMP_HEADER,
  icmpCode,
  icmpType,
  PROTOCOL_ICMP,
  writeIcmp,
} from '../wire/icmp';
import { Icmpv6, PROTOCOL_ICMPV6 } from '../wire/icmpv6';
import { load32 } from '../wire/octets';
import { isLocal } from './address';
import { Datagram } from './datagram';
import { DEFAULT_HOP_LIMIT, largestDatagram } from './output';
import { hasPagesFor, setBody } from './packet';
import { newReply } from './reply';
import { sourceFor } from './route';
import { isLeftToOthers } from './unclaimed';

/**
 * Whether an ICMP message is an error that belongs to `stack.ts`; everything else is dealt with
 * here.
 */
export function icmpArrives(d: Datagram): bool {
  count(Counter.IcmpInMsgs);
  if (d.length < ICMP_HEADER) return bad(Reason.ICMP_CUT, Counter.IcmpInErrors);
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

/** Whether a datagram of ICMP asks for an echo, or is one: no error about what was sent. */
export function isEcho(d: Datagram): bool {
  const type = d.length == 0 ? 0 : icmpType(d.at);
  if (d.protocol == PROTOCOL_ICMP) return type == Icmp.ECHO || type == Icmp.ECHO_REPLY;
  return type == Icmpv6.ECHO_REQUEST || type == Icmpv6.ECHO_REPLY;
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
  if (!ipv4) {
    return (type != 0 && type <= <u32>Icmpv6.PARAMETER_PROBLEM) || unknownType(type);
  }
  switch (type) {
    case Icmp.SOURCE_QUENCH:
      count(Counter.IcmpInSrcQuenchs);
      traceDrop(Reason.SOURCE_QUENCH, 0, 0, 0);
      return false; // MUST-55, RFC 5927 §6.2
    case Icmp.DESTINATION_UNREACHABLE:
    case Icmp.TIME_EXCEEDED:
    case Icmp.PARAMETER_PROBLEM:
      return true;
    default:
      return unknownType(type);
  }
}

function unknownType(type: u32): bool {
  traceDrop(Reason.ICMP_UNKNOWN_TYPE, type, 0, 0);
  return false;
}

/**
 * Answers an echo with the same octets (RFC 1122 §3.2.2.6), from the address it was sent to.
 *
 * DEVIATION: that section turns round the source route an echo came by. Those who may use one at
 * all (Setting.ACCEPT_SOURCE_ROUTE) get their answer the ordinary way.
 */
function echoArrives(d: Datagram, ipv4: bool): void {
  count(Counter.IcmpInEchos);
  if (!setting(Setting.ECHO_REPLY)) {
    traceDrop(Reason.ECHO_IGNORED, 0, 0, 0);
    return;
  }
  if (!hasPagesFor(d.length)) {
    count(Counter.TcpExtReplyQueueDrop);
    traceDrop(Reason.NO_RESOURCES, d.length, 0, 0);
    return;
  }
  const reply = newReply(
    d.protocol,
    ICMP_CHECKSUM,
    DEFAULT_HOP_LIMIT,
    d.destination0,
    d.destination1,
    d.source0,
    d.source1,
  );
  if (reply == null) {
    traceDrop(Reason.REPLY_QUEUE_FULL, 0, 0, 0);
    return;
  }
  writeIcmp(reply.head, ipv4 ? <u32>Icmp.ECHO_REPLY : <u32>Icmpv6.ECHO_REPLY, 0, load32(d.at + 4));
  reply.headLength = ICMP_HEADER;
  setBody(reply, d.at + ICMP_HEADER, d.length - ICMP_HEADER); // RFC 1122 §3.2.2.6
  count(Counter.IcmpOutMsgs);
  count(Counter.IcmpOutEchoReps);
}

function echoReplyArrives(d: Datagram): void {
  const window = changetype<EchoReply>(ECHO_REPLY);
  if (echoIdentifier(d.at) != window.identifier && isLeftToOthers()) {
    uncount(Counter.IcmpInMsgs, 1);
    return;
  }
  count(Counter.IcmpInEchoReps);
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
  if (ICMP_HEADER + length > largestDatagram(to.remote0, to.remote1))
    return Result.INVALID_ARGUMENT;
  if (!hasPagesFor(length)) return Result.INSUFFICIENT_RESOURCES;
  const ipv4 = isIpv4(to.remote0, to.remote1);
  const request = newReply(
    ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6,
    ICMP_CHECKSUM,
    DEFAULT_HOP_LIMIT,
    source.a0,
    source.a1,
    to.remote0,
    to.remote1,
  );
  if (request == null) return Result.INSUFFICIENT_RESOURCES;
  writeIcmp(request.head, ipv4 ? <u32>Icmp.ECHO : <u32>Icmpv6.ECHO_REQUEST, 0, sequence);
  request.headLength = ICMP_HEADER;
  changetype<EchoReply>(ECHO_REPLY).identifier = sequence >> 16;
  if (!setBody(request, TEXT, length)) return Result.INSUFFICIENT_RESOURCES;
  count(Counter.IcmpOutMsgs);
  return Result.OK;
}

/** Code of the ICMP message a datagram holds, with its type above it. */
export function typeAndCode(d: Datagram): u32 {
  return (icmpType(d.at) << 8) | icmpCode(d.at);
}

/**
 * Whether an error may quote a packet from one address to another, 16 octets each at `pair`: those
 * of a packet we can have sent over the wire the error came by.
 */
export function mayQuote(d: Datagram, pair: usize, ipv4: bool): bool {
  if (d.isLooped) return true;
  const source0 = load<u64>(pair);
  const source1 = load<u64>(pair, 8);
  const destination0 = load<u64>(pair, 16);
  const destination1 = load<u64>(pair, 24);
  if (!mayBeOnWire(source0, source1, ipv4)) return false;
  // Who takes what is for any address answers from it.
  if (!isLocal(source0, source1) && setting(Setting.ANY_DESTINATION) == 0) return false;
  return mayBeOnWire(destination0, destination1, ipv4) && !isLocal(destination0, destination1);
}
