/**
 * Fragments of what we send (RFC 791 §3.2, RFC 8200 §4.5), and the identification they have in
 * common (RFC 6864, RFC 7739).
 *
 * TCP sends none itself: at most it lets routers make some, where a path is narrower than segments
 * are cut for. What IP sends itself may be as long as a datagram can be, and `reply.ts` cuts it.
 *
 * Identifications count up for each pair of addresses and protocol by themselves, from a place that
 * nobody can guess (RFC 7739 §5.3): so none returns before all others were used, and none tells
 * what is sent to somebody else.
 */
import { IDENTIFICATIONS, SCRATCH } from '../memory';
import { hash, Key } from '../random';
import { mapIpv4 } from '../wire/address';
import { ipv4Destination, ipv4Protocol, ipv4Source, setFragment } from '../wire/ipv4';

/** Counters the pairs share. */
const COUNTERS: u32 = 256;

/** The next identification for a datagram, of 32 bits; IPv4 takes the lower half. */
export function nextIdentification(
  local0: u64,
  local1: u64,
  remote0: u64,
  remote1: u64,
  protocol: u32,
): u32 {
  store<u64>(SCRATCH, local0);
  store<u64>(SCRATCH, local1, 8);
  store<u64>(SCRATCH, remote0, 16);
  store<u64>(SCRATCH, remote1, 24);
  store<u64>(SCRATCH, protocol, 32);
  const place = hash(Key.IDENTIFICATION, SCRATCH, 5);
  const counter = IDENTIFICATIONS + 4 * <usize>((place >> 32) % COUNTERS);
  const next = load<u32>(counter) + 1;
  store<u32>(counter, next);
  // DEVIATION: RFC 6864 §4.3b would send no faster than 65,536 packets in two minutes, so that none
  // of these comes again while its namesake may live. No system does; a checksum is what is left.
  return <u32>place + next; // RFC 6864 §4.3a
}

/** Has routers fragment a packet of IPv4 that was written, where they must (RFC 791 §3.1). */
export function allowFragments(at: usize): void {
  const source = mapIpv4(ipv4Source(at));
  const destination = mapIpv4(ipv4Destination(at));
  const identification = nextIdentification(0, source, 0, destination, ipv4Protocol(at));
  setFragment(at, identification, 0);
}
