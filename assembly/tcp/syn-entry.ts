/**
 * An entry of a listener's SYN queue, in SYN-RECEIVED: what a TCB would need, and nothing else.
 *
 * ╒══════════════════════════ SynEntry (128 octets) ═══════════════════════════╕
 * │ link, index │ tuple 36 │ hash │ listener │ ISS, IRS … │ Chain of kept text │
 * └────────────────────────────────────────────────────────────────────────────┘
 */
import { config } from '../limits';
import { SYN_ENTRY_SIZE } from '../memory';
import { synEntries } from '../pools';
import { Chain } from '../store/chain';
import { itemAt } from '../store/pool';
import { LocalSeq, RemoteSeq } from './seq';
import { TUPLE } from './tcb';

/** An entry of a SYN queue. */
@unmanaged
export class SynEntry {
  link: u32;
  index: u32;
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u16;
  remotePort: u16;
  hash: u32;
  /** Index of the listener; 0 while free. */
  listener: u32;
  iss: LocalSeq;
  irs: RemoteSeq;
  /** Flags that both SYNs agree on. */
  flags: u32;
  tsRecent: u32;
  tsOffset: u32;
  /** The peer's MSS, its SYN's window, its shift. */
  mss: u16;
  wnd: u16;
  shift: u8;
  /** Rcv.Wind.Shift, as our SYN,ACK offers it. */
  ownShift: u8;
  /** SYN,ACKs sent again. */
  retries: u8;
  /** 1: its listener's user is still to say what becomes of it (`decide.ts`). */
  isUndecided: u8;
  /** Link of the queue of SYN,ACKs to be sent, or to be asked about; `isQueued` while in it. */
  queueLink: u32;
  isQueued: u8;
  /** 1: what answers our SYN,ACK says nothing of the round trip (`complete`). */
  isUntimed: u8;
  /** Index of the source route back to the peer; 0 none. */
  sourceRoute: u16;
  /** The next challenge may go out from then on (`nextChallenge`). */
  challengeAt: u32;
  /** Octets of text that came with the SYN and are kept. */
  keptLength: u16;
  /** The SYN's urgent pointer; 0 when it had none. */
  urgent: u16;
  /** The receive buffer that was offered: its listener's, when the SYN came. */
  buffer: u32;
  @inline get kept(): Chain {
    return changetype<Chain>(changetype<usize>(this) + KEPT);
  }
}

const KEPT: usize = 100;
/** Offset of the link of the queue of SYN,ACKs. */
export const QUEUE_LINK: usize = offsetof<SynEntry>('queueLink');
if (offsetof<SynEntry>() > KEPT || KEPT + offsetof<Chain>() > SYN_ENTRY_SIZE)
  ERROR('a entry is too large');
if (offsetof<SynEntry>('local0') != TUPLE) ERROR("a entry's tuple stands where a TCB's does");

/** The entry with that index. */
export function synEntryAt(index: u32): SynEntry {
  return changetype<SynEntry>(itemAt(synEntries(), index));
}

/** An entry as owner in the heap of timers: behind the TCBs. */
export function ownerOf(entry: SynEntry): u32 {
  return config().connections + entry.index;
}

/**
 * RCV.NXT of an entry.
 *
 * DEVIATION: §3.10.7.2 acknowledges the SYN alone and queues its text. What is kept is acknowledged
 * with it, so that it need not come again.
 */
export function receiveNext(entry: SynEntry): RemoteSeq {
  return entry.irs + 1 + entry.keptLength;
}

/** RCV.WND of an entry: a SYN's window is never scaled, so more was not offered. */
export function receiveWindow(entry: SynEntry): u32 {
  return min<u32>(entry.buffer, 65_535) - entry.keptLength;
}
