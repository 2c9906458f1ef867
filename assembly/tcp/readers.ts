/**
 * How many connections read much at a time: their windows together are to fit into the queue before
 * the link.
 *
 * What a peer may send beyond what the path holds stands in a queue, and of many that fill their
 * windows behind one link each packet beyond its length is lost. So those are counted that have
 * read much in a round trip, each once in a period.
 */
import { Setting } from '../abi';
import { setting } from '../limits';
import { READERS } from '../memory';
import { Micros, MILLISECOND, now } from '../time';

/** Octets read in a round trip that are much: less than that no queue minds. */
const MUCH: u32 = 65_536;
const PERIOD: Micros = 100 * <Micros>MILLISECOND;

@unmanaged
class Readers {
  /** When the period began. */
  since: Micros;
  /** Readers in it so far, and in the one before. */
  count: u32;
  before: u32;
}

function readers(): Readers {
  return changetype<Readers>(READERS);
}

/** A connection has read so many octets since then, in a round trip. */
export function noteReading(octets: u32, since: Micros): void {
  if (octets < MUCH) return;
  const own = readers();
  const period = <Micros>now() - own.since;
  if (period >= PERIOD) {
    own.before = period < 2 * PERIOD ? own.count : 0;
    own.count = 0;
    own.since = <Micros>now();
  }
  // Measured in this period before, it was counted then.
  if (<i32>(since - own.since) < 0) own.count++;
}

/**
 * Octets of the link's queue for each who reads much, of a third of it: windows that were offered
 * to fewer readers are not taken back, and short packets take as much room as full ones. Nobody has
 * less than a receive buffer begins with: that is what those have who read little, and they are not
 * counted.
 */
export function queueShare(): u32 {
  const queue = setting(Setting.LINK_QUEUE);
  if (queue == 0) return 0xffff_ffff;
  const own = readers();
  const count = max<u32>(max(own.count, own.before), 1);
  return max(queue / (3 * count), setting(Setting.RMEM_DEFAULT));
}
