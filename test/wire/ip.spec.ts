/** IPv4 and IPv6 headers: captured ones read field by field, and written back octet by octet. */
import { sum } from '../../assembly/store/copy-sum';
import { mapIpv4 } from '../../assembly/wire/address';
import {
  DONT_FRAGMENT,
  FRAGMENT_OFFSET,
  ipv4ChecksumHolds,
  ipv4Destination,
  ipv4Diffserv,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Identification,
  ipv4Protocol,
  ipv4Source,
  ipv4TimeToLive,
  ipv4TotalLength,
  MORE_FRAGMENTS,
  versionOf,
  writeIpv4,
} from '../../assembly/wire/ipv4';
import {
  extensionLength,
  ipv6Destination,
  ipv6HopLimit,
  ipv6NextHeader,
  ipv6PayloadLength,
  ipv6Source,
  ipv6TrafficClass,
  writeIpv6,
} from '../../assembly/wire/ipv6';
import { load32 } from '../../assembly/wire/octets';
import { below, next, same, sameOctets, scratch, seed } from '../store/generated';
import { FRAGMENT4, OPTIONS4, put, SYN4, SYN6, UNREACHABLE4 } from './captured';

const at = scratch(256) + 1;
const written = scratch(256) + 2;

describe('IPv4', () => {
  it("reads a SYN's header", () => {
    const length = put(SYN4, at);
    expect<u32>(versionOf(at)).toBe(4);
    expect<u32>(ipv4HeaderLength(at)).toBe(20);
    expect<u32>(ipv4Diffserv(at)).toBe(0);
    expect<u32>(ipv4TotalLength(at)).toBe(length);
    expect<u32>(ipv4Identification(at)).toBe(0xf717);
    expect<u32>(ipv4Fragment(at)).toBe(DONT_FRAGMENT);
    expect<u32>(ipv4TimeToLive(at)).toBe(64);
    expect<u32>(ipv4Protocol(at)).toBe(6);
    expect<u32>(load32(ipv4Source(at))).toBe(0x0a00_0001);
    expect<u32>(load32(ipv4Destination(at))).toBe(0x0a00_0002);
    expect<bool>(ipv4ChecksumHolds(at)).toBe(true);
  });

  it('reads Diffserv, and a header where fragmenting is allowed', () => {
    put(UNREACHABLE4, at);
    expect<u32>(ipv4Diffserv(at)).toBe(0xc0);
    expect<u32>(ipv4Fragment(at)).toBe(0);
    expect<bool>(ipv4ChecksumHolds(at)).toBe(true);
  });

  it('reads a header with options', () => {
    put(OPTIONS4, at);
    expect<u32>(ipv4HeaderLength(at)).toBe(28);
    expect<bool>(ipv4ChecksumHolds(at)).toBe(true);
    store<u8>(at, load<u8>(at, 27) ^ 1, 27);
    expect<bool>(ipv4ChecksumHolds(at)).toBe(false, 'the options are covered too');
  });

  it('reads a last fragment', () => {
    put(FRAGMENT4, at);
    expect<u32>(ipv4Fragment(at) & MORE_FRAGMENTS).toBe(0);
    expect<u32>((ipv4Fragment(at) & FRAGMENT_OFFSET) * 8).toBe(1_480);
    expect<bool>(ipv4ChecksumHolds(at)).toBe(true);
  });

  it('misses no single damaged bit of a header', () => {
    put(SYN4, at);
    for (let bit: u32 = 0; bit < 160; bit++) {
      if (bit < 8) continue; // version and length say how much is summed
      const octet = at + (bit >> 3);
      store<u8>(octet, load<u8>(octet) ^ <u8>((<u32>1) << (bit & 7)));
      same<bool>(ipv4ChecksumHolds(at), false, `bit ${bit}`);
      store<u8>(octet, load<u8>(octet) ^ <u8>((<u32>1) << (bit & 7)));
    }
    expect<bool>(ipv4ChecksumHolds(at)).toBe(true);
  });

  it('writes the header Linux wrote', () => {
    put(SYN4, at);
    memory.fill(written, 0xaa, 64);
    writeIpv4(written, 60, 0, 0xf717, 64, 6, mapIpv4(ipv4Source(at)), mapIpv4(ipv4Destination(at)));
    sameOctets(written, at, 20, 'header');
    same<u32>(load<u32>(written + 20), 0xaaaa_aaaa, 'octets behind the header');
  });

  it('reads what it wrote', () => {
    seed(4);
    for (let round = 0; round < 3_000; round++) {
      const total = below(65_516) + 20;
      const diffserv = below(256);
      const identification = below(65_536);
      const hops = below(256);
      const protocol = below(256);
      const source = ((<u64>next()) << 32) | 0xffff_0000;
      const destination = ((<u64>next()) << 32) | 0xffff_0000;
      writeIpv4(at, total, diffserv, identification, hops, protocol, source, destination);
      same<u32>(versionOf(at), 4, 'version');
      same<u32>(ipv4HeaderLength(at), 20, 'header length');
      same<u32>(ipv4TotalLength(at), total, 'total length');
      same<u32>(ipv4Diffserv(at), diffserv, 'diffserv');
      same<u32>(ipv4Identification(at), identification, 'identification');
      same<u32>(ipv4TimeToLive(at), hops, 'time to live');
      same<u32>(ipv4Protocol(at), protocol, 'protocol');
      same<u64>(mapIpv4(ipv4Source(at)), source, 'source');
      same<u64>(mapIpv4(ipv4Destination(at)), destination, 'destination');
      same<bool>(ipv4ChecksumHolds(at), true, 'checksum');
      same<u32>(sum(at, 20), 0xffff, 'sum');
    }
  });
});

describe('IPv6', () => {
  it("reads a SYN's header", () => {
    const length = put(SYN6, at);
    expect<u32>(versionOf(at)).toBe(6);
    expect<u32>(ipv6TrafficClass(at)).toBe(0);
    expect<u32>(ipv6PayloadLength(at)).toBe(length - 40);
    expect<u32>(ipv6NextHeader(at)).toBe(6);
    expect<u32>(ipv6HopLimit(at)).toBe(64);
    expect<u32>(load32(ipv6Source(at))).toBe(0xfd00_0000);
    expect<u32>(load32(ipv6Source(at) + 12)).toBe(1);
    expect<u32>(load32(ipv6Destination(at) + 12)).toBe(2);
  });

  it('writes the header Linux wrote', () => {
    put(SYN6, at);
    memory.fill(written, 0xaa, 64);
    const source = ipv6Source(at);
    const destination = ipv6Destination(at);
    writeIpv6(
      written,
      40,
      0,
      0x4ae61,
      64,
      6,
      load<u64>(source),
      load<u64>(source, 8),
      load<u64>(destination),
      load<u64>(destination, 8),
    );
    sameOctets(written, at, 40, 'header');
    same<u32>(load<u32>(written + 40), 0xaaaa_aaaa, 'octets behind the header');
  });

  it('reads what it wrote', () => {
    seed(6);
    for (let round = 0; round < 3_000; round++) {
      const length = below(65_536);
      const trafficClass = below(256);
      const flow = next();
      const hops = below(256);
      const header = below(256);
      const a = ((<u64>next()) << 32) | next();
      const b = ((<u64>next()) << 32) | next();
      writeIpv6(at, length, trafficClass, flow, hops, header, a, b, ~a, ~b);
      same<u32>(versionOf(at), 6, 'version');
      same<u32>(ipv6TrafficClass(at), trafficClass, 'traffic class');
      same<u32>(load32(at) & 0xf_ffff, flow & 0xf_ffff, 'flow label');
      same<u32>(ipv6PayloadLength(at), length, 'payload length');
      same<u32>(ipv6HopLimit(at), hops, 'hop limit');
      same<u32>(ipv6NextHeader(at), header, 'next header');
      same<u64>(load<u64>(ipv6Source(at)), a, 'source');
      same<u64>(load<u64>(ipv6Source(at), 8), b, 'source');
      same<u64>(load<u64>(ipv6Destination(at)), ~a, 'destination');
      same<u64>(load<u64>(ipv6Destination(at), 8), ~b, 'destination');
    }
  });

  it('measures extension headers, 8 to 2048 octets', () => {
    for (let units: u32 = 0; units < 256; units++) {
      store<u8>(at, <u8>units, 1);
      same<u32>(extensionLength(at), 8 * units + 8, 'length');
    }
  });
});
