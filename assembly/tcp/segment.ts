/**
 * The segment that arrives now: SEG.* (RFC 9293 §3.3.1), read from the datagram.
 *
 * One record at a fixed address, passed to whoever processes it; nobody keeps it.
 */
import { Counter, Ctl, Reason, State, TraceKind } from '../abi';
import { count, uncount } from '../counters';
import { CODEPOINT, Datagram } from '../ip/datagram';
import { isLeftToOthers } from '../ip/unclaimed';
import { SEGMENT } from '../memory';
import { trace, traceDrop, tracedLength, traceDropOf, tracing } from '../trace';
import {
  acknowledgmentNumber,
  controlBits,
  dataOffset,
  destinationPort,
  sequenceNumber,
  sourcePort,
  TCP_HEADER,
  urgentPointer,
  windowField,
} from '../wire/tcp';
import { Options, readOptions } from '../wire/tcp-options';
import { LocalSeq, RemoteSeq } from './seq';

/** SEG.*, the sockets it came for, and its options. */
@unmanaged
export class Segment {
  /** As the other records of the tuple table: the tuple begins at octet 8. */
  spare0: u32;
  spare1: u32;
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u16;
  remotePort: u16;
  /** Hash of the tuple, unless a connection was found without. */
  hash: u32;
  /** SEG.SEQ */
  seq: RemoteSeq;
  /** SEG.ACK, meaningful only with the ACK bit */
  ack: LocalSeq;
  /** SEG.LEN: octets of text, SYN and FIN counted. */
  len: u32;
  /** SEG.WND, not yet shifted. */
  wnd: u32;
  /** SEG.UP, meaningful only with the URG bit. */
  up: u32;
  /** Control bits, as Ctl. */
  ctl: u32;
  /** Where the text lies, and its octets. */
  text: u32;
  textLength: u32;
  /** Where the source route it came by lies; 0 when it came by none. */
  sourceRoute: u32;
  /** ECN codepoint of the packet it came in. */
  codepoint: u32;
  /** Octets of text in the largest of the segments that have come as one. */
  largest: u32;
  /** How many they are; mostly it is one. */
  segments: u32;
  /** 1 once the trace was told that it, or its text, goes no further. */
  isDropped: u32;
  /** 1 when the text lies in its place in the buffer already. */
  isPlaced: u32;

  @inline get options(): Options {
    return changetype<Options>(changetype<usize>(this) + OPTIONS);
  }
  @inline get isFin(): bool {
    return (this.ctl & Ctl.FIN) != 0;
  }
  @inline get isSyn(): bool {
    return (this.ctl & Ctl.SYN) != 0;
  }
  @inline get isRst(): bool {
    return (this.ctl & Ctl.RST) != 0;
  }
  @inline get isAck(): bool {
    return (this.ctl & Ctl.ACK) != 0;
  }
  @inline get isUrg(): bool {
    return (this.ctl & Ctl.URG) != 0;
  }
  @inline get isEce(): bool {
    return (this.ctl & Ctl.ECE) != 0;
  }
  @inline get isCwr(): bool {
    return (this.ctl & Ctl.CWR) != 0;
  }
}

const OPTIONS: usize = 104;
if (offsetof<Segment>() > OPTIONS) ERROR("a segment's options overlap its fields");

/** The one record there is. */
export function segment(): Segment {
  return changetype<Segment>(SEGMENT);
}

/** Whether a datagram holds a whole TCP header; reads it into `seg` if so, right or damaged. */
export function readSegment(seg: Segment, d: Datagram): bool {
  const at: usize = d.at;
  if (d.length < TCP_HEADER || dataOffset(at) < TCP_HEADER || dataOffset(at) > d.length) {
    count(Counter.TcpInErrs);
    traceDrop(Reason.BAD_TCP_HEADER, d.length, 0, 0);
    return false;
  }
  seg.local0 = d.destination0;
  seg.local1 = d.destination1;
  seg.remote0 = d.source0;
  seg.remote1 = d.source1;
  seg.localPort = <u16>destinationPort(at);
  seg.remotePort = <u16>sourcePort(at);
  seg.seq = sequenceNumber(at);
  seg.ack = acknowledgmentNumber(at);
  seg.wnd = windowField(at);
  seg.up = urgentPointer(at);
  seg.ctl = controlBits(at);
  seg.codepoint = d.diffserv & CODEPOINT;
  seg.text = d.at + dataOffset(at);
  seg.textLength = d.length - dataOffset(at);
  seg.len = seg.textLength + (seg.isSyn ? 1 : 0) + (seg.isFin ? 1 : 0);
  seg.sourceRoute = d.sourceRoute;
  seg.isDropped = seg.isPlaced = 0;
  seg.largest = seg.textLength;
  seg.segments = 1;
  if (d.segmentSize != 0) divide(seg, d.segmentSize);
  readOptions(seg.options, at + TCP_HEADER, seg.text); // MUST-5
  return true;
}

/** The link has joined segments with `size` octets of text each into one. */
function divide(seg: Segment, size: u32): void {
  if (size >= seg.textLength) return;
  seg.largest = size;
  seg.segments = (seg.textLength + size - 1) / size;
}

/** Tells the trace that a segment has come to a record, and in what state it found it. */
export function traceArrival(seg: Segment, handle: u32, state: State): void {
  if (!tracing()) return;
  const length = tracedLength(seg.textLength, seg.segments, seg.ctl);
  trace(TraceKind.SEGMENT_IN, handle, state, Reason.NONE, seg.seq, seg.ack, length, seg.wnd);
}

/**
 * Tells the trace that a segment for a record, or all of its text, goes no further. Only the first
 * reason is told: it is the cause of the others.
 *
 * @param nxt RCV.NXT of the record
 */
export function dropSegment(
  seg: Segment,
  handle: u32,
  state: State,
  reason: Reason,
  nxt: RemoteSeq,
): void {
  if (seg.isDropped) return;
  seg.isDropped = 1;
  traceDropOf(handle, state, reason, seg.seq, seg.len, nxt);
}

/**
 * Whether a segment of no connection is left to the stacks that share the link: nothing more may be
 * done about it. A SYN that a listener takes never is, for all of them may listen there.
 */
export function isLeft(seg: Segment): bool {
  if (!isLeftToOthers()) return false;
  uncount(Counter.TcpInSegs, seg.segments);
  if (seg.options.illegal) uncount(Counter.TcpExtTCPBadOptions, 1);
  return true;
}

/** As `dropSegment`, of a segment that no record has: its ports say whose it is. */
export function dropStray(seg: Segment, reason: Reason): void {
  if (seg.isDropped) return;
  seg.isDropped = 1;
  traceDrop(reason, seg.remotePort, seg.localPort, seg.seq);
}
