/**
 * ICMP errors that reach a connection (RFC 9293 §3.9.2.2, MUST-54; RFC 5927; RFC 1191, RFC 8201).
 *
 * Anybody can write an ICMP packet, so one is believed only if it quotes a sequence number that is
 * in flight (RFC 5927 §4.1). A hard error then ends an OPEN; everything else is only told.
 */
import { Counter, Reason, Result, Signal, State } from '../abi';
import { count } from '../counters';
import { traceDrop } from '../trace';
import { hashOf } from '../tuple';
import { deleteEntry } from './backlog';
import { synEntryAt } from './syn-entry';
import { find, Holder, holderOf, indexIn } from './demux';
import { deleteTcb } from './lifecycle';
import { signal } from './marks';
import { pathMtuFell } from './path-mtu';
import { LocalSeq, lt } from './seq';
import { Tcb, tcbAt } from './tcb';

/** What an ICMP error says. */
export enum Trouble {
  NONE,
  /**
   * Net, host or source route unreachable, time exceeded, parameter problem: may pass by itself
   * (MUST-56).
   */
  SOFT,
  /** Protocol or port unreachable. */
  HARD,
  /** The packet was too big for the path; an MTU comes with it. */
  TOO_BIG,
}

/**
 * Takes an error to the connection whose segment it quotes.
 *
 * @param tuple where a record's tuple stands: ours as local, the quoted destination as remote
 * @param seq the quoted sequence number
 * @param mtu of TOO_BIG: octets the next hop carries
 * @returns whether anybody holds that tuple and may be told; TIME-WAIT has nobody
 */
export function troubleArrives(tuple: usize, seq: LocalSeq, trouble: Trouble, mtu: u32): bool {
  const reference = find(tuple, hashOf(tuple));
  if (holderOf(reference) == Holder.SYN_ENTRY) {
    const entry = synEntryAt(indexIn(reference));
    if (!isInFlight(seq, entry.iss, entry.iss + 1)) return true;
    if (trouble == Trouble.HARD) deleteEntry(entry, Reason.ICMP_UNREACHABLE);
    // There is no user yet who could be told, and no segment that could be smaller.
    else traceDrop(Reason.ICMP_IGNORED, seq, 0, 0);
    return true;
  }
  if (holderOf(reference) != Holder.CONNECTION) return false;
  const tcb = tcbAt(indexIn(reference));
  if (!isInFlight(seq, tcb.snd.una, tcb.snd.nxt)) return true;
  if (trouble == Trouble.TOO_BIG) pathMtuFell(tcb, mtu);
  else unreachable(tcb, trouble); // MUST-54
  return true;
}

/** Whether an error quotes what is in flight; all others are forged, or late. */
function isInFlight(seq: LocalSeq, una: LocalSeq, nxt: LocalSeq): bool {
  if (!lt(seq, una) && lt(seq, nxt)) return true; // RFC 5927 §4.1
  count(Counter.TcpExtTCPIcmpOutOfWindow);
  traceDrop(Reason.ICMP_NOT_IN_FLIGHT, seq, una, nxt);
  return false;
}

function unreachable(tcb: Tcb, trouble: Trouble): void {
  if (tcb.state < State.ESTABLISHED && trouble == Trouble.HARD) {
    deleteTcb(tcb, Result.CONNECTION_REFUSED, Reason.ICMP_UNREACHABLE); // RFC 5927 §5.2b
    return;
  }
  // DEVIATION: SHLD-26 would abort here on a hard error. RFC 5927 §5.2 shows why nobody does.
  //
  // Nor does a soft one end an OPEN: whoever waits for it is told, may go on waiting, or may give
  // up by itself, as connect(2) of Linux does (RFC 5461 §4.1).
  tcb.softError = <u8>Result.HOST_UNREACHABLE; // RFC 5927 §5.2a
  tcb.reason = <u8>Reason.ICMP_UNREACHABLE;
  signal(tcb, Signal.SOFT_ERROR); // MUST-47, MUST-56, SHLD-25
}
