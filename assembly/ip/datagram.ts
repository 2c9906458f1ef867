/** The datagram that arrives now: what `ip/input` found, for whoever reads it next. */
import { DATAGRAM } from '../memory';

/** The two bits of the Diffserv octet that belong to ECN (RFC 3168 §5). */
export const CODEPOINT: u32 = 3;
/** Its values that mean something to a receiver: not ECN-capable, congestion experienced. */
export const NOT_ECT: u32 = 0;
export const CE: u32 = 3;

/** An IP packet for us, its header read. */
@unmanaged
export class Datagram {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  /** Where the IP header lies, and the octets of the whole packet: what an ICMP error quotes. */
  packet: u32;
  packetLength: u32;
  /** Where the transport's header lies, and the octets from there to the packet's end. */
  at: u32;
  length: u32;
  /** Protocol or last next header. */
  protocol: u32;
  hopLimit: u32;
  /** Diffserv and, below it, the ECN codepoint. */
  diffserv: u32;
  /** 1 when the link vouches for the transport checksum. */
  checksumTrusted: u32;
  /** 1 when that is the pseudo header's sum alone. */
  checksumPartial: u32;
  /** Octets of text in each of the segments it is but the last; 0 when it is one. */
  segmentSize: u32;
  /** 1 when it comes from ourselves and has been on no wire. */
  isLooped: u32;
  /** 1 when it is for an address that is not ours, on a link that brings what is for others. */
  isForeign: u32;
  /** 1 while a packet is processed that came when the stack did not keep up with its link. */
  isBehind: u32;
  /** 1 when other stacks share the link it came by. */
  isShared: u32;
  /** 1 once it has turned out to be none of ours, but perhaps one of theirs. */
  isUnclaimed: u32;
  /** IPv6: where the octet lies that names `protocol`, for who does not know that protocol. */
  namedAt: u32;
  /** Where the option of the source route it came by lies; 0 when it came by none. */
  sourceRoute: u32;
}

/** The one record there is. */
export function datagram(): Datagram {
  return changetype<Datagram>(DATAGRAM);
}
