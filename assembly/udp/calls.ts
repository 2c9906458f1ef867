/**
 * The calls of a socket of UDP that send nothing (RFC 768, RFC 1122 §4.1.4): open, bind, connect,
 * groups and close. Sending and receiving have a file of their own each.
 */
import { Endpoint, Result } from '../abi';
import { isBroadcast, isLocal, isUnicast } from '../ip/address';
import { countMemberships, findMembership, joinGroup, leaveGroup } from '../ip/groups';
import { portAt, portCount } from '../ip/ports';
import { MAX_MEMBERSHIPS } from '../limits';
import { pages } from '../pools';
import { random } from '../random';
import { clearChain } from '../store/chain';
import { isGroup, isIpv4, isUnspecified } from '../wire/address';
import { enterEndpoint, holdersOf, isTaken, removeEndpoint } from './demux';
import {
  accountPages,
  claimEndpoint,
  giveEndpoint,
  handleOfEndpoint,
  isTrue,
  make,
  udp,
  UdpEndpoint,
  UdpFlag,
} from './endpoint';
import { chooseSource } from './route';

/** Makes an endpoint that is bound to nothing; answers its handle, or -INSUFFICIENT_RESOURCES. */
export function openEndpoint(): i32 {
  const endpoint = claimEndpoint();
  return endpoint == null ? -Result.INSUFFICIENT_RESOURCES : handleOfEndpoint(endpoint);
}

/**
 * Binds an endpoint to a local socket: an address of ours, a group's or everybody's, or any (all
 * zero: of both families, the mapped 0.0.0.0: of IPv4), and a port, of which 0 is a free one.
 */
export function bindEndpoint(endpoint: UdpEndpoint, local0: u64, local1: u64, port: u32): Result {
  if (isTrue(endpoint, UdpFlag.BOUND) || port > 65_535) return Result.INVALID_ARGUMENT;
  const mayBeBound =
    isUnspecified(local0, local1) ||
    isLocal(local0, local1) ||
    isGroup(local0, local1) ||
    isBroadcast(local0, local1);
  if (!mayBeBound) return Result.ADDRESS_NOT_AVAILABLE;
  const chosen = port != 0 ? port : choosePort();
  if (chosen == 0) return Result.NO_PORT_AVAILABLE;
  if (port != 0 && isTaken(endpoint, local0, local1, port)) return Result.ADDRESS_IN_USE;
  endpoint.local0 = endpoint.bound0 = local0;
  endpoint.local1 = endpoint.bound1 = local1;
  endpoint.localPort = <u16>chosen;
  endpoint.order = ++udp().bound;
  make(endpoint, UdpFlag.BOUND, true);
  enterEndpoint(endpoint); // RFC 768 §4a
  return Result.OK;
}

/** A port that nobody holds, where chance will have it (RFC 6056 §3.3.1); 0 when there is none. */
function choosePort(): u32 {
  const most = portCount();
  const begin = <u32>(random() % most); // RFC 6056 §3.3
  for (let passed: u32 = 0; passed < most; passed++) {
    const port = portAt((begin + passed) % most);
    if (holdersOf(port) == 0) return port;
  }
  return 0;
}

/** Binds an endpoint that is bound to nothing to any address, and a free port. */
export function bindToAny(endpoint: UdpEndpoint): Result {
  return isTrue(endpoint, UdpFlag.BOUND) ? Result.OK : bindEndpoint(endpoint, 0, 0, 0);
}

/**
 * Connects an endpoint to a remote socket: it hears that one alone from then on, and of the errors
 * that ICMP tells. It may be connected before, to another one. Remote port 0 undoes it.
 */
export function connectEndpoint(endpoint: UdpEndpoint, to: Endpoint): Result {
  if (to.remotePort > 65_535) return Result.INVALID_ARGUMENT;
  if (to.remotePort == 0) return disconnect(endpoint);
  const route = chooseSource(endpoint, to.remote0, to.remote1);
  if (route != Result.OK) return route;
  const bound = bindToAny(endpoint);
  if (bound != Result.OK) return bound;
  removeEndpoint(endpoint);
  if (!isUnicast(endpoint.bound0, endpoint.bound1)) {
    endpoint.local0 = udp().source0;
    endpoint.local1 = udp().source1;
  }
  endpoint.remote0 = to.remote0;
  endpoint.remote1 = to.remote1;
  endpoint.remotePort = <u16>to.remotePort;
  make(endpoint, UdpFlag.CONNECTED, true);
  enterEndpoint(endpoint);
  return Result.OK;
}

function disconnect(endpoint: UdpEndpoint): Result {
  if (!isTrue(endpoint, UdpFlag.CONNECTED)) return Result.CONNECTION_DOES_NOT_EXIST;
  removeEndpoint(endpoint);
  make(endpoint, UdpFlag.CONNECTED, false);
  endpoint.local0 = endpoint.bound0;
  endpoint.local1 = endpoint.bound1;
  endpoint.remote0 = endpoint.remote1 = 0;
  endpoint.remotePort = 0;
  enterEndpoint(endpoint);
  return Result.OK;
}

/**
 * Has an endpoint hear what is sent to a group, by everybody or by one source alone, or no more.
 *
 * @returns ADDRESS_IN_USE for what it has joined before, ADDRESS_NOT_AVAILABLE for what it has not
 */
export function changeMembership(
  endpoint: UdpEndpoint,
  group0: u64,
  group1: u64,
  source0: u64,
  source1: u64,
  isMember: bool,
): Result {
  const isAny = isUnspecified(source0, source1);
  const isOneFamily = isIpv4(group0, group1) == isIpv4(source0, source1);
  if (!isGroup(group0, group1) || !(isAny || isOneFamily)) return Result.INVALID_ARGUMENT;
  if (isAny) source0 = source1 = 0;
  const first = endpoint.memberships;
  // RFC 1112 §7.1
  const index = findMembership(first, group0, group1, source0, source1);
  if (!isMember) {
    if (index == 0) return Result.ADDRESS_NOT_AVAILABLE;
    endpoint.memberships = leaveGroup(first, index);
    return Result.OK;
  }
  if (index != 0) return Result.ADDRESS_IN_USE;
  const isMany = countMemberships(first) == MAX_MEMBERSHIPS;
  const joined = isMany ? 0 : joinGroup(first, group0, group1, source0, source1);
  if (joined == 0) return Result.INSUFFICIENT_RESOURCES;
  endpoint.memberships = joined;
  return Result.OK;
}

/** Where datagrams to groups leave from: an address of ours; all zero: as the route has it. */
export function setGroupSource(endpoint: UdpEndpoint, source0: u64, source1: u64): Result {
  const isAny = isUnspecified(source0, source1);
  if (!isAny && !isLocal(source0, source1)) return Result.ADDRESS_NOT_AVAILABLE;
  endpoint.groupSource0 = isAny ? 0 : source0;
  endpoint.groupSource1 = isAny ? 0 : source1;
  return Result.OK;
}

/** Ends an endpoint: its handle is stale, what it has not read is dropped, what it sent leaves. */
export function closeEndpoint(endpoint: UdpEndpoint): void {
  if (isTrue(endpoint, UdpFlag.BOUND)) removeEndpoint(endpoint);
  while (endpoint.memberships != 0) {
    endpoint.memberships = leaveGroup(endpoint.memberships, endpoint.memberships);
  }
  const before = pages().used;
  clearChain(pages(), endpoint.chain, endpoint.end);
  accountPages(before);
  make(endpoint, UdpFlag.IN_USE | UdpFlag.BOUND | UdpFlag.CONNECTED, false);
  giveEndpoint(endpoint);
}
