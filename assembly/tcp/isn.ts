/**
 * Numbers an outsider must not guess: ISS (RFC 9293 §3.4.1, RFC 6528), the timestamp offset (RFC
 * 7323 §5.4) and the IPv6 flow label (RFC 6437 §3), each from the tuple under a key of its own.
 */
import { SCRATCH } from '../memory';
import { hash, Key } from '../random';
import { now } from '../time';
import { isIpv4 } from '../wire/address';
import { LocalSeq } from './seq';
import { copyTuple } from './tuple';

function tupleHash(key: Key, tuple: usize): u64 {
  copyTuple(SCRATCH, tuple);
  store<u32>(SCRATCH + 36, 0);
  return hash(key, SCRATCH, 5);
}

/** ISS = M + F(tuple, secret): M ticks every four microseconds. */
export function initialSequenceNumber(tuple: usize): LocalSeq {
  // RFC 6528 §3a, §3b
  return <u32>(now() >> 2) + <u32>tupleHash(Key.ISN, tuple); // MUST-8, MUST-9, SHLD-1
}

/**
 * Added to our timestamps: the same for each incarnation of a tuple, so that they stay monotone.
 */
export function timestampOffset(tuple: usize): u32 {
  return <u32>tupleHash(Key.TIMESTAMP, tuple); // RFC 7323 §5.4b
}

/** Twenty bits, the same for all packets of a tuple; IPv4 has no field for them. */
export function flowLabel(tuple: usize): u32 {
  if (isIpv4(load<u64>(tuple), load<u64>(tuple, 8))) return 0;
  return <u32>tupleHash(Key.FLOW_LABEL, tuple) & 0xf_ffff;
}
