/**
 * Numbers an outsider must not guess: ISS (RFC 9293 §3.4.1, RFC 6528), the timestamp offset (RFC
 * 7323 §5.4) and the IPv6 flow label (RFC 6437 §3), from keyed hashes of the tuple. The first two,
 * which each connection needs, are the halves of one.
 */
import { SCRATCH } from '../memory';
import { hash, Key } from '../random';
import { now } from '../time';
import { copyTuple } from '../tuple';
import { isIpv4 } from '../wire/address';
import { LocalSeq } from './seq';

function tupleHash(key: Key, tuple: usize): u64 {
  copyTuple(SCRATCH, tuple);
  store<u32>(SCRATCH + 36, 0);
  return hash(key, SCRATCH, 5);
}

/**
 * F(tuple, secret): its lower half is where sequence numbers begin, its upper half where timestamps
 * do, and neither tells anything of the other.
 */
export function originOf(tuple: usize): u64 {
  return tupleHash(Key.ORIGIN, tuple);
}

/** ISS = M + F(tuple, secret): M ticks every four microseconds. */
export function initialSequenceNumber(origin: u64): LocalSeq {
  // RFC 6528 §3a, §3b
  return <u32>(now() >> 2) + <u32>origin; // MUST-8, MUST-9, SHLD-1
}

/**
 * Added to our timestamps: the same for each incarnation of a tuple, so that they stay monotone.
 */
export function timestampOffset(origin: u64): u32 {
  return <u32>(origin >> 32); // RFC 7323 §5.4b
}

/** Twenty bits, the same for all packets of a tuple; IPv4 has no field for them. */
export function flowLabel(tuple: usize): u32 {
  if (isIpv4(load<u64>(tuple), load<u64>(tuple, 8))) return 0;
  return <u32>tupleHash(Key.FLOW_LABEL, tuple) & 0xf_ffff;
}
