/**
 * IPv6 extension headers (RFC 8200 §4): the walk over them, and the options in two of them.
 *
 * None means anything to a host without routing headers, mobility or jumbograms: they are passed
 * over. But they say themselves what is to happen when somebody does not know them, and that is
 * done: dropped in silence, or dropped and told, with a pointer to the octet in question.
 */
import { Counter, Reason } from '../abi';
import { count } from '../counters';
import { traceDrop } from '../trace';
import { Parameter6 } from '../wire/icmpv6';
import {
  extensionLength,
  FRAGMENT,
  HOP_BY_HOP,
  IPV6_NEXT_HEADER,
  isExtension,
  NO_NEXT_HEADER,
  PAD_1,
  PAD_N,
  ROUTING,
} from '../wire/ipv6';
import { Datagram } from './datagram';
import { sendParameterProblem } from './icmp-error';
import { reassembleIpv6 } from './reassembly';

// DEVIATION: RFC 8200 §4b would take any number of them. Nothing in use has more than four, and a
// packet that has thousands is meant to keep us busy.
/** Extension headers a packet may have, fragment headers among them. */
const MAX_HEADERS: u32 = 256;

/** What the two upper bits of an option's type ask of a node that does not know it (§4.2). */
enum Unknown {
  PASS_OVER,
  DISCARD,
  /** Tell the sender, whomever the packet was for. */
  REPORT,
  /** Tell the sender, unless the packet was for a group: those do not come here. */
  REPORT_UNICAST,
}

/**
 * Walks over the extension headers of a packet that is for us; answers whether it has something for
 * an upper protocol, which `d` then describes.
 */
export function walkExtensions(d: Datagram): bool {
  for (let headers: u32 = 0; headers < MAX_HEADERS; headers++) {
    const kind = d.protocol;
    if (kind == FRAGMENT) {
      if (!reassembleIpv6(d)) return false;
    } else if (isExtension(kind)) {
      if (!readExtension(d, kind)) return false;
    } else if (kind == NO_NEXT_HEADER) {
      traceDrop(Reason.NO_NEXT_HEADER, kind, 0, 0);
      return false;
    } else {
      return true;
    }
  }
  return dropped(Reason.EXTENSIONS_TOO_MANY, MAX_HEADERS);
}

/** Reads one extension header and passes over it; answers whether the packet goes on. */
function readExtension(d: Datagram, kind: u32): bool {
  // Hop-by-hop options stand first or nowhere (§4.1, §4.3).
  if (kind == HOP_BY_HOP && d.namedAt != d.packet + IPV6_NEXT_HEADER) {
    sendParameterProblem(d, Parameter6.UNRECOGNIZED_NEXT_HEADER, d.namedAt); // RFC 8200 §4a
    return dropped(Reason.EXTENSION_OUT_OF_PLACE, kind);
  }
  if (d.length < 2) return refused(d, Reason.EXTENSION_CUT, d.namedAt);
  const length = extensionLength(d.at);
  if (length > d.length) return refused(d, Reason.EXTENSION_CUT, d.at + 1);
  if (kind == ROUTING) {
    // One that still has somewhere to go is not for a host (RFC 5095).
    // RFC 8200 §4.4
    if (load<u8>(d.at, 3) != 0) return refused(d, Reason.ROUTING_HEADER, d.at + 2);
  } else if (!readOptions(d, d.at + 2, d.at + length)) {
    return false;
  }
  d.protocol = load<u8>(d.at);
  d.namedAt = d.at;
  d.at += length;
  d.length -= length;
  return true;
}

/** Reads options from `at` to `end`; answers whether the packet goes on. */
function readOptions(d: Datagram, at: u32, end: u32): bool {
  while (at < end) {
    const type: u32 = load<u8>(at);
    if (type == PAD_1) {
      at++;
      continue;
    }
    if (at + 1 == end) return refused(d, Reason.OPTION_CUT, at);
    const length = 2 + <u32>load<u8>(at, 1);
    if (at + length > end) return refused(d, Reason.OPTION_CUT, at + 1);
    if (type != PAD_N && (type >> 6) != Unknown.PASS_OVER) {
      const isTold = type >> 6 != Unknown.DISCARD; // RFC 8200 §4.2a
      if (isTold) sendParameterProblem(d, Parameter6.UNRECOGNIZED_OPTION, at); // RFC 8200 §4.2b
      return dropped(Reason.UNKNOWN_OPTION, type);
    }
    at += length;
  }
  return true;
}

/** Drops a packet, and tells its sender which octet is at fault. */
function refused(d: Datagram, reason: Reason, at: u32): bool {
  sendParameterProblem(d, Parameter6.ERRONEOUS_FIELD, at); // RFC 4443 §3.4
  return dropped(reason, load<u8>(at));
}

function dropped(reason: Reason, what: u32): bool {
  count(Counter.IpInHdrErrors);
  traceDrop(reason, what, 0, 0);
  return false;
}
