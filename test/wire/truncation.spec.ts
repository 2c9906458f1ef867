/**
 * Captured packets cut at every length, and the same with every length field lying.
 *
 * A header reader knows no end, so this is a matter of those who call it: `ip/input.ts`,
 * `tcp/segment.ts` and `udp/arrives.ts`. The records they use stand at the fixed addresses of the
 * memory map, which lies below this module's own memory.
 */
import { Counter } from '../../assembly/abi';
import { COUNTERS, RECEIVE } from '../../assembly/memory';
import { datagram } from '../../assembly/ip/datagram';
import { readPacket, Verdict } from '../../assembly/ip/input';
import { addLocalAddress } from '../../assembly/ip/address';
import { isIntact } from '../../assembly/tcp/checksum';
import { readSegment, segment } from '../../assembly/tcp/segment';
import { udpArrives } from '../../assembly/udp/arrives';
import { mapIpv4 } from '../../assembly/wire/address';
import { store16 } from '../../assembly/wire/octets';
import { same, scratch } from '../store/generated';
import {
  arrive,
  DATA4,
  ECHO4,
  ECHO6,
  OPTIONS4,
  put,
  RST4,
  SACK4,
  SYN4,
  SYN6,
  SYN_ACK4,
  UDP4,
  UDP6,
} from './captured';

const at = scratch(64);
const ALL = [DATA4, ECHO4, ECHO6, OPTIONS4, RST4, SACK4, SYN4, SYN6, SYN_ACK4, UDP4, UDP6];

function counted(which: Counter): u64 {
  return load<u64>(COUNTERS + 8 * <usize>which);
}

/** Cuts the IPv4 datagram in the window so that its own header says the new length. */
function shorten(length: u32): void {
  store16(RECEIVE + 2, length);
  store<u16>(RECEIVE + 10, 0);
  let total: u32 = 0;
  const header = (load<u8>(RECEIVE) & 15) * 4;
  for (let i: u32 = 0; i < header; i += 2) total += load<u16>(RECEIVE + i);
  total = (total & 0xffff) + (total >> 16);
  store<u16>(RECEIVE + 10, ~(<u16>((total & 0xffff) + (total >> 16))));
}

describe('a packet cut short', () => {
  // The captured packets are for the peer's addresses: here those are ours.
  beforeAll(() => {
    put('0a000002', at);
    addLocalAddress(0, mapIpv4(at), 24);
    put('fd000000000000000000000000000002', at);
    addLocalAddress(load<u64>(at), load<u64>(at, 8), 64);
  });

  it('is delivered when it is whole, and with padding behind it', () => {
    for (let i = 0; i < ALL.length; i++) {
      const length = arrive(ALL[i]);
      same<u32>(readPacket(length, 0), Verdict.DELIVER, `packet ${i}`);
      same<u32>(datagram().packetLength, length, `length of packet ${i}`);
      same<u32>(readPacket(length + 6, 0), Verdict.DELIVER, `padded packet ${i}`);
      same<u32>(datagram().packetLength, length, `length of padded packet ${i}`);
    }
  });

  it('is dropped at every length, and counted each time', () => {
    for (let i = 0; i < ALL.length; i++) {
      const whole = arrive(ALL[i]);
      for (let length: u32 = 0; length < whole; length++) {
        const before = counted(Counter.IpInTruncatedPkts);
        same<u32>(readPacket(length, 0), Verdict.DROP, `packet ${i} of ${length} octets`);
        same<u64>(counted(Counter.IpInTruncatedPkts), before + 1, `packet ${i}, ${length} octets`);
      }
    }
  });

  it('is no packet with another version', () => {
    for (let version: u32 = 0; version < 16; version++) {
      if (version == 4 || version == 6) continue;
      const length = arrive(SYN4);
      store<u8>(RECEIVE, <u8>((version << 4) | 5));
      same<u32>(readPacket(length, 0), Verdict.DROP, `version ${version}`);
    }
  });

  it('is dropped when IHL lies', () => {
    for (let words: u32 = 0; words < 16; words++) {
      if (words == 5) continue;
      const length = arrive(SYN4);
      store<u8>(RECEIVE, <u8>(0x40 | words));
      same<u32>(readPacket(length, 0), Verdict.DROP, `IHL ${words}`);
    }
  });
});

/** Whether what `readPacket` found is a segment with a right checksum, whoever has its tuple. */
function readIntact(): bool {
  return readSegment(segment(), datagram()) && isIntact(segment(), datagram(), 0);
}

describe('a segment cut short', () => {
  it('is read when it is whole', () => {
    const length = arrive(DATA4);
    same<u32>(readPacket(length, 0), Verdict.DELIVER, 'verdict');
    expect<bool>(readIntact()).toBe(true);
    expect<u32>(segment().textLength).toBe(4);
    expect<u32>(segment().len).toBe(4);
    expect<u32>(segment().options.blockCount).toBe(2);
  });

  it('is no segment at any other length, trusted checksum or not', () => {
    const whole: u32 = 76;
    for (let trusted: u32 = 0; trusted < 2; trusted++) {
      for (let length: u32 = 20; length < whole; length++) {
        arrive(DATA4);
        shorten(length);
        same<u32>(readPacket(length, trusted), Verdict.DELIVER, `packet of ${length}`);
        // With the checksum trusted, losing text cannot be seen; losing header must be.
        const reads = readIntact();
        same<bool>(reads, datagram().checksumTrusted != 0 && length >= 72, `segment of ${length}`);
        if (reads) same<u32>(segment().textLength, length - 72, `text of ${length}`);
      }
    }
  });

  it('is no segment with a data offset that lies', () => {
    for (let words: u32 = 0; words < 16; words++) {
      const length = arrive(SYN4);
      store<u8>(RECEIVE + 32, <u8>(words << 4));
      readPacket(length, 1);
      const legal = words >= 5 && words <= 10;
      same<bool>(readIntact(), legal, `data offset ${words}`);
    }
  });

  it('is no segment with one bit damaged', () => {
    for (let bit: u32 = 20 * 8; bit < 76 * 8; bit++) {
      const length = arrive(DATA4);
      const octet = RECEIVE + (bit >> 3);
      store<u8>(octet, load<u8>(octet) ^ <u8>((<u32>1) << (bit & 7)));
      readPacket(length, 0);
      same<bool>(readIntact(), false, `bit ${bit} (MUST-3)`);
    }
  });
});

describe('a UDP datagram cut short', () => {
  it('is damaged, not unwanted, so nobody is told', () => {
    const whole = arrive(UDP4);
    readPacket(whole, 0);
    expect<bool>(udpArrives(datagram())).toBe(false, 'port closed');
    for (let length: u32 = 20; length < whole; length++) {
      arrive(UDP4);
      shorten(length);
      readPacket(length, 0);
      same<bool>(udpArrives(datagram()), true, `datagram of ${length}`);
    }
  });
});
