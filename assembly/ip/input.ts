/**
 * IP input (RFC 791, RFC 8200, RFC 1122 §3.2.1): from octets of the link to a datagram for us.
 *
 * Validates, judges the addresses, walks over extension headers, and answers whether `datagram()`
 * now holds something for an upper protocol. It never calls up. IPv4 options are passed over
 * (MUST-50), but for a source route, which is refused or noted. Fragments go to `reassembly.ts` and
 * come back as one datagram; the extension headers of IPv6 have a file of their own.
 */
import { Counter, PacketFlag, Reason, Setting } from '../abi';
import { count } from '../counters';
import { setting } from '../limits';
import { RECEIVE } from '../memory';
import { traceDrop } from '../trace';
import { isIpv4, mapIpv4, mayBeOnWire } from '../wire/address';
import {
  FRAGMENT_OFFSET,
  ipv4ChecksumHolds,
  ipv4Destination,
  ipv4Diffserv,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TimeToLive,
  ipv4TotalLength,
  IPV4_HEADER,
  MORE_FRAGMENTS,
  versionOf,
} from '../wire/ipv4';
import {
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  ipv6Destination,
  ipv6HopLimit,
  ipv6NextHeader,
  ipv6PayloadLength,
  ipv6Source,
  ipv6TrafficClass,
} from '../wire/ipv6';
import { faultyOctet, findSourceRoute, isComplete, MALFORMED } from '../wire/source-route';
import { PROTOCOL_TCP } from '../wire/tcp';
import { PROTOCOL_UDP } from '../wire/udp';
import { isDirectedBroadcast, isGiven, isUnicast } from './address';
import { CODEPOINT, Datagram, datagram } from './datagram';
import { walkExtensions } from './extensions';
import { isHeard } from './groups';
import { sendParameterProblem } from './icmp-error';
import { isJudged, noteJudged } from './judged';
import { reassembleIpv4 } from './reassembly';
import { hasUsableHops } from './source-route';

/** What is to be done with a packet. */
export enum Verdict {
  /** Nothing: it was dropped, and counted. */
  DROP,
  /** It is for us: `datagram()` has it. */
  DELIVER,
  /** It is for a group or for everybody, and so for UDP alone: `datagram()` has it. */
  FOR_MANY,
  /** It is for an address that is not ours. */
  NOT_OURS,
}

/** Reads the packet of `length` octets in the receive window. */
export function readPacket(length: u32, flags: u32): Verdict {
  count(Counter.IpInReceives);
  const d = datagram();
  d.packet = <u32>RECEIVE;
  d.sourceRoute = 0;
  d.isLooped = flags & PacketFlag.LOOPED_BACK ? 1 : 0;
  d.isForeign = 0;
  d.isBehind = flags & PacketFlag.BEHIND ? 1 : 0;
  d.isShared = flags & PacketFlag.SHARED ? 1 : 0;
  d.isUnclaimed = 0;
  d.checksumPartial = flags & PacketFlag.CHECKSUM_PARTIAL ? 1 : 0;
  d.segmentSize = flags / PacketFlag.SEGMENT_SIZE;
  d.checksumTrusted = flags & (PacketFlag.CHECKSUM_TRUSTED | PacketFlag.LOOPED_BACK) ? 1 : 0;
  if (length == 0) return dropped(Counter.IpInTruncatedPkts, Reason.TRUNCATED, 0);
  const version = versionOf(RECEIVE);
  if (version == 4) return readIpv4(d, length);
  if (version == 6) return readIpv6(d, length);
  return dropped(Counter.IpInHdrErrors, Reason.BAD_IP_VERSION, version);
}

function dropped(counter: Counter, reason: Reason, a: u32): Verdict {
  count(counter);
  traceDrop(reason, a, 0, 0);
  return Verdict.DROP;
}

function readIpv4(d: Datagram, length: u32): Verdict {
  const at = RECEIVE;
  if (length < IPV4_HEADER) return dropped(Counter.IpInTruncatedPkts, Reason.TRUNCATED, length);
  const header = ipv4HeaderLength(at);
  const total = ipv4TotalLength(at);
  if (header < IPV4_HEADER || total < header) {
    return dropped(Counter.IpInHdrErrors, Reason.BAD_IP_HEADER, header);
  }
  // What the link brings beyond the total length is padding, not text.
  if (total > length) return dropped(Counter.IpInTruncatedPkts, Reason.TRUNCATED, total);
  if (!ipv4ChecksumHolds(at))
    return dropped(Counter.IpInCsumErrors, Reason.BAD_IP_CHECKSUM, header);
  d.source0 = 0;
  d.source1 = mapIpv4(ipv4Source(at));
  d.destination0 = 0;
  d.destination1 = mapIpv4(ipv4Destination(at));
  d.packetLength = total;
  d.at = <u32>at + header; // MUST-50
  d.length = total - header;
  d.protocol = ipv4Protocol(at);
  d.hopLimit = ipv4TimeToLive(at);
  d.diffserv = ipv4Diffserv(at);
  countCodepoint(d);
  const verdict = judgeAddresses(d, 4);
  if (verdict == Verdict.DROP || verdict == Verdict.NOT_OURS) return verdict;
  if (header != IPV4_HEADER && !readOptions(d, header)) return Verdict.DROP;
  if ((ipv4Fragment(at) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) == 0) return verdict;
  if (!reassembleIpv4(d)) return Verdict.DROP;
  // The first fragment's header stands there now.
  if (d.sourceRoute != 0) d.sourceRoute = <u32>findSourceRoute(at + IPV4_HEADER, d.at);
  return verdict;
}

/**
 * Reads the options of an IPv4 header: a source route is noted, all else is passed over. Answers
 * whether the packet may be ours.
 */
function readOptions(d: Datagram, header: u32): bool {
  const begin = d.packet + IPV4_HEADER;
  const sourceRoute = findSourceRoute(begin, d.packet + header);
  if (sourceRoute == 0) return true;
  if (sourceRoute == MALFORMED) {
    dropped(Counter.IpInHdrErrors, Reason.BAD_IP_OPTION, header);
    // RFC 1122 §3.2.2.5
    sendParameterProblem(d, 0, <u32>faultyOctet(begin, d.packet + header));
    return false;
  }
  // TCP may know it as the answer to a route of ours; nobody else has any, and fragments, which are
  // joined before anybody could look, come from no TCP that knows the path.
  const isWhole = (ipv4Fragment(d.packet) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) == 0;
  const isSegment = d.protocol == PROTOCOL_TCP && isWhole;
  const mayAccept = isSegment || setting(Setting.ACCEPT_SOURCE_ROUTE) != 0;
  // One that is not complete asks us to pass it on, which is for routers.
  if (!mayAccept || !isComplete(sourceRoute) || !hasUsableHops(sourceRoute)) {
    dropped(Counter.IpSourceRouteRefused, Reason.SOURCE_ROUTE_REFUSED, header);
    return false;
  }
  d.sourceRoute = <u32>sourceRoute;
  return true;
}

/** Its four counters stand in the order of the codepoints. */
function countCodepoint(d: Datagram): void {
  count(<Counter>(<u32>Counter.IpExtInNoECTPkts + (d.diffserv & CODEPOINT)));
}

function readIpv6(d: Datagram, length: u32): Verdict {
  const at = RECEIVE;
  if (length < IPV6_HEADER) return dropped(Counter.IpInTruncatedPkts, Reason.TRUNCATED, length);
  const total = IPV6_HEADER + ipv6PayloadLength(at);
  if (total > length) return dropped(Counter.IpInTruncatedPkts, Reason.TRUNCATED, total);
  d.source0 = load<u64>(ipv6Source(at));
  d.source1 = load<u64>(ipv6Source(at), 8);
  d.destination0 = load<u64>(ipv6Destination(at));
  d.destination1 = load<u64>(ipv6Destination(at), 8);
  d.packetLength = total;
  d.hopLimit = ipv6HopLimit(at);
  d.diffserv = ipv6TrafficClass(at);
  countCodepoint(d);
  d.at = <u32>at + IPV6_HEADER;
  d.length = total - IPV6_HEADER;
  d.protocol = ipv6NextHeader(at);
  d.namedAt = <u32>at + IPV6_NEXT_HEADER;
  const verdict = judgeAddresses(d, 6);
  if (verdict == Verdict.DROP || verdict == Verdict.NOT_OURS) return verdict;
  return walkExtensions(d) ? verdict : Verdict.DROP;
}

/** Judges who sent it and for whom (RFC 1122 §3.2.1.3). */
function judgeAddresses(d: Datagram, version: u32): Verdict {
  // What we have sent to ourselves was judged when it was sent.
  if (d.isLooped) {
    const isSingle = isUnicast(d.destination0, d.destination1);
    return isSingle ? Verdict.DELIVER : Verdict.FOR_MANY;
  }
  if (isJudged(d, version)) return Verdict.DELIVER;
  const verdict = judgeAnew(d, version == 4);
  if (verdict == Verdict.DELIVER && d.isForeign == 0) noteJudged(d, version);
  return verdict;
}

function judgeAnew(d: Datagram, ipv4: bool): Verdict {
  // Nobody on the link has our address or the loopback's: LAND and its kin end here (MUST-63).
  const isNobodys =
    !mayBeOnWire(d.source0, d.source1, ipv4) ||
    isGiven(d.source0, d.source1) ||
    isDirectedBroadcast(d.source0, d.source1);
  if (isNobodys) return martian(0); // MUST-63, RFC 1122 §3.2.1.3a, §4.1.3.6a
  const isSingle = mayBeOnWire(d.destination0, d.destination1, ipv4);
  if (isSingle && isGiven(d.destination0, d.destination1)) return Verdict.DELIVER;
  if (!isSingle || isDirectedBroadcast(d.destination0, d.destination1)) {
    return mayBeHeard(d, ipv4) ? Verdict.FOR_MANY : martian(1); // MUST-57
  }
  if (setting(Setting.ANY_DESTINATION) == 0) return Verdict.NOT_OURS;
  d.isForeign = 1;
  return Verdict.DELIVER;
}

/** Whether a packet for a group or everybody may be UDP's, and anybody here hears that address. */
function mayBeHeard(d: Datagram, ipv4: bool): bool {
  // What IPv6 carries stands behind its extension headers.
  const mayBeUdp = !ipv4 || d.protocol == PROTOCOL_UDP;
  // IPv4's in their mapped form are no addresses of IPv6.
  const isOfFamily = isIpv4(d.destination0, d.destination1) == ipv4; // RFC 4291 §2.5.5
  return mayBeUdp && isOfFamily && isHeard(d.destination0, d.destination1);
}

/** Drops a packet for an address: 0 its source's, 1 its destination's. */
function martian(which: u32): Verdict {
  return dropped(Counter.IpInAddrErrors, Reason.ILLEGAL_ADDRESS, which);
}
