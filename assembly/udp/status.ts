/** What is told of a socket of UDP: its signals, and STATUS, which `ss -uan` shows. */
import { SignalRecord, State, Status } from '../abi';
import { STATUS } from '../memory';
import { udpEndpoints } from '../pools';
import {
  endpointAt,
  handleOfEndpoint,
  isTrue,
  nextUdpSignaled,
  UdpEndpoint,
  UdpFlag,
} from './endpoint';

/** Fills a record with the next signal; answers its handle, 0 when there is none. */
export function nextUdpSignal(record: SignalRecord): u32 {
  const endpoint = nextUdpSignaled();
  if (endpoint == null) return 0;
  record.handle = handleOfEndpoint(endpoint);
  record.events = endpoint.signals;
  record.result = endpoint.softError;
  record.reason = endpoint.reason;
  endpoint.signals = 0;
  return record.handle;
}

/** Fills STATUS with what is known of an endpoint; what is TCP's alone is 0. */
export function udpStatusOf(endpoint: UdpEndpoint): void {
  memory.fill(STATUS, 0, offsetof<Status>());
  const status = changetype<Status>(STATUS);
  status.local0 = endpoint.local0;
  status.local1 = endpoint.local1;
  status.remote0 = endpoint.remote0;
  status.remote1 = endpoint.remote1;
  status.localPort = endpoint.localPort;
  status.remotePort = endpoint.remotePort;
  status.handle = handleOfEndpoint(endpoint);
  status.state = isTrue(endpoint, UdpFlag.CONNECTED) ? State.ESTABLISHED : State.CLOSED;
  status.receiveQueue = endpoint.end - endpoint.chain.start;
  status.sendQueue = endpoint.sendQueue;
  status.rcvBuf = endpoint.receiveBuffer;
  status.sndBuf = endpoint.sendBuffer;
  status.segsIn = endpoint.received;
  status.segsOut = endpoint.sent;
  status.lost = endpoint.drops;
}

/** Fills STATUS with the endpoint behind a cursor; answers the next cursor, 0 at the end. */
export function nextUdpStatusOf(cursor: u32): u32 {
  for (let index = cursor + 1; index <= udpEndpoints().fresh; index++) {
    const endpoint = endpointAt(index);
    if (!isTrue(endpoint, UdpFlag.IN_USE)) continue;
    udpStatusOf(endpoint);
    return index;
  }
  return 0;
}
