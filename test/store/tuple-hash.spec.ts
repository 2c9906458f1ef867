/**
 * The hash of tuples over many keys and the tuples that ordinary clients make: ports one after the
 * other, every second, every sixteenth; hosts one after the other; both families. However a
 * client counts, and whatever the key, a search is as short as with random numbers.
 */
import { config } from '../../assembly/limits';
import { seedKeys } from '../../assembly/random';
import { firstSlot, insert, layTable, referenceIn, Table } from '../../assembly/store/table';
import { hashOf } from '../../assembly/tuple';
import { next, same, scratch, seed } from './generated';

const TUPLES: u32 = 1_000;
const KEYS: u32 = 150;
/** Slots: twice the references, as a power of two. */
const SLOTS: u32 = 2_048;

const table = changetype<Table>(scratch(32));
const base = scratch(8 * SLOTS);
const tuple = scratch(48);

function newKeys(): void {
  const c = config();
  c.seed0 = ((<u64>next()) << 32) | next();
  c.seed1 = ((<u64>next()) << 32) | next();
  c.seed2 = ((<u64>next()) << 32) | next();
  c.seed3 = ((<u64>next()) << 32) | next();
  seedKeys();
}

function writeTuple(local1: u64, remote0: u64, remote1: u64, port: u32): void {
  store<u64>(tuple, remote0 == 0 ? 0 : 0x00fd, 0);
  store<u64>(tuple, local1, 8);
  store<u64>(tuple, remote0, 16);
  store<u64>(tuple, remote1, 24);
  store<u16>(tuple, 80, 32);
  store<u16>(tuple, <u16>port, 34);
}

/** An IPv4 address in its mapped form, from the number its four octets are. */
function ipv4(address: u32): u64 {
  return ((<u64>bswap<u32>(address)) << 32) | 0xffff_0000;
}

/** The nth tuple of a pattern. */
function make(pattern: u32, n: u32): void {
  const host: u32 = 0x0a00_0002;
  const own = ipv4(0x0a00_0001);
  switch (pattern) {
    case 0: // one host, every second port: what Linux gives to connect()
      writeTuple(own, 0, ipv4(host), 32_768 + 2 * n);
      return;
    case 1: // one host, one port after the other
      writeTuple(own, 0, ipv4(host), 49_152 + n);
      return;
    case 2: // one host, every sixteenth port
      writeTuple(own, 0, ipv4(host), 1_024 + 16 * n);
      return;
    case 3: // hosts one after the other, the same port
      writeTuple(own, 0, ipv4(host + n), 40_000);
      return;
    case 4: // every 256th host
      writeTuple(own, 0, ipv4(host + 256 * n), 40_000);
      return;
    case 5: // ten hosts, a hundred ports each
      writeTuple(own, 0, ipv4(host + n / 100), 32_768 + 2 * (n % 100));
      return;
    case 6: // IPv6, one host after the other
      writeTuple(0x0100_0000_0000_0000, 0x00fd, (<u64>bswap<u32>(n)) << 32, 40_000);
      return;
    default: // IPv6, one network after the other
      writeTuple(0x0100_0000_0000_0000, 0x00fd | ((<u64>n) << 48), 0x0200_0000_0000_0000, 40_000);
  }
}

/** Fills the table by a pattern; answers how many slots all searches together look at. */
function probesOf(pattern: u32): u32 {
  memory.fill(base, 0, 8 * SLOTS);
  layTable(table, base, TUPLES);
  for (let n: u32 = 0; n < TUPLES; n++) {
    make(pattern, n);
    insert(table, hashOf(tuple), n + 1);
  }
  same<u32>(table.mask, SLOTS - 1, 'slots in use');
  let probes: u32 = 0;
  for (let n: u32 = 0; n < TUPLES; n++) {
    make(pattern, n);
    for (let slot = firstSlot(table, hashOf(tuple)); ; slot++) {
      probes++;
      if (referenceIn(table, slot) == n + 1) break;
    }
  }
  return probes;
}

describe('the hash of tuples', () => {
  it('has searches as short as chance, whatever clients count by and whatever the key', () => {
    seed(20_261_128);
    for (let key: u32 = 0; key < KEYS; key++) {
      newKeys();
      for (let pattern: u32 = 0; pattern < 8; pattern++) {
        // Knuth: one and a half slots a search at this load, by chance.
        const probes = probesOf(pattern);
        same<bool>(probes < 2 * TUPLES, true, `pattern ${pattern}: ${probes} slots for 1,000`);
      }
    }
  });
});
