/**
 * The bitmap against an array of octets: sizes around a word's and around 64 words', searches from
 * everywhere, and bitmaps that are full but for one.
 */
import {
  Bitmap,
  bitmapSize,
  clearBit,
  layBitmap,
  nextClear,
  setBit,
} from '../../assembly/store/bitmap';
import { below, same, scratch, seed } from './generated';

const MOST: u32 = 28_232;
const model = scratch(MOST);

function fresh(bits: u32): Bitmap {
  const bitmap = changetype<Bitmap>(scratch(bitmapSize(bits) + 8, 0));
  // What lies behind is somebody else's.
  store<u64>(changetype<usize>(bitmap) + bitmapSize(bits), 0x5555_5555_5555_5555);
  layBitmap(bitmap, bits);
  memory.fill(model, 0, bits);
  return bitmap;
}

function change(bitmap: Bitmap, index: u32, isSet: bool): void {
  if (isSet) setBit(bitmap, index);
  else clearBit(bitmap, index);
  store<u8>(model + index, isSet ? 1 : 0);
}

function clearFrom(bits: u32, from: u32): u32 {
  for (let i: u32 = 0; i < bits; i++) {
    const index = (from + i) % bits;
    if (load<u8>(model + index) == 0) return index;
  }
  return bits;
}

function check(bitmap: Bitmap, from: u32): void {
  same<u32>(nextClear(bitmap, from), clearFrom(bitmap.bits, from), `from ${from}`);
  const behind = load<u64>(changetype<usize>(bitmap) + bitmapSize(bitmap.bits));
  same<u64>(behind, 0x5555_5555_5555_5555, 'the octets behind');
}

function run(bits: u32): void {
  const bitmap = fresh(bits);
  seed(bits);
  // Now mostly set, now mostly cleared.
  for (let step: u32 = 0; step < 6_000; step++) {
    const isFilling = ((step / 1_500) & 1) == 0;
    change(bitmap, below(bits), (below(8) == 0) != isFilling);
    if (step % 16 == 0) check(bitmap, below(bits));
  }
  for (let index: u32 = 0; index < bits; index++) change(bitmap, index, true);
  same<u32>(bitmap.used, bits, 'bits set');
  check(bitmap, below(bits));
  for (let step: u32 = 0; step < 100; step++) {
    const only = step == 0 ? bits - 1 : below(bits);
    change(bitmap, only, false);
    check(bitmap, only);
    check(bitmap, below(bits));
    change(bitmap, only, true);
  }
}

describe('bitmap', () => {
  it('finds the next clear bit, whatever its size', () => {
    run(1);
    run(63);
    run(64);
    run(65);
    run(127);
    run(640);
    run(4_095);
    run(4_096);
    run(4_097);
  });

  it('finds one port of 28,232', () => run(MOST));

  it('counts a bit once, however often it is set or cleared', () => {
    const bitmap = fresh(100);
    setBit(bitmap, 7);
    setBit(bitmap, 7);
    expect<u32>(bitmap.used).toBe(1);
    clearBit(bitmap, 8);
    clearBit(bitmap, 7);
    clearBit(bitmap, 7);
    expect<u32>(bitmap.used).toBe(0);
  });

  it('is empty again when it is laid anew', () => {
    const bitmap = fresh(200);
    for (let index: u32 = 0; index < 200; index++) setBit(bitmap, index);
    expect<u32>(nextClear(bitmap, 0)).toBe(200);
    layBitmap(bitmap, 200);
    expect<u32>(bitmap.used).toBe(0);
    for (let index: u32 = 0; index < 200; index++) same<u32>(nextClear(bitmap, index), index, '');
  });
});
