/**
 * Writing one segment into the transmit window: header, options, text, checksum, IP header.
 *
 * Nothing is decided here; `transmit.ts` has decided. Text is copied and summed in one pass.
 */
import { Counter, Ctl, Outgoing, PacketFlag, Reason, Setting, Timer, TraceKind } from '../abi';
import { countMany } from '../counters';
import { allowFragments } from '../ip/fragment';
import { headerLength, writeHeader } from '../ip/output';
import { addSourceRoute, sourceRouteLength } from '../ip/source-route';
import { setting } from '../limits';
import { OUTGOING, PIECES, TRANSMIT } from '../memory';
import { pages } from '../pools';
import { readChain, readChainAndSum } from '../store/chain';
import { fold, sumHeader } from '../store/copy-sum';
import { listChain } from '../store/pieces';
import { trace, tracedLength, tracing } from '../trace';
import { finish, pseudoSum } from '../wire/checksum';
import { PROTOCOL_TCP, TCP_CHECKSUM, TCP_HEADER, writeTcp } from '../wire/tcp';
import { writeTimestamps } from '../wire/tcp-options';
import { CODEPOINT_SHIFT } from './ecn';
import { acknowledge } from './marks';
import { announcedMss, writeSynOptions } from './negotiate';
import { blockCount, hasUntold, writeBlocks } from './sack-blocks';
import { LocalSeq, lt } from './seq';
import { segmentsOf } from './super-segment';
import { Ecn, Flag, handleOf, has, lower, Tcb } from './tcb';
import { tsVal } from './timestamps';
import { cancel } from './timers';
import { PathFlag } from './variables';
import { offerWindow } from './window';

/** Octets of text a segment without SYN has room for: SMSS less the SACK blocks it must carry. */
export function textRoom(tcb: Tcb): u32 {
  const blocks = blockCount(tcb);
  return blocks == 0 ? tcb.snd.mss : tcb.snd.mss - 4 - 8 * blocks;
}

/**
 * Writes the segment that begins at `seq`, with `length` octets of text from there.
 *
 * @param ctl control bits; above their octet, the ECN codepoint of the packet
 * @returns octets of the packet in the transmit window
 */
export function emit(tcb: Tcb, seq: LocalSeq, ctl: u32, length: u32): u32 {
  const ipOptions = sourceRouteLength(tcb.sourceRoute);
  const transport = TRANSMIT + headerLength(tcb.remote0, tcb.remote1) + ipOptions;
  const isSyn = (ctl & Ctl.SYN) != 0;
  const options = isSyn
    ? writeOffer(tcb, transport + TCP_HEADER)
    : writeOptions(tcb, transport + TCP_HEADER);
  const wnd = isSyn ? min<u32>(tcb.rcv.wnd, 65_535) : offerWindow(tcb); // RFC 7323 §2.2c
  const ack = ctl & Ctl.ACK ? tcb.rcv.nxt : 0;
  ctl |= tcb.ecn & Ecn.ECHOING; // RFC 3168 §6.1.3
  // While urgent text lies ahead, each segment says where it ends (MUST-30).
  const urgent = isSyn ? 0 : urgentFrom(tcb, seq);
  if (urgent != 0) ctl |= Ctl.URG;
  writeTcp(transport, tcb.localPort, tcb.remotePort, seq, ack, options, ctl, wnd, urgent);

  const header = TCP_HEADER + options;
  const pseudo = pseudoSum(
    tcb.local0,
    tcb.local1,
    tcb.remote0,
    tcb.remote1,
    PROTOCOL_TCP,
    header + length,
  );
  const segments = segmentsOf(tcb, length);
  if (segments != 1 || setting(Setting.CHECKSUM_BY_LINK)) {
    // The link adds the rest: it expects the pseudo header's sum, not complemented.
    const isApart = segments != 1 && setting(Setting.GATHER_BY_LINK) != 0;
    noteOutgoing(tcb, segments, isApart);
    if (isApart) listChain(pages(), tcb.outgoing, seq, PIECES, length);
    else readChain(pages(), tcb.outgoing, seq, transport + header, length);
    store<u16>(transport + TCP_CHECKSUM, <u16>fold(pseudo));
  } else {
    const text = readChainAndSum(pages(), tcb.outgoing, seq, transport + header, length);
    const checksum = finish(pseudo + sumHeader(transport, header) + text); // MUST-2
    store<u16>(transport + TCP_CHECKSUM, <u16>checksum);
  }
  noteSent(tcb, seq, ack, ctl, wnd, length, segments);
  const packet = writeHeader(
    TRANSMIT,
    ipOptions + header + length,
    PROTOCOL_TCP,
    tcb.diffserv | (ctl >> CODEPOINT_SHIFT), // SHLD-22, RFC 3168 §5
    tcb.hopLimit,
    tcb.flowLabel,
    tcb.local0,
    tcb.local1,
    tcb.remote0,
    tcb.remote1,
  );
  if (ipOptions != 0) addSourceRoute(TRANSMIT, tcb.sourceRoute); // MUST-51, MUST-53
  if (tcb.snd.path & PathFlag.SPLIT) allowFragments(TRANSMIT);
  return packet;
}

/**
 * The urgent pointer of a segment at `seq`: octets from there to SND.UP; 0 when none lies ahead.
 */
function urgentFrom(tcb: Tcb, seq: LocalSeq): u32 {
  if (!lt(tcb.snd.una, tcb.snd.up)) return 0;
  return lt(seq, tcb.snd.up) ? min<u32>(tcb.snd.up - seq, 65_535) : 0;
}

/** Tells the link what of the packet is left to it. */
function noteOutgoing(tcb: Tcb, segments: u32, isApart: bool): void {
  const size = segments == 1 ? 0 : <u32>tcb.snd.mss;
  changetype<Outgoing>(OUTGOING).flags =
    PacketFlag.CHECKSUM_TRUSTED |
    PacketFlag.CHECKSUM_PARTIAL |
    (isApart ? PacketFlag.TEXT_APART : PacketFlag.NONE) |
    (size * PacketFlag.SEGMENT_SIZE);
}

function noteSent(
  tcb: Tcb,
  seq: u32,
  ack: u32,
  ctl: u32,
  wnd: u32,
  length: u32,
  segments: u32,
): void {
  if (ctl & Ctl.ACK) {
    // Whatever leaves carries the acknowledgment (MUST-58).
    lower(tcb, Flag.ACK_NOW | Flag.DUPLICATE); // RFC 2883 §4b
    if (hasUntold(tcb)) acknowledge(tcb);
    cancel(tcb, Timer.DELAYED_ACK); // RFC 5681 §4.2c
    tcb.rcv.lastAckSent = tcb.rcv.nxt;
  }
  tcb.cc.segsOut += segments;
  countMany(Counter.TcpOutSegs, segments);
  if (!tracing()) return;
  trace(
    TraceKind.SEGMENT_OUT,
    handleOf(tcb),
    tcb.state,
    Reason.NONE,
    seq,
    ack,
    tracedLength(length, segments, ctl),
    wnd,
  );
}

/** The options of our SYN or SYN,ACK. */
function writeOffer(tcb: Tcb, at: usize): u32 {
  const mss = announcedMss(tcb.remote0, tcb.remote1, tcb.snd.mssLimit);
  // RFC 7323 §3.2e
  return writeSynOptions(at, tcb.flags, mss, tcb.rcv.shift, tsVal(tcb), tcb.ts.recent);
}

/** The options of every other segment. MSS is not among them (MUST-65). */
function writeOptions(tcb: Tcb, at: usize): u32 {
  let length: u32 = 0; // MUST-65
  // RFC 7323 §3.2a
  if (has(tcb, Flag.TIMESTAMPS)) length = writeTimestamps(at, tsVal(tcb), tcb.ts.recent);
  const blocks = blockCount(tcb);
  if (blocks != 0) length += writeBlocks(tcb, at + length, blocks); // RFC 2018 §4a
  return length;
}
