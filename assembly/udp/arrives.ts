/**
 * A datagram arrives (RFC 768, RFC 1122 §4.1.3): checked, taken to who is bound to its port, and
 * kept in that one's buffer. What is for nobody is told from what is damaged, so that its sender
 * can be told.
 *
 * Buffers are bounded twice: each by its own size, so that who reads slowly loses his own datagrams
 * and no one else's, and all together by `udp_mem`, which leaves connections what they need.
 */
import { Counter, Reason, Received, Result, Signal } from '../abi';
import { count } from '../counters';
import { Datagram } from '../ip/datagram';
import { wants } from '../ip/groups';
import { pathMtuReported } from '../ip/path-mtu';
import { isLeftToOthers } from '../ip/unclaimed';
import { SCRATCH } from '../memory';
import { pages, pagesToSpare } from '../pools';
import {
  clearChain,
  pagesLacking,
  reserve,
  writeChain,
  writeChainAndSum,
} from '../store/chain';
import { fold, sum, sumHeader } from '../store/copy-sum';
import { traceDrop } from '../trace';
import { isGroup, isIpv4 } from '../wire/address';
import { pseudoSum } from '../wire/checksum';
import {
  PROTOCOL_UDP,
  udpChecksum,
  udpDestinationPort,
  udpLength,
  udpSourcePort,
  UDP_HEADER,
} from '../wire/udp';
import {
  findBound,
  findConnected,
  firstHolder,
  fitnessOf,
  holderIn,
  nextHolder,
  NO_SLOT,
} from './demux';
import {
  accountPages,
  isTrue,
  mayHold,
  signalError,
  signalUser,
  UdpEndpoint,
  UdpFlag,
} from './endpoint';

/** Where the tuple of what arrives is put together: hashes use the words before it. */
const ARRIVED_TUPLE: usize = SCRATCH + 64;
/** Where the record of a datagram is written before it goes to a chain. */
const RECORD: usize = SCRATCH + 128;
/** Octets of that record. */
export const RECORD_SIZE: u32 = offsetof<Received>();
if (RECORD_SIZE != 48) ERROR('the record of a datagram has a window of 48 octets');

/** Whether a datagram was taken; false says that its port is closed and its sender should know. */
export function udpArrives(d: Datagram): bool {
  if (!isSound(d)) return true;
  const tuple = tupleOf(d);
  let endpoint = findConnected(tuple);
  if (endpoint == null) endpoint = findBound(tuple);
  if (endpoint != null) {
    keep(endpoint, d, !isUnsummed(d));
    return true;
  }
  if (isLeftToOthers()) return true;
  // Nobody is told of what may never have been sent so.
  if (!isIntact(d)) return true;
  count(Counter.UdpNoPorts);
  traceDrop(Reason.NO_UDP_PORT, udpDestinationPort(d.at), 0, 0);
  return false; // RFC 1122 §4.1.3.1
}

/** A datagram for a group or everybody: each takes it who is bound so that it may. */
export function udpArrivesForMany(d: Datagram): void {
  if (!isSound(d) || !isIntact(d)) return;
  const tuple = tupleOf(d);
  const port = udpDestinationPort(d.at);
  let takers: u32 = 0;
  const connected = findConnected(tuple);
  if (connected != null && isWanted(connected, d)) {
    keep(connected, d, false);
    takers++;
  }
  for (let slot = firstHolder(port); slot != NO_SLOT; slot = nextHolder(port, slot + 1)) {
    const endpoint = holderIn(slot);
    const isFor = fitnessOf(endpoint, d.destination0, d.destination1) != 0;
    if (!isFor || !isWanted(endpoint, d)) continue;
    keep(endpoint, d, false);
    takers++;
  }
  if (takers == 0) traceDrop(Reason.NO_UDP_PORT, port, 0, 0); // RFC 1122 §3.2.2c
}

function isWanted(endpoint: UdpEndpoint, d: Datagram): bool {
  if (!isGroup(d.destination0, d.destination1)) return true;
  const first = endpoint.memberships;
  return wants(first, d.destination0, d.destination1, d.source0, d.source1);
}

/** Whether a datagram has the length it claims, and a checksum if it must; counts if not. */
function isSound(d: Datagram): bool {
  const isLong = udpLength(d.at) >= UDP_HEADER && udpLength(d.at) <= d.length; // RFC 768 §3b
  if (d.length < UDP_HEADER || !isLong) {
    count(Counter.UdpInErrors);
    traceDrop(Reason.BAD_UDP_HEADER, d.length, 0, 0);
    return false;
  }
  if (udpChecksum(d.at) != 0 || isIpv4(d.source0, d.source1) || d.checksumTrusted) return true;
  count(Counter.UdpInErrors);
  count(Counter.UdpInCsumErrors);
  traceDrop(Reason.CHECKSUM_MISSING, udpSourcePort(d.at), udpDestinationPort(d.at), 0);
  return false; // RFC 8200 §8.1b
}

/** Whether nothing is to be summed: the link vouches, or the sender has made no checksum. */
function isUnsummed(d: Datagram): bool {
  return d.checksumTrusted != 0 || udpChecksum(d.at) == 0; // RFC 768 §3c
}

/** The sum over header and pseudo header. */
function sumOfHeaders(d: Datagram): u32 {
  const pseudo = pseudoSum(
    d.source0, // RFC 768 §5
    d.source1,
    d.destination0,
    d.destination1,
    PROTOCOL_UDP,
    udpLength(d.at),
  );
  return pseudo + sumHeader(d.at, UDP_HEADER);
}

/** Whether a datagram is as it was sent; counts if not. */
function isIntact(d: Datagram): bool {
  if (isUnsummed(d)) return true;
  const text = sum(d.at + UDP_HEADER, udpLength(d.at) - UDP_HEADER);
  return isWhole(d, fold(sumOfHeaders(d) + text));
}

/** Whether that is the sum of a datagram that is as it was sent. */
function isWhole(d: Datagram, total: u32): bool {
  if (total == 0xffff) return true; // RFC 1122 §4.1.3.4b
  count(Counter.UdpInErrors);
  count(Counter.UdpInCsumErrors);
  traceDrop(Reason.BAD_CHECKSUM, udpSourcePort(d.at), udpDestinationPort(d.at), 0);
  return false;
}

/** The tuple of a datagram, as the records of endpoints have it. */
function tupleOf(d: Datagram): usize {
  store<u64>(ARRIVED_TUPLE, d.destination0);
  store<u64>(ARRIVED_TUPLE, d.destination1, 8);
  store<u64>(ARRIVED_TUPLE, d.source0, 16);
  store<u64>(ARRIVED_TUPLE, d.source1, 24);
  store<u16>(ARRIVED_TUPLE, <u16>udpDestinationPort(d.at), 32);
  store<u16>(ARRIVED_TUPLE, <u16>udpSourcePort(d.at), 34);
  return ARRIVED_TUPLE;
}

/**
 * Puts a datagram behind those that an endpoint has not read yet, if there is room. Its text is
 * summed while it is copied: what turns out to be damaged lies behind the end, and is nobody's.
 */
function keep(endpoint: UdpEndpoint, d: Datagram, isSummed: bool): void {
  const length = udpLength(d.at) - UDP_HEADER;
  const chain = endpoint.chain;
  const held = endpoint.end - chain.start;
  const end = endpoint.end + RECORD_SIZE + length;
  // One datagram has room in any buffer, or a small one would take none at all.
  if (held != 0 && held + RECORD_SIZE + length > endpoint.receiveBuffer) {
    dropFull(endpoint, Counter.UdpRcvbufErrors);
    return;
  }
  const before = pages().used;
  const hasRoom =
    mayHold(pagesLacking(pages(), chain, end), pagesToSpare()) &&
    reserve(pages(), chain, end) == end;
  if (!hasRoom) {
    dropFull(endpoint, Counter.UdpMemErrors);
    return;
  }
  writeRecord(d, length);
  writeChain(pages(), chain, endpoint.end, RECORD, RECORD_SIZE);
  const text = d.at + UDP_HEADER;
  let isGood: bool = true;
  if (isSummed) {
    const total = writeChainAndSum(pages(), chain, end - length, text, length);
    isGood = isWhole(d, fold(sumOfHeaders(d) + total));
  } else {
    writeChain(pages(), chain, end - length, text, length);
  }
  // A buffer without datagrams has no page.
  if (!isGood && held == 0) clearChain(pages(), chain, endpoint.end);
  accountPages(before);
  if (!isGood) return;
  endpoint.end = end;
  endpoint.received++;
  count(Counter.UdpInDatagrams);
  signalUser(endpoint, Signal.READABLE);
}

function writeRecord(d: Datagram, length: u32): void {
  const record = changetype<Received>(RECORD);
  record.source0 = d.source0; // RFC 768 §4b
  record.source1 = d.source1;
  record.destination0 = d.destination0; // RFC 1122 §4.1.3.5a
  record.destination1 = d.destination1;
  record.sourcePort = udpSourcePort(d.at); // RFC 768 §3a
  record.length = length;
  record.hopLimit = d.hopLimit;
  record.diffserv = d.diffserv; // RFC 1122 §4.1.4b
}

/** A datagram finds no room. */
function dropFull(endpoint: UdpEndpoint, counter: Counter): void {
  count(Counter.UdpInErrors);
  count(counter);
  endpoint.drops++;
  traceDrop(Reason.DATAGRAM_BUFFER_FULL, endpoint.localPort, 0, 0);
}

/**
 * Takes an ICMP error to the endpoint whose datagram it quotes (RFC 1122 §4.1.3.3).
 *
 * An endpoint that is connected hears of errors. What one that is connected to nobody has sent may
 * have gone anywhere: as in Linux it is not told. Anybody can write an ICMP packet, so how much a
 * path carries is believed only of the path to where an endpoint's latest datagram went.
 *
 * @param tuple where a record's tuple stands: ours as local, the quoted destination as remote
 * @param mtu what the next hop carries; 0 when the error is another than that it was too big
 * @returns whether anybody holds that local socket
 */
export function udpErrorArrives(tuple: usize, result: Result, mtu: u32): bool {
  const connected = findConnected(tuple);
  const endpoint = connected == null ? findBound(tuple) : connected;
  if (endpoint == null) return false;
  if (mtu != 0) {
    const remote0 = load<u64>(tuple, 16);
    const remote1 = load<u64>(tuple, 24);
    if (endpoint.latest0 == remote0 && endpoint.latest1 == remote1) {
      pathMtuReported(remote0, remote1, mtu);
    }
    return true;
  }
  if (!isTrue(endpoint, UdpFlag.CONNECTED)) traceDrop(Reason.ICMP_IGNORED, 0, 0, 0);
  else signalError(endpoint, result, Reason.ICMP_UNREACHABLE); // RFC 1122 §4.1.3.3
  return true;
}
