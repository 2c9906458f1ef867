/**
 * The addresses of the latest packet from a link that was for us: most that follow have the same,
 * and need not be judged again.
 */
import { JUDGED } from '../memory';
import { Datagram } from './datagram';

@unmanaged
class Judged {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  /** 4, or 6; 0 once our addresses are others. */
  version: u32;
}

function judged(): Judged {
  return changetype<Judged>(JUDGED);
}

/** Whether a packet has the addresses that were for us last, and is of that version. */
export function isJudged(d: Datagram, version: u32): bool {
  const latest = judged();
  return (
    latest.source1 == d.source1 &&
    latest.destination1 == d.destination1 &&
    latest.source0 == d.source0 &&
    latest.destination0 == d.destination0 &&
    latest.version == version
  );
}

/** Notes that a packet with these addresses is for us. */
export function noteJudged(d: Datagram, version: u32): void {
  const latest = judged();
  latest.source0 = d.source0;
  latest.source1 = d.source1;
  latest.destination0 = d.destination0;
  latest.destination1 = d.destination1;
  latest.version = version;
}

/** Our addresses are others: what was judged is so no more. */
export function forgetJudged(): void {
  judged().version = 0;
}
