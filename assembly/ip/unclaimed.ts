/**
 * Packets of connections that another stack may have.
 *
 * Several stacks may share a link and our addresses, each with connections of its own (the queues
 * of a TUN device). Links mostly bring a packet to the stack whose it is, but not always: fragments
 * and ICMP errors lack the ports that would tell. So where a packet is of a connection or listener
 * that nobody has here, the host asks the others before it is answered, which for a segment would
 * be a RST that ends a sibling's connection.
 */
import { Counter, Reason, State, TraceKind } from '../abi';
import { uncount } from '../counters';
import { trace } from '../trace';
import { CODEPOINT, datagram } from './datagram';

/**
 * Whether the packet that arrives now is left to the others who share the link, so that nothing
 * more may be done about it. It then counts for the one who takes it.
 */
export function isLeftToOthers(): bool {
  const d = datagram();
  if (d.isShared == 0) return false;
  d.isUnclaimed = 1;
  trace(TraceKind.NOTE, 0, State.CLOSED, Reason.LEFT_TO_OTHERS, 0, 0, 0, 0);
  uncount(Counter.IpInReceives, 1);
  uncount(Counter.IpInDelivers, 1);
  uncount(<Counter>(<u32>Counter.IpExtInNoECTPkts + (d.diffserv & CODEPOINT)), 1);
  return true;
}
