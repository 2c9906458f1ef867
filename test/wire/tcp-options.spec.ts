/** TCP's options: every kind, every illegal length, every truncation, and our own read back. */
import {
  beginSack,
  blockLeft,
  blockRight,
  MAX_BLOCKS,
  Options,
  readOptions,
  TIMESTAMPS_LENGTH,
  writeBlock,
  writeMss,
  writeSackPermitted,
  writeTimestamps,
  writeWindowScale,
} from '../../assembly/wire/tcp-options';
import { below, next, same, sameOctets, scratch, scribble, seed } from '../store/generated';
import { DATA4, put, SACK4, SYN4, SYN6 } from './captured';

const SIZE: u32 = <u32>offsetof<Options>();
const options = changetype<Options>(scratch(64));
const other = changetype<Options>(scratch(64));
const at = scratch(256) + 1;

function read(hex: string): void {
  const length = put(hex, at);
  // What lies behind the end would be a perfect option, should anyone look.
  put('020405dc0101080affffffffffffffff', at + length);
  readOptions(options, at, at + length);
}

function expectNothing(): void {
  expect<u32>(options.mss).toBe(0);
  expect<u32>(options.shift).toBe(255);
  expect<u32>(options.sackPermitted).toBe(0);
  expect<u32>(options.hasTimestamps).toBe(0);
  expect<u32>(options.blockCount).toBe(0);
}

describe('reading options', () => {
  it('finds none in none, and forgets those of before', () => {
    memory.fill(changetype<usize>(options), 0xaa, SIZE);
    read('');
    expectNothing();
    expect<u32>(options.illegal).toBe(0);
  });

  it("reads Linux's SYN of either family", () => {
    put(SYN4, at);
    readOptions(options, at + 40, at + 60);
    expect<u32>(options.mss).toBe(1_460);
    expect<u32>(options.sackPermitted).toBe(1);
    expect<u32>(options.shift).toBe(10);
    expect<u32>(options.hasTimestamps).toBe(1);
    expect<u32>(options.tsVal).toBe(0x8496_98ed);
    expect<u32>(options.tsEcr).toBe(0);
    expect<u32>(options.illegal).toBe(0);
    put(SYN6, at);
    readOptions(options, at + 60, at + 80);
    expect<u32>(options.mss).toBe(1_440);
    expect<u32>(options.tsVal).toBe(0x2ad7_d503);
  });

  it("reads Linux's SACK blocks", () => {
    put(SACK4, at);
    readOptions(options, at + 40, at + 64);
    expect<u32>(options.blockCount).toBe(1);
    expect<u32>(blockLeft(options, 0)).toBe(1_011);
    expect<u32>(blockRight(options, 0)).toBe(1_021);
    expect<u32>(options.tsEcr).toBe(8);
    put(DATA4, at);
    readOptions(options, at + 40, at + 72);
    expect<u32>(options.blockCount).toBe(2);
    expect<u32>(blockLeft(options, 0)).toBe(1_041, 'the latest comes first');
    expect<u32>(blockLeft(options, 1)).toBe(1_011);
  });

  it('reads timestamps in the usual form and in any other', () => {
    read('0101080a0102030405060708');
    expect<u32>(options.hasTimestamps).toBe(1);
    expect<u32>(options.tsVal).toBe(0x0102_0304);
    expect<u32>(options.tsEcr).toBe(0x0506_0708);
    read('080a01020304050607080101');
    expect<u32>(options.tsVal).toBe(0x0102_0304);
    read('01080a010203040506070801');
    expect<u32>(options.tsEcr).toBe(0x0506_0708);
    read('0101080a010203040506070800000000');
    expect<u32>(options.tsEcr).toBe(0x0506_0708);
  });

  it('takes 40 NOPs for what they are', () => {
    read('01'.repeat(40));
    expectNothing();
    expect<u32>(options.illegal).toBe(0);
    read('01'.repeat(36) + '02040218');
    expect<u32>(options.mss).toBe(536);
  });

  it('stops at End of Options, whatever follows (MUST-69)', () => {
    read('020405b400ff0001020304050607080a0b0c0d0e');
    expect<u32>(options.mss).toBe(1_460);
    expect<u32>(options.shift).toBe(255);
    expect<u32>(options.illegal).toBe(0);
    read('00020405b4030307');
    expectNothing();
    expect<u32>(options.illegal).toBe(0);
  });

  it('passes over an option it does not know (MUST-6)', () => {
    read('fe06deadbeef020405b4fd02');
    expect<u32>(options.mss).toBe(1_460);
    expect<u32>(options.illegal).toBe(0);
    for (let kind: u32 = 0; kind < 256; kind++) {
      if (kind < 6 || kind == 8) continue;
      put('0003aa030307', at);
      store<u8>(at, <u8>kind);
      readOptions(options, at, at + 6);
      same<u32>(options.shift, 7, `behind kind ${kind}`);
      same<u32>(options.illegal, 0, `kind ${kind}`);
    }
  });

  it('ends at an illegal length, and says so (MUST-7)', () => {
    for (let kind: u32 = 2; kind < 256; kind++) {
      for (let length: u32 = 0; length < 256; length++) {
        const legal = length >= 2 && length <= 8;
        put('030303' + '0000' + '000000000000' + '020405b4', at);
        store<u8>(at + 3, <u8>kind);
        store<u8>(at + 4, <u8>length);
        readOptions(options, at, at + 11);
        same<u32>(options.illegal, legal ? 0 : 1, `kind ${kind}, length ${length}`);
        if (kind != 3) same<u32>(options.shift, 3, `what stood before kind ${kind}`);
      }
    }
  });

  it('passes over a known kind with a length that is not its own', () => {
    read('020305' + '030307');
    expect<u32>(options.mss).toBe(0);
    expect<u32>(options.shift).toBe(7);
    read('020605b40000' + '030307');
    expect<u32>(options.mss).toBe(0);
    read('0202' + '030307');
    expect<u32>(options.mss).toBe(0);
    read('03040700' + '020405b4');
    expect<u32>(options.shift).toBe(255);
    expect<u32>(options.mss).toBe(1_460);
    read('040300' + '020405b4');
    expect<u32>(options.sackPermitted).toBe(0);
    read('080900000001000002' + '020405b4');
    expect<u32>(options.hasTimestamps).toBe(0);
    expect<u32>(options.illegal).toBe(0);
  });

  it('takes SACK only in lengths of 8n + 2', () => {
    for (let length: u32 = 2; length <= 40; length++) {
      put('01'.repeat(60), at);
      store<u8>(at, 5);
      store<u8>(at, <u8>length, 1);
      readOptions(options, at, at + length);
      const blocks = length >= 10 && (length - 2) % 8 == 0 ? (length - 2) / 8 : 0;
      same<u32>(options.blockCount, min(blocks, MAX_BLOCKS), `length ${length}`);
      same<u32>(options.illegal, 0, `length ${length}`);
    }
  });

  it('takes a shift above 14 for 14 (RFC 7323)', () => {
    for (let shift: u32 = 0; shift < 256; shift++) {
      put('030300', at);
      store<u8>(at, <u8>shift, 2);
      readOptions(options, at, at + 3);
      same<u32>(options.shift, min<u32>(shift, 14), `shift ${shift}`);
    }
  });

  it('reads nothing behind the end, at every length of every option', () => {
    const all =
      '020405b4' +
      '0402' +
      '080a0102030405060708' +
      '030307' +
      '01' +
      '050a000000010000000a' +
      'fe03aa' +
      '00';
    const length = put(all, at);
    for (let end: u32 = 0; end <= length; end++) {
      put(all, at);
      memory.fill(at + end, 0x00, 64);
      readOptions(options, at, at + end);
      put(all, at);
      memory.fill(at + end, 0xff, 64);
      readOptions(other, at, at + end);
      sameOctets(changetype<usize>(options), changetype<usize>(other), SIZE, `end at ${end}`);
      same<u32>(options.mss, end >= 4 ? 1_460 : 0, `MSS, end at ${end}`);
      same<u32>(options.hasTimestamps, end >= 16 ? 1 : 0, `timestamps, end at ${end}`);
      same<u32>(options.shift, end >= 19 ? 7 : 255, `shift, end at ${end}`);
      same<u32>(options.blockCount, end >= 30 ? 1 : 0, `SACK, end at ${end}`);
    }
  });

  it('comes to an end with 100,000 headers of noise, and stays inside', () => {
    seed(31);
    for (let round = 0; round < 100_000; round++) {
      const length = below(11) * 4;
      scribble(at, length);
      // Kinds that mean something, more often than chance would have it.
      for (let i: u32 = 0; i < length; i += 1 + below(6)) store<u8>(at + i, <u8>below(11));
      readOptions(options, at, at + length);
      if (options.blockCount != 0) {
        const last: usize = options.blocks + 8 * options.blockCount;
        same<bool>(<usize>options.blocks > at && last <= at + length, true, 'blocks lie inside');
      }
      same<bool>(options.shift <= 14 || options.shift == 255, true, 'shift');
    }
  });
});

describe('writing options', () => {
  it("writes a SYN's options, each of whole words", () => {
    let end = at;
    end += writeMss(end, 1_460);
    end += writeSackPermitted(end);
    end += writeWindowScale(end, 10);
    end += writeTimestamps(end, 0xfeed_beef, 0x0bad_cafe);
    expect<u32>(<u32>(end - at)).toBe(4 + 4 + 4 + TIMESTAMPS_LENGTH);
    readOptions(options, at, end);
    expect<u32>(options.mss).toBe(1_460);
    expect<u32>(options.sackPermitted).toBe(1);
    expect<u32>(options.shift).toBe(10);
    expect<u32>(options.tsVal).toBe(0xfeed_beef);
    expect<u32>(options.tsEcr).toBe(0x0bad_cafe);
    expect<u32>(options.illegal).toBe(0);
  });

  it('writes timestamps as Linux does', () => {
    put(SACK4, at);
    writeTimestamps(at + 128, 0xc30b_c761, 8);
    sameOctets(at + 128, at + 40, 12, 'timestamps');
  });

  it('writes SACK as Linux does', () => {
    put(DATA4, at);
    const length = beginSack(at + 128, 2);
    writeBlock(at + 128, 0, 1_041, 1_051);
    writeBlock(at + 128, 1, 1_011, 1_021);
    expect<u32>(length).toBe(20);
    sameOctets(at + 128, at + 52, 20, 'SACK');
  });

  it('reads back every number of blocks', () => {
    seed(3);
    for (let count: u32 = 1; count <= MAX_BLOCKS; count++) {
      const edges: u32[] = [];
      const end = at + beginSack(at, count);
      for (let block: u32 = 0; block < count; block++) {
        edges.push(next());
        edges.push(next());
        writeBlock(at, block, edges[2 * block], edges[2 * block + 1]);
      }
      readOptions(options, at, end);
      same<u32>(options.blockCount, count, 'blocks');
      for (let block: u32 = 0; block < count; block++) {
        same<u32>(blockLeft(options, block), edges[2 * block], 'left');
        same<u32>(blockRight(options, block), edges[2 * block + 1], 'right');
      }
    }
  });
});
