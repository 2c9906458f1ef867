/**
 * The record of a listener's child in SYN-RECEIVED: what a TCB would need, and nothing else.
 *
 * ╒══════════════════════════ Child (128 octets) ══════════════════════════╕
 * │ link, index │ tuple 36 │ hash │ listener │ ISS, IRS … │ Chain of kept text │
 * └─────────────────────────────────────────────────────────────────────────┘
 */
import { config } from '../limits';
import { CHILD_SIZE } from '../memory';
import { children } from '../pools';
import { Chain } from '../store/chain';
import { itemAt } from '../store/pool';
import { LocalSeq, RemoteSeq } from './seq';
import { TUPLE } from './tcb';

/** A child of a listener in SYN-RECEIVED. */
@unmanaged
export class Child {
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
  /** Link of the queue of SYN,ACKs to be sent; `isQueued` while in it. */
  queueLink: u32;
  isQueued: u8;
  /** 1: what answers our SYN,ACK says nothing of the round trip (`promote`). */
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
export const QUEUE_LINK: usize = offsetof<Child>('queueLink');
if (offsetof<Child>() > KEPT || KEPT + offsetof<Chain>() > CHILD_SIZE)
  ERROR('a child is too large');
if (offsetof<Child>('local0') != TUPLE) ERROR("a child's tuple stands where a TCB's does");

/** The child with that index. */
export function childAt(index: u32): Child {
  return changetype<Child>(itemAt(children(), index));
}

/** A child as owner in the heap of timers: behind the TCBs. */
export function ownerOf(child: Child): u32 {
  return config().connections + child.index;
}

/**
 * RCV.NXT of a child.
 *
 * DEVIATION: §3.10.7.2 acknowledges the SYN alone and queues its text. What is kept is acknowledged
 * with it, so that it need not come again.
 */
export function receiveNext(child: Child): RemoteSeq {
  return child.irs + 1 + child.keptLength;
}

/** RCV.WND of a child: a SYN's window is never scaled, so more was not offered. */
export function receiveWindow(child: Child): u32 {
  return min<u32>(child.buffer, 65_535) - child.keptLength;
}
