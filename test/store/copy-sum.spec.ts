/** Sums and copies against a loop over 16-bit words, at every length, alignment and extreme. */
import { copyAndSum, fold, sum } from '../../assembly/store/copy-sum';
import { finish } from '../../assembly/wire/checksum';
import { same, sameOctets, scratch, scribble, seed } from './generated';

/**
 * RFC 1071 as it is told: add the words, add the carries, an odd last octet is padded with zero.
 */
function naive(at: usize, length: u32): u32 {
  let total: u64 = 0;
  for (let i: u32 = 0; i + 1 < length; i += 2) {
    total += <u32>load<u8>(at + i) | ((<u32>load<u8>(at + i + 1)) << 8);
  }
  if (length & 1) total += load<u8>(at + length - 1);
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return <u32>total;
}

function compare(length: u32, from: usize, to: usize): void {
  const expected = naive(from, length);
  same<u32>(sum(from, length), expected, `sum over ${length} at ${from & 15}`);
  memory.fill(to - 16, 0xaa, length + 32);
  same<u32>(copyAndSum(to, from, length), expected, `sum of the copy of ${length} at ${from & 15}`);
  sameOctets(to, from, length, `copy of ${length} octets from ${from & 15} to ${to & 15}`);
  for (let i: u32 = 0; i < 16; i++) {
    same<u8>(load<u8>(to - 16 + i), 0xaa, `octet ${i} before a copy of ${length}`);
    same<u8>(load<u8>(to + length + i), 0xaa, `octet ${i} behind a copy of ${length}`);
  }
}

describe('copyAndSum', () => {
  it('is right at every length to 200 and every alignment to 16, both sides', () => {
    seed(1);
    const source = (scratch(256) + 15) & ~15;
    const target = ((scratch(320) + 15) & ~15) + 32;
    scribble(source, 240);
    for (let length: u32 = 0; length <= 200; length++) {
      for (let align: u32 = 0; align <= 16; align++) {
        compare(length, source + align, target + ((align * 7) & 15));
      }
    }
  });

  it('is right for packets: 576, 1280, 1460, 1500, 9000, 65535', () => {
    seed(2);
    const source = scratch(65_600);
    const target = scratch(65_700) + 32;
    scribble(source, 65_600);
    const lengths: u32[] = [576, 1_280, 1_460, 1_500, 9_000, 65_535, 65_536];
    for (let i = 0; i < lengths.length; i++) {
      for (let align: u32 = 0; align < 4; align++) compare(lengths[i], source + align, target);
    }
  });

  it('does not lose a carry when every octet is 255', () => {
    const source = scratch(65_600, 0xff);
    const target = scratch(65_700) + 32;
    for (let length: u32 = 0; length < 300; length++) compare(length, source, target);
    compare(65_535, source, target);
    compare(65_536, source, target);
  });

  it('holds 512 KiB of 255 without overflow', () => {
    const source = scratch(524_288, 0xff);
    expect<u32>(sum(source, 524_288)).toBe(0xffff);
    expect<u32>(sum(source, 524_287)).toBe(naive(source, 524_287));
  });

  it('sums zeros to zero', () => {
    const source = scratch(1_000, 0);
    for (let length: u32 = 0; length < 1_000; length++) same<u32>(sum(source, length), 0, 'zero');
  });
});

describe('fold', () => {
  it('brings every sum to 16 bits', () => {
    expect<u32>(fold(0)).toBe(0);
    expect<u32>(fold(0xffff)).toBe(0xffff);
    expect<u32>(fold(0x1_0000)).toBe(1);
    expect<u32>(fold(0x1_ffff)).toBe(1);
    expect<u32>(fold(0xffff_ffff)).toBe(0xffff);
    expect<u32>(fold(0xffff_0001)).toBe(1);
    for (let i: u32 = 0; i < 1_000_000; i += 997) {
      const total = i * 4_294;
      same<u32>(fold(total) % 0xffff, total % 0xffff, 'the same modulo 65,535');
      same<bool>(fold(total) <= 0xffff, true, '16 bits');
    }
  });
});

describe('finish', () => {
  it('makes the whole sum to all ones', () => {
    seed(5);
    const at = scratch(64);
    for (let round = 0; round < 2_000; round++) {
      scribble(at, 40);
      store<u16>(at, 0, 10);
      store<u16>(at, <u16>finish(sum(at, 40)), 10);
      same<u32>(sum(at, 40), 0xffff, 'sum with the checksum in it');
    }
  });
});
