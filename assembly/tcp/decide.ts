/**
 * A listener whose user decides about each SYN (Option.ASK): a proxy, say, that answers only once
 * the one behind it has.
 *
 * The SYN waits as an entry of the SYN queue, which bounds how many do; its SYN,ACK goes out when
 * the user accepts it. The peer's TCP takes that for a long way, and asks again meanwhile.
 */
import { Decision, Endpoint, Reason, Result, State } from '../abi';
import { SCRATCH } from '../memory';
import { synEntries } from '../pools';
import { shift } from '../store/queue';
import { hashOf } from '../tuple';
import { answer, deleteEntry } from './backlog';
import { find, Holder, holderOf, indexIn } from './demux';
import { refuseRecord, resetSegment } from './reply';
import { dropStray, Segment } from './segment';
import { QUEUE_LINK, receiveNext, SynEntry, synEntryAt } from './syn-entry';
import { Tcb } from './tcb';

/**
 * The next SYN that a listener's user is to decide about.
 *
 * @param sockets gets those of the SYN: whom it is for, and from whom
 * @returns 1; 0 when there is none
 */
export function asked(listener: Tcb, sockets: Endpoint): i32 {
  if (listener.state != State.LISTEN) return -Result.NOT_SUPPORTED_IN_THIS_STATE;
  const index = shift(listener.backlog.asked, synEntries(), QUEUE_LINK);
  if (index == 0) return 0;
  const entry = synEntryAt(index);
  entry.isQueued = 0;
  sockets.local0 = entry.local0;
  sockets.local1 = entry.local1;
  sockets.localPort = entry.localPort;
  sockets.remote0 = entry.remote0;
  sockets.remote1 = entry.remote1;
  sockets.remotePort = entry.remotePort;
  return 1;
}

/**
 * Does what the user has decided about a SYN.
 *
 * @returns CONNECTION_DOES_NOT_EXIST where none from and to those sockets waits for that, any more
 */
export function decide(sockets: Endpoint, decision: Decision): Result {
  if (decision >= Decision.COUNT) return Result.INVALID_ARGUMENT;
  const entry = undecided(sockets);
  if (entry == null) return Result.CONNECTION_DOES_NOT_EXIST;
  if (decision == Decision.ACCEPT) {
    entry.isUndecided = 0;
    answer(entry);
    return Result.OK;
  }
  if (decision == Decision.REFUSE) {
    refuseRecord(changetype<usize>(entry), entry.sourceRoute, receiveNext(entry));
  }
  deleteEntry(entry, Reason.SYN_REFUSED);
  return Result.OK;
}

/** The entry between two sockets that its user was asked about; null when there is none. */
function undecided(sockets: Endpoint): SynEntry | null {
  const tuple = SCRATCH + 64;
  memory.copy(tuple, changetype<usize>(sockets), offsetof<Endpoint>('localPort'));
  store<u16>(tuple, <u16>sockets.localPort, 32);
  store<u16>(tuple, <u16>sockets.remotePort, 34);
  const reference = find(tuple, hashOf(tuple));
  if (holderOf(reference) != Holder.SYN_ENTRY) return null;
  const entry = synEntryAt(indexIn(reference));
  return entry.isUndecided && !entry.isQueued ? entry : null;
}

/**
 * SEGMENT ARRIVES for an entry that is not decided about: nothing has been sent, so nothing can be
 * acknowledged, and nothing is told. Only a RST at RCV.NXT ends it: the peer has given up.
 */
export function undecidedState(entry: SynEntry, seg: Segment): void {
  if (seg.isRst) {
    if (seg.seq == receiveNext(entry)) deleteEntry(entry, Reason.RST_ARRIVED);
    else dropStray(seg, Reason.OUTSIDE_WINDOW);
  } else if (seg.isAck) {
    resetSegment(seg, Reason.ACK_OUT_OF_RANGE);
  } else {
    dropStray(seg, Reason.SYN_UNDECIDED);
  }
}
