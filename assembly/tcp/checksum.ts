/**
 * The checksum of a segment that arrives (RFC 9293 §3.1, MUST-3).
 *
 * The text a connection waits for next is summed while it is copied to its place in the buffer: one
 * pass over it where two would do the same. Behind RCV.NXT it is nobody's yet, so a segment that
 * turns out to be damaged leaves nothing behind.
 */
import { Counter, Reason, State } from '../abi';
import { count } from '../counters';
import { Datagram } from '../ip/datagram';
import { pages } from '../pools';
import { clearChain, pagesLacking, reserve, writeChainAndSum } from '../store/chain';
import { fold, sum, sumHeader } from '../store/copy-sum';
import { traceDrop } from '../trace';
import { pseudoSum } from '../wire/checksum';
import { PROTOCOL_TCP } from '../wire/tcp';
import { Holder, holderOf, indexIn } from './demux';
import { Segment } from './segment';
import { receiveShare } from './shares';
import { Flag, has, Tcb, tcbAt, unreadText } from './tcb';

/** Octets of text from which on one pass instead of two is worth looking for its place first. */
const LEAST_PLACED: u32 = 512;

/** Whether a segment is as it was sent; `reference` is who holds its tuple. */
export function isIntact(seg: Segment, d: Datagram, reference: u32): bool {
  if (d.checksumTrusted || checksumHolds(seg, d, reference)) return true;
  count(Counter.TcpInErrs);
  count(Counter.TcpInCsumErrors);
  traceDrop(Reason.BAD_CHECKSUM, seg.remotePort, seg.localPort, seg.seq);
  return false;
}

function checksumHolds(seg: Segment, d: Datagram, reference: u32): bool {
  const pseudo = pseudoSum(
    d.source0,
    d.source1,
    d.destination0,
    d.destination1,
    PROTOCOL_TCP,
    d.length,
  );
  if (seg.textLength >= LEAST_PLACED && holderOf(reference) == Holder.CONNECTION) {
    const tcb = tcbAt(indexIn(reference));
    if (isNext(tcb, seg)) return holdsPlaced(tcb, seg, pseudo + sumHeader(d.at, seg.text - d.at));
  }
  return fold(pseudo + sum(d.at, d.length)) == 0xffff; // MUST-3
}

/** Whether a connection waits for just this text, all of it fits, and nothing lies behind it. */
function isNext(tcb: Tcb, seg: Segment): bool {
  const rcv = tcb.rcv;
  if (tcb.state != State.ESTABLISHED || seg.seq != rcv.nxt || seg.isSyn) return false;
  if (seg.textLength > rcv.wnd || tcb.outOfOrder.count != 0) return false;
  if (has(tcb, Flag.FIN_KEPT | Flag.RELEASED)) return false;
  const end = seg.seq + seg.textLength;
  const incoming = tcb.incoming;
  const lacking = pagesLacking(pages(), incoming, end);
  if (lacking == 0 && incoming.pages != 0) return true;
  if (lacking != 0 && incoming.pages + lacking > receiveShare(tcb)) return false;
  return reserve(pages(), incoming, end) == end;
}

/** Whether the checksum holds, with the text copied to its place; `head` is the sum of the rest. */
function holdsPlaced(tcb: Tcb, seg: Segment, head: u32): bool {
  const text = writeChainAndSum(pages(), tcb.incoming, seg.seq, seg.text, seg.textLength);
  seg.isPlaced = fold(head + text) == 0xffff ? 1 : 0; // MUST-3
  // A buffer without text has no page.
  if (!seg.isPlaced && unreadText(tcb) == 0) clearChain(pages(), tcb.incoming, seg.seq);
  return seg.isPlaced != 0;
}
