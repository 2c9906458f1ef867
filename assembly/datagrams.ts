/**
 * The door of UDP: its calls, exported by `index.ts` with the others; no logic.
 *
 * As there, addresses cross in ENDPOINT, what a call answers is a positive number or a negated
 * Result, and signals wait until `signal` fetches them: READABLE, WRITABLE, and SOFT_ERROR for what
 * ICMP has said.
 */
import { Result, UdpOption } from './abi';
import { sockets, stale } from './door';
import { isReady, TEXT_SIZE } from './memory';
import {
  bindEndpoint,
  changeMembership,
  closeEndpoint,
  connectEndpoint,
  openEndpoint,
  setGroupSource,
} from './udp/calls';
import { sendDatagram } from './udp/emit';
import { fromUdpHandle } from './udp/endpoint';
import { setUdpOption } from './udp/option';
import { receiveDatagram } from './udp/receive';
import { nextUdpStatusOf, udpStatusOf } from './udp/status';

/** Makes a socket of UDP that is bound to nothing; answers its handle. */
export function udpOpen(): i32 {
  return isReady() ? openEndpoint() : -Result.NOT_INITIALISED;
}

/** Binds it to the local socket of the ENDPOINT window; port 0 is a free one. */
export function udpBind(handle: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  if (endpoint == null) return stale();
  const at = sockets();
  return -bindEndpoint(endpoint, at.local0, at.local1, at.localPort);
}

/**
 * Connects it to the remote socket of the ENDPOINT window: it hears that one alone, and of ICMP's
 * errors. Remote port 0 undoes it.
 */
export function udpConnect(handle: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  return endpoint == null ? stale() : -connectEndpoint(endpoint, sockets());
}

/**
 * Sends `length` octets of TEXT to the remote socket of the ENDPOINT window, or with port 0, where
 * it is connected to; answers 1, or 0 when there is no room: WRITABLE follows.
 */
export function udpSend(handle: u32, length: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  if (endpoint == null) return stale();
  if (length > <u32>TEXT_SIZE) return -Result.DATAGRAM_TOO_LONG;
  return sendDatagram(endpoint, sockets(), length);
}

/** Takes the oldest datagram into TEXT and RECEIVED; answers 1, or 0 when there is none. */
export function udpReceive(handle: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  return endpoint == null ? stale() : receiveDatagram(endpoint);
}

/** Has it join the group at ENDPOINT.remote, of all sources or that at ENDPOINT.local; or leave. */
export function udpMembership(handle: u32, isMember: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  if (endpoint == null) return stale();
  const at = sockets();
  const isJoining = isMember != 0;
  return -changeMembership(endpoint, at.remote0, at.remote1, at.local0, at.local1, isJoining);
}

/** Has its datagrams to groups leave from ENDPOINT.local; unspecified: as the route has it. */
export function udpGroupSource(handle: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  if (endpoint == null) return stale();
  return -setGroupSource(endpoint, sockets().local0, sockets().local1);
}

/** Sets an option. */
export function udpSetOption(handle: u32, option: UdpOption, value: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  return endpoint == null ? stale() : -setUdpOption(endpoint, option, value);
}

/** Ends it: its handle is stale from here on; what it has sent leaves. */
export function udpClose(handle: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  if (endpoint == null) return stale();
  closeEndpoint(endpoint);
  return Result.OK;
}

/** Fills the STATUS window. */
export function udpStatus(handle: u32): i32 {
  const endpoint = fromUdpHandle(handle);
  if (endpoint == null) return stale();
  udpStatusOf(endpoint);
  return Result.OK;
}

/** Fills STATUS with the next socket of UDP; begin with 0, go on with the answer until it is 0. */
export function nextUdpStatus(cursor: u32): u32 {
  return isReady() ? nextUdpStatusOf(cursor) : 0;
}
