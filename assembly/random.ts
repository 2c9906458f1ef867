/**
 * Keyed hashes and the core's own random numbers, all grown from the host's seed.
 *
 * SipHash-2-4 (Aumasson and Bernstein, 2012) wherever an outsider must not predict the answer:
 * ISNs, ports, timestamp offsets, cookies. NH (RFC 4418 §5.2.2, the inner hash of UMAC) for the
 * demultiplexing table, mixed: nine 32-bit words cost seven multiplications, and without the key no
 * set of tuples collides more often than chance. Each use has a key of its own, so that one can not
 * be read through another.
 */
import { config } from './limits';
import { KEYS, SCRATCH } from './memory';

/** Which key a hash uses. */
export enum Key {
  ORIGIN,
  PORT,
  COOKIE,
  COOKIE_PERIOD,
  FLOW_LABEL,
  IDENTIFICATION,
  RANDOM,
  COUNT,
}

/** KEYS holds 16 octets for each Key, then ten u32 of NH key, then the random counter. */
const NH_KEY: usize = KEYS + 16 * 7;
const RANDOM_COUNTER: usize = NH_KEY + 40;
if (Key.COUNT != 7) ERROR('NH_KEY stands behind the last Key');

/** Derives every key from the configuration's seed, and forgets the seed. */
export function seedKeys(): void {
  const c = config();
  for (let i: u32 = 0; i < (16 * Key.COUNT + 40) / 8; i++) {
    store<u64>(SCRATCH, c.seed2 ^ i);
    store<u64>(SCRATCH + 8, c.seed3);
    store<u64>(KEYS + 8 * i, sip(c.seed0, c.seed1, SCRATCH, 2)); // RFC 6056 §3.4
  }
  c.seed0 = c.seed1 = c.seed2 = c.seed3 = 0;
  store<u64>(RANDOM_COUNTER, 0);
}

/** SipHash-2-4 of `words` 64-bit words at `at`, under the key of one use. */
export function hash(key: Key, at: usize, words: u32): u64 {
  return sip(load<u64>(KEYS + 16 * key), load<u64>(KEYS + 16 * key + 8), at, words);
}

/** 64 random bits: SipHash of a counter under a key that has no other use. */
export function random(): u64 {
  const count = load<u64>(RANDOM_COUNTER) + 1;
  store<u64>(RANDOM_COUNTER, count);
  store<u64>(SCRATCH, count);
  return hash(Key.RANDOM, SCRATCH, 1);
}

/** NH over ten 32-bit words at `at`, mixed and cut to 32 bits. */
export function nh40(at: usize): u32 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < 40; i += 8) {
    const left = load<u32>(at + i) + load<u32>(NH_KEY + i);
    const right = load<u32>(at + i + 4) + load<u32>(NH_KEY + i + 4);
    sum += <u64>left * <u64>right;
  }
  return mixed(sum);
}

/**
 * The finisher of MurmurHash3 (Appleby, 2011). NH is a sum: tuples that go by steps, as a client's
 * ports do, have sums that go by steps, and under an unlucky key those lie side by side in a table.
 * Every bit of the answer hangs on every bit of the sum, and no two sums meet before it is cut.
 */
function mixed(sum: u64): u32 {
  sum = (sum ^ (sum >> 33)) * 0xff51_afd7_ed55_8ccd;
  sum = (sum ^ (sum >> 33)) * 0xc4ce_b9fe_1a85_ec53;
  return <u32>(sum ^ (sum >> 33));
}

function sip(k0: u64, k1: u64, at: usize, words: u32): u64 {
  let a = k0 ^ 0x736f6d6570736575;
  let b = k1 ^ 0x646f72616e646f6d;
  let c = k0 ^ 0x6c7967656e657261;
  let d = k1 ^ 0x7465646279746573;
  // After the words comes the length block, then twice two finishing rounds without a word.
  for (let i: u32 = 0; i < words + 3; i++) {
    let word: u64 = 0;
    if (i < words) word = load<u64>(at + 8 * i);
    else if (i == words) word = (<u64>(8 * words)) << 56;
    else if (i == words + 1) c ^= 0xff;
    d ^= word;
    // Two rounds, written out: a loop of two costs half as much again.
    a += b;
    c += d;
    b = rotl<u64>(b, 13) ^ a;
    d = rotl<u64>(d, 16) ^ c;
    a = rotl<u64>(a, 32);
    c += b;
    a += d;
    b = rotl<u64>(b, 17) ^ c;
    d = rotl<u64>(d, 21) ^ a;
    c = rotl<u64>(c, 32);
    a += b;
    c += d;
    b = rotl<u64>(b, 13) ^ a;
    d = rotl<u64>(d, 16) ^ c;
    a = rotl<u64>(a, 32);
    c += b;
    a += d;
    b = rotl<u64>(b, 17) ^ c;
    d = rotl<u64>(d, 21) ^ a;
    c = rotl<u64>(c, 32);
    a ^= word;
  }
  return a ^ b ^ c ^ d;
}
