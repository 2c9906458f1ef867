/**
 * SEND of a socket of UDP, and how its datagrams leave (RFC 768, RFC 1122 §4.1.3).
 *
 * What is sent waits for `output` in one queue of all endpoints, bounded for each by its send
 * buffer, and for all together by `datagrams` and `udp_mem`. A datagram that is longer than the
 * path carries leaves in fragments (`ip/packet.ts`).
 */
import { Counter, Endpoint, Result, Signal } from '../abi';
import { count } from '../counters';
import { isUnicast } from '../ip/address';
import { isHeard } from '../ip/groups';
import { largestDatagram } from '../ip/output';
import { emitFirst, firstPacket, newPacket, setBody } from '../ip/packet';
import { PAGE_SIZE } from '../limits';
import { TEXT } from '../memory';
import {
  datagramQueue,
  datagrams,
  pages,
  pagesToSpare,
  udpBlockedQueue,
  udpEndpoints,
} from '../pools';
import { blockSize } from '../store/chain';
import { push, shift } from '../store/queue';
import { isGroup } from '../wire/address';
import { PROTOCOL_UDP, UDP_CHECKSUM, UDP_HEADER, writeUdp } from '../wire/udp';
import { bindToAny } from './calls';
import {
  accountPages,
  BLOCKED_LINK,
  endpointAt,
  fromUdpHandle,
  giveEndpoint,
  handleOfEndpoint,
  indexOf,
  isTrue,
  make,
  mayHold,
  signalUser,
  udp,
  UdpEndpoint,
  UdpFlag,
} from './endpoint';
import { chooseSource } from './route';

/**
 * Sends `length` octets of the TEXT window to the remote socket of an endpoint, or where that has
 * port 0, to the one it is connected to. Who is bound to nothing is bound to any address first.
 *
 * @returns 1, or 0 when there is no room (Signal.WRITABLE will follow), or a negated Result
 */
export function sendDatagram(endpoint: UdpEndpoint, to: Endpoint, length: u32): i32 {
  const isGiven = to.remotePort != 0;
  if (!isGiven && !isTrue(endpoint, UdpFlag.CONNECTED)) return -Result.REMOTE_SOCKET_UNSPECIFIED;
  if (to.remotePort > 65_535) return -Result.INVALID_ARGUMENT;
  const remote0 = isGiven ? to.remote0 : endpoint.remote0;
  const remote1 = isGiven ? to.remote1 : endpoint.remote1;
  const remotePort = isGiven ? to.remotePort : endpoint.remotePort;
  if (UDP_HEADER + length > largestDatagram(remote0, remote1)) return -Result.DATAGRAM_TOO_LONG;
  const routed = chooseSource(endpoint, remote0, remote1);
  if (routed != Result.OK) return -routed;
  const bound = bindToAny(endpoint);
  if (bound != Result.OK) return -bound;
  if (!hasRoomFor(endpoint, length)) return wait(endpoint);
  const before = pages().used;
  const isSingle = isUnicast(remote0, remote1);
  const packet = newPacket(
    datagramQueue(),
    datagrams(),
    PROTOCOL_UDP,
    <u32>UDP_CHECKSUM, // RFC 1122 §4.1.3.4a, RFC 8200 §8.1a
    isSingle ? endpoint.hopLimit : endpoint.groupHopLimit,
    udp().source0,
    udp().source1,
    remote0,
    remote1,
  );
  // RFC 768 §4c
  writeUdp(packet.head, endpoint.localPort, remotePort, length);
  packet.headLength = UDP_HEADER;
  packet.diffserv = endpoint.diffserv;
  packet.owner = handleOfEndpoint(endpoint);
  const isSet = setBody(packet, TEXT, length);
  assert(isSet);
  accountPages(before);
  endpoint.sendQueue += length;
  endpoint.sent++;
  endpoint.latest0 = remote0;
  endpoint.latest1 = remote1;
  count(Counter.UdpOutDatagrams);
  return 1;
}

/** Whether a datagram of so many octets may wait beside those that do. */
function hasRoomFor(endpoint: UdpEndpoint, length: u32): bool {
  if (datagrams().used == datagrams().capacity) return false;
  // One has room in any buffer, or a small one would send none at all.
  if (endpoint.sendQueue != 0 && endpoint.sendQueue + length > endpoint.sendBuffer) return false;
  const lacking = length <= blockSize(pages()) ? 0 : (length + PAGE_SIZE - 1) / PAGE_SIZE;
  return mayHold(lacking, pagesToSpare());
}

/** There is no room: the user hears when a datagram has left, if there is one that waits. */
function wait(endpoint: UdpEndpoint): i32 {
  if (datagramQueue().head == 0) {
    count(Counter.UdpSndbufErrors);
    return -Result.INSUFFICIENT_RESOURCES;
  }
  if (isTrue(endpoint, UdpFlag.BLOCKED)) return 0;
  make(endpoint, UdpFlag.BLOCKED, true);
  push(udpBlockedQueue(), udpEndpoints(), indexOf(endpoint), BLOCKED_LINK);
  return 0;
}

/** Whether a datagram waits to be sent. */
export function hasDatagrams(): bool {
  return datagramQueue().head != 0;
}

/** Writes the next packet of a datagram into the transmit window; answers its length, or 0. */
export function emitDatagram(): u32 {
  const packet = firstPacket(datagramQueue(), datagrams());
  if (packet == null) return 0;
  const owner = packet.owner;
  const octets = packet.bodyLength;
  const waiting = datagrams().used;
  const before = pages().used;
  const length = emitFirst(datagramQueue(), datagrams());
  accountPages(before);
  // The rest of it comes later.
  if (datagrams().used == waiting) return length;
  const endpoint = fromUdpHandle(owner);
  if (endpoint != null) endpoint.sendQueue -= octets;
  const index = shift(udpBlockedQueue(), udpEndpoints(), BLOCKED_LINK);
  if (index != 0) unblock(endpointAt(index));
  return length;
}

/** Somebody who waited for room may look again. */
function unblock(endpoint: UdpEndpoint): void {
  make(endpoint, UdpFlag.BLOCKED, false);
  if (isTrue(endpoint, UdpFlag.IN_USE)) signalUser(endpoint, Signal.WRITABLE);
  else giveEndpoint(endpoint);
}

/**
 * Whether the datagram that is to be written next is for hosts of which we may be one: it is sent,
 * and comes back as well.
 */
export function isNextForUsToo(): bool {
  const packet = firstPacket(datagramQueue(), datagrams());
  if (packet == null || isUnicast(packet.remote0, packet.remote1)) return false;
  if (!isHeard(packet.remote0, packet.remote1)) return false;
  const endpoint = fromUdpHandle(packet.owner);
  const mayLoop = endpoint == null || !isTrue(endpoint, UdpFlag.NO_LOOP);
  return mayLoop || !isGroup(packet.remote0, packet.remote1);
}
