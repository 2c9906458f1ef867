/** Options of a socket of UDP, each checked (RFC 1122 §4.1.4, RFC 3493 §5). */
import { Result, UdpOption } from '../abi';
import { isTrue, make, UdpEndpoint, UdpFlag } from './endpoint';

/** The largest buffer: positions in a chain are counted modulo 2^32. */
const MAX_BUFFER: u32 = 1_073_741_824;

/** Sets an option; INVALID_ARGUMENT where the value is out of its bounds, or comes too late. */
export function setUdpOption(endpoint: UdpEndpoint, option: UdpOption, value: u32): Result {
  switch (option) {
    case UdpOption.RECEIVE_BUFFER:
      if (value == 0 || value > MAX_BUFFER) return Result.INVALID_ARGUMENT;
      endpoint.receiveBuffer = value;
      return Result.OK;
    case UdpOption.SEND_BUFFER:
      if (value == 0 || value > MAX_BUFFER) return Result.INVALID_ARGUMENT;
      endpoint.sendBuffer = value;
      return Result.OK;
    case UdpOption.HOP_LIMIT:
      if (value == 0 || value > 255) return Result.INVALID_ARGUMENT;
      endpoint.hopLimit = <u8>value; // RFC 1122 §4.1.4a
      return Result.OK;
    case UdpOption.GROUP_HOP_LIMIT:
      if (value > 255) return Result.INVALID_ARGUMENT;
      endpoint.groupHopLimit = <u8>value; // RFC 1112 §6.1a
      return Result.OK;
    case UdpOption.GROUP_LOOP:
      return setFlag(endpoint, UdpFlag.NO_LOOP, value == 0); // RFC 1112 §6.1b
    case UdpOption.BROADCAST:
      return setFlag(endpoint, UdpFlag.BROADCAST, value != 0);
    case UdpOption.REUSE_ADDRESS:
      return setFlag(endpoint, UdpFlag.REUSE_ADDRESS, value != 0);
    case UdpOption.REUSE_PORT:
      return setFlag(endpoint, UdpFlag.REUSE_PORT, value != 0);
    case UdpOption.IPV6_ONLY:
      if (isTrue(endpoint, UdpFlag.BOUND)) return Result.INVALID_ARGUMENT;
      return setFlag(endpoint, UdpFlag.IPV6_ONLY, value != 0);
    case UdpOption.DIFFSERV:
      if (value > 255) return Result.INVALID_ARGUMENT;
      endpoint.diffserv = <u8>value; // RFC 1122 §4.1.4a
      return Result.OK;
    default:
      return Result.INVALID_ARGUMENT;
  }
}

function setFlag(endpoint: UdpEndpoint, flag: UdpFlag, on: bool): Result {
  make(endpoint, flag, on);
  return Result.OK;
}
