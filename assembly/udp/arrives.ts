/**
 * UDP as far as a stack without datagram sockets goes (RFC 768, RFC 1122 §4.1.3.1): it tells a
 * datagram that belongs to nobody from one that is damaged, so that the first can be answered.
 */
import { Counter, Reason } from '../abi';
import { count } from '../counters';
import { Datagram } from '../ip/datagram';
import { traceDrop } from '../trace';
import { UDP_HEADER, udpLength } from '../wire/udp';

/** Whether a datagram was taken; false says that its port is closed and its sender should know. */
export function udpArrives(d: Datagram): bool {
  count(Counter.UdpInDatagrams);
  if (d.length < UDP_HEADER || udpLength(d.at) < UDP_HEADER || udpLength(d.at) > d.length) {
    traceDrop(Reason.BAD_UDP_HEADER, d.length, 0, 0);
    return true;
  }
  count(Counter.UdpNoPorts);
  traceDrop(Reason.NO_UDP_PORT, 0, 0, 0);
  return false;
}
