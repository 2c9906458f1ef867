/**
 * Segments of no connection (RFC 9293 §3.5.2, §3.10.7.1): RST and ACK for whoever has no TCB, and
 * the RST of a connection that is being deleted. They wait in the reply queue like every packet
 * without a TCB.
 */
import { Counter, Ctl, Reason, State, TraceKind } from '../abi';
import { count } from '../counters';
import { DEFAULT_HOP_LIMIT } from '../ip/output';
import { Packet } from '../ip/packet';
import { isStrayRefused, newReply } from '../ip/reply';
import { shareSourceRoute } from '../ip/source-route';
import { trace } from '../trace';
import { PROTOCOL_TCP, TCP_CHECKSUM, TCP_HEADER, writeTcp } from '../wire/tcp';
import { TIMESTAMPS_LENGTH, writeTimestamps } from '../wire/tcp-options';
import { synAckControl } from './ecn';
import { writeSynOptions } from './negotiate';
import { dropStray, Segment } from './segment';
import { earlier, LocalSeq, RemoteSeq } from './seq';
import { Flag, handleOf, has, Tcb, TUPLE } from './tcb';
import { tsVal } from './timestamps';

/** The tuple as every record of the tuple table has it. */
@unmanaged
class Tuple {
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u16;
  remotePort: u16;
}

/**
 * Queues a segment without text from one record's local socket to its remote one, by a route or 0.
 */
function reply(
  record: usize,
  sourceRoute: u32,
  seq: LocalSeq,
  ack: RemoteSeq,
  ctl: u32,
  wnd: u32,
  hopLimit: u32,
): Packet | null {
  const tuple = changetype<Tuple>(record + TUPLE);
  const answer = newReply(
    PROTOCOL_TCP,
    <u32>TCP_CHECKSUM,
    hopLimit,
    tuple.local0,
    tuple.local1,
    tuple.remote0,
    tuple.remote1,
  );
  if (answer == null) return null;
  answer.sourceRoute = shareSourceRoute(sourceRoute);
  writeTcp(answer.head, tuple.localPort, tuple.remotePort, seq, ack, 0, ctl, wnd, 0);
  answer.headLength = TCP_HEADER;
  count(Counter.TcpOutSegs);
  return answer;
}

function addTimestamps(answer: Packet, val: u32, ecr: u32): void {
  writeTimestamps(answer.head + TCP_HEADER, val, ecr);
  store<u8>(answer.head, <u8>((TCP_HEADER + TIMESTAMPS_LENGTH) << 2), 12);
  answer.headLength += TIMESTAMPS_LENGTH;
}

/** Answers a segment that belongs nowhere with a RST (RFC 9293 §3.10.7.1). */
export function resetSegment(seg: Segment, reason: Reason): void {
  if (seg.isRst) {
    dropStray(seg, Reason.RST_NOT_ANSWERED);
    return;
  }
  dropStray(seg, reason);
  if (isStrayRefused()) return;
  const record = changetype<usize>(seg);
  const answer = seg.isAck
    ? reply(record, 0, seg.ack, 0, Ctl.RST, 0, DEFAULT_HOP_LIMIT)
    : reply(record, 0, 0, seg.seq + seg.len, Ctl.RST | Ctl.ACK, 0, DEFAULT_HOP_LIMIT);
  if (answer != null) count(Counter.TcpOutRsts);
}

/**
 * Sends the RST that ends a connection (RFC 9293 §3.10.5).
 *
 * DEVIATION: that section's RST has no ACK bit. With one, a peer that is in SYN-SENT believes it
 * too.
 */
export function resetConnection(tcb: Tcb): void {
  const snd = tcb.snd;
  // Beyond a closed window, where a probe was sent, the peer would not take it for ours.
  const edge = has(tcb, Flag.SYN_UNACKED) ? snd.nxt : snd.una + snd.wnd;
  const seq = earlier(snd.nxt, edge);
  const answer = reply(
    changetype<usize>(tcb),
    tcb.sourceRoute,
    seq,
    tcb.rcv.nxt,
    Ctl.RST | Ctl.ACK,
    0,
    tcb.hopLimit,
  );
  if (answer == null) return;
  if (has(tcb, Flag.TIMESTAMPS)) addTimestamps(answer, tsVal(tcb), tcb.ts.recent); // RFC 7323 §3.2b
  count(Counter.TcpOutRsts);
  traceOut(handleOf(tcb), tcb.state, seq, tcb.rcv.nxt, Ctl.RST | Ctl.ACK, 0);
}

/** Refuses a SYN that a record was made of, as where nobody listens (RFC 9293 §3.10.7.1). */
export function refuseRecord(record: usize, sourceRoute: u32, ack: RemoteSeq): void {
  const ctl = Ctl.RST | Ctl.ACK;
  const answer = reply(record, sourceRoute, 0, ack, ctl, 0, DEFAULT_HOP_LIMIT);
  if (answer == null) return;
  count(Counter.TcpOutRsts);
  traceOut(0, State.SYN_RECEIVED, 0, ack, ctl, 0);
}

/** Sends a bare ACK for a record without TCB; `val` and `ecr` are its timestamps, if it has any. */
export function acknowledgeRecord(
  record: usize,
  sourceRoute: u32,
  seq: LocalSeq,
  ack: RemoteSeq,
  wnd: u32,
  timestamps: bool,
  val: u32,
  ecr: u32,
  state: State,
): void {
  const answer = reply(record, sourceRoute, seq, ack, Ctl.ACK, wnd, DEFAULT_HOP_LIMIT);
  if (answer == null) return;
  if (timestamps) addTimestamps(answer, val, ecr);
  traceOut(0, state, seq, ack, Ctl.ACK, wnd);
}

/** Sends the ACK that a connection owes as it is deleted; `wnd` is the window field. */
export function acknowledgeLast(tcb: Tcb, wnd: u32): void {
  acknowledgeRecord(
    changetype<usize>(tcb),
    tcb.sourceRoute,
    tcb.snd.nxt,
    tcb.rcv.nxt,
    wnd,
    has(tcb, Flag.TIMESTAMPS),
    tsVal(tcb),
    tcb.ts.recent,
    tcb.state,
  );
}

/**
 * Sends a SYN,ACK that is not remembered. `val` and `ecr` count only with the timestamps' flag.
 */
export function replySynAck(
  record: usize,
  iss: LocalSeq,
  ack: RemoteSeq,
  flags: u32,
  mss: u32,
  shift: u32,
  wnd: u32,
  val: u32,
  ecr: u32,
): void {
  const ctl = synAckControl(flags);
  const answer = reply(record, 0, iss, ack, ctl, wnd, DEFAULT_HOP_LIMIT);
  if (answer == null) return;
  const options = writeSynOptions(answer.head + TCP_HEADER, flags, mss, shift, val, ecr);
  store<u8>(answer.head, <u8>((TCP_HEADER + options) << 2), 12);
  answer.headLength += options;
  traceOut(0, State.SYN_RECEIVED, iss, ack, ctl, wnd);
}

function traceOut(handle: u32, state: State, seq: u32, ack: u32, ctl: u32, wnd: u32): void {
  trace(TraceKind.SEGMENT_OUT, handle, state, Reason.NONE, seq, ack, ctl, wnd);
}
