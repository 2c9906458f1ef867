/**
 * The tuple (RFC 9293 §3.3.1): the 36 octets by which a connection, a SYN-queue entry or a
 * TIME-WAIT record is found, hashed and compared where they lie.
 *
 * ╒══════════════╤═══════════════╤═══════════════╤════════════════╕
 * │ local 2×u64  │ remote 2×u64  │ localPort u16 │ remotePort u16 │
 * └──────────────┴───────────────┴───────────────┴────────────────┘
 *
 * Without the local port it is a destination: what RFC 6056 chooses a port for.
 */
import { SCRATCH } from './memory';
import { nh40 } from './random';

/** The hash of a tuple: 36 octets at `tuple`, anything behind them. */
export function hashOf(tuple: usize): u32 {
  return hashWith(tuple, load<u32>(tuple, 32));
}

/** The hash of a tuple's destination. */
export function destinationHash(tuple: usize): u32 {
  return hashWith(tuple, load<u32>(tuple, 32) & 0xffff_0000);
}

function hashWith(tuple: usize, ports: u32): u32 {
  v128.store(SCRATCH, v128.load(tuple));
  v128.store(SCRATCH + 16, v128.load(tuple + 16));
  store<u64>(SCRATCH + 32, ports);
  return nh40(SCRATCH);
}

/**
 * Copies a tuple, and the hash that stands behind it in records that have one. Even for so few
 * octets an engine calls out of the module to copy memory, which takes longer than the copy.
 */
export function copyTuple(to: usize, tuple: usize): void {
  store<u64>(to, load<u64>(tuple));
  store<u64>(to, load<u64>(tuple, 8), 8);
  store<u64>(to, load<u64>(tuple, 16), 16);
  store<u64>(to, load<u64>(tuple, 24), 24);
  store<u64>(to, load<u64>(tuple, 32), 32);
}

/** Whether two are the same; as they were written, for wider loads would wait for the stores. */
export function isSameTuple(a: usize, b: usize): bool {
  return isSameDestination(a, b) && load<u16>(a, 32) == load<u16>(b, 32);
}

/** Whether two are the same but for the local port. */
export function isSameDestination(a: usize, b: usize): bool {
  const addresses =
    (load<u64>(a) ^ load<u64>(b)) |
    (load<u64>(a, 8) ^ load<u64>(b, 8)) |
    (load<u64>(a, 16) ^ load<u64>(b, 16)) |
    (load<u64>(a, 24) ^ load<u64>(b, 24));
  return (addresses | (load<u16>(a, 34) ^ load<u16>(b, 34))) == 0;
}
