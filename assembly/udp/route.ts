/** Whom a socket of UDP may send to, and from which address (RFC 1122 §4.1.3.5, §4.1.4). */
import { Counter, Result } from '../abi';
import { count } from '../counters';
import { isBroadcast, isLocal, isUnicast } from '../ip/address';
import { sourceFor } from '../ip/route';
import { isGroup, isIpv4, isLoopback, isUnspecified } from '../wire/address';
import { isTrue, udp, UdpEndpoint, UdpFlag } from './endpoint';

/** Finds the address of ours that datagrams of an endpoint to a remote one leave from. */
export function chooseSource(endpoint: UdpEndpoint, remote0: u64, remote1: u64): Result {
  const own0 = endpoint.bound0;
  const own1 = endpoint.bound1;
  if (isBroadcast(remote0, remote1)) {
    if (!isTrue(endpoint, UdpFlag.BROADCAST)) return Result.BROADCAST_NOT_ALLOWED;
  } else if (!isGroup(remote0, remote1) && !isUnicast(remote0, remote1)) {
    return Result.INVALID_ARGUMENT;
  }
  if (!isOfFamily(endpoint, isIpv4(remote0, remote1))) return Result.INVALID_ARGUMENT;
  if (isUnicast(own0, own1)) {
    // The loopback leads nowhere else.
    if (isLoopback(own0, own1) && !isLocal(remote0, remote1)) return Result.INVALID_ARGUMENT;
    return leaveFrom(own0, own1); // RFC 1122 §4.1.3.5b
  }
  const group0 = endpoint.groupSource0;
  const group1 = endpoint.groupSource1;
  const isChosen = group1 != 0 && isIpv4(group0, group1) == isIpv4(remote0, remote1);
  if (isChosen && isGroup(remote0, remote1)) return leaveFrom(group0, group1);
  const source = sourceFor(remote0, remote1);
  if (source != null) return leaveFrom(source.a0, source.a1); // RFC 1122 §4.1.3.6b
  count(Counter.IpOutNoRoutes);
  return Result.NETWORK_UNREACHABLE;
}

function leaveFrom(a0: u64, a1: u64): Result {
  udp().source0 = a0;
  udp().source1 = a1;
  return Result.OK;
}

/** Whether an endpoint speaks that family: one at `::` speaks both, unless it was not to. */
function isOfFamily(endpoint: UdpEndpoint, ipv4: bool): bool {
  const isOwn = isIpv4(endpoint.bound0, endpoint.bound1) == ipv4;
  const isAny = isUnspecified(endpoint.bound0, endpoint.bound1);
  return isOwn || (ipv4 && isAny && !isTrue(endpoint, UdpFlag.IPV6_ONLY));
}
