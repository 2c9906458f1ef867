/** Numbers in network order, and the address predicates. */
import {
  ipv4Of,
  isIpv4,
  isLinkLocal,
  isLoopback,
  isUnspecified,
  mapIpv4,
  mayBeOnWire,
  samePrefix,
} from '../../assembly/wire/address';
import { load16, load32, store16, store32 } from '../../assembly/wire/octets';
import { below, next, same, scratch, seed } from '../store/generated';
import { put } from './captured';

const at = scratch(64);

function ipv4(a: u8, b: u8, c: u8, d: u8): u64 {
  store<u8>(at, a);
  store<u8>(at, b, 1);
  store<u8>(at, c, 2);
  store<u8>(at, d, 3);
  return mapIpv4(at);
}

let a0: u64 = 0;
let a1: u64 = 0;
function ipv6(hex: string): void {
  put(hex, at);
  a0 = load<u64>(at);
  a1 = load<u64>(at, 8);
}

describe('octets', () => {
  it('are in network order, at every alignment', () => {
    for (let align: u32 = 0; align < 8; align++) {
      store32(at + align, 0x0102_0304);
      for (let i: u32 = 0; i < 4; i++) same<u32>(load<u8>(at + align + i), i + 1, 'octet');
      expect<u32>(load32(at + align)).toBe(0x0102_0304);
      expect<u32>(load16(at + align)).toBe(0x0102);
      store16(at + align, 0xfffe_fdfc);
      expect<u32>(load32(at + align)).toBe(0xfdfc_0304, '16 bits, and no more, are stored');
    }
  });
});

describe('address', () => {
  it('maps IPv4 as ::ffff:a.b.c.d', () => {
    const mapped = ipv4(10, 0, 0, 1);
    store<u64>(at, 0);
    store<u64>(at, mapped, 8);
    put('00000000000000000000ffff0a000001', at + 16);
    expect<i32>(memory.compare(at, at + 16, 16)).toBe(0);
    expect<bool>(isIpv4(0, mapped)).toBe(true);
    expect<bool>(isIpv4(1, mapped)).toBe(false);
    expect<u32>(bswap<u32>(ipv4Of(mapped))).toBe(0x0a00_0001);
    ipv6('00000000000000000000fffe0a000001');
    expect<bool>(isIpv4(a0, a1)).toBe(false);
  });

  it('knows what no host is called', () => {
    expect<bool>(isUnspecified(0, 0)).toBe(true);
    expect<bool>(isUnspecified(0, ipv4(0, 0, 0, 0))).toBe(true);
    expect<bool>(isUnspecified(0, ipv4(0, 0, 0, 1))).toBe(false);
    expect<bool>(isLoopback(0, ipv4(127, 255, 0, 3))).toBe(true);
    expect<bool>(isLoopback(0, ipv4(128, 0, 0, 1))).toBe(false);
    expect<bool>(isLinkLocal(0, ipv4(169, 254, 0, 1))).toBe(false);
  });

  it('knows the kinds of IPv6', () => {
    ipv6('fe800000000000000000000000000001');
    expect<bool>(isLinkLocal(a0, a1)).toBe(true);
    ipv6('febfffffffffffffffffffffffffffff');
    expect<bool>(isLinkLocal(a0, a1)).toBe(true);
    ipv6('fec00000000000000000000000000001');
    expect<bool>(isLinkLocal(a0, a1)).toBe(false);
    ipv6('00000000000000000000000000000001');
    expect<bool>(isLoopback(a0, a1)).toBe(true);
    ipv6('00000000000000010000000000000001');
    expect<bool>(isLoopback(a0, a1)).toBe(false);
    ipv6('00000000000000000000000000000002');
    expect<bool>(isLoopback(a0, a1)).toBe(false);
  });

  it('knows what never is on a wire as one host', () => {
    for (let net: u32 = 0; net < 256; net++) {
      const is = net != 0 && net != 127 && net < 224;
      same<bool>(mayBeOnWire(0, ipv4(<u8>net, 0, 0, 1), true), is, `${net}.0.0.1`);
      same<bool>(mayBeOnWire(0, ipv4(<u8>net, 255, 255, 255), true), is, `${net}.255.255.255`);
      same<bool>(mayBeOnWire(0, ipv4(<u8>net, 0, 0, 1), false), false, `${net}.0.0.1, mapped`);
    }
    const never = [
      '00000000000000000000000000000000',
      '00000000000000000000000000000001',
      '0000000000000000000000000a000001',
      'ff020000000000000000000000000001',
      'ff000000000000000000000000000000',
    ];
    for (let i = 0; i < never.length; i++) {
      ipv6(never[i]);
      same<bool>(mayBeOnWire(a0, a1, false), false, never[i]);
    }
    const may = [
      'fd000000000000000000000000000001',
      'fe800000000000000000000000000001',
      '20010db8000000000000000000000000',
      '0064ff9b00000000000000000a000001',
      '00000000000000010000000000000000',
      '0000000000000000ffff00000a000001',
      '00000000000000000000fffe0a000001',
    ];
    for (let i = 0; i < may.length; i++) {
      ipv6(may[i]);
      same<bool>(mayBeOnWire(a0, a1, false), true, may[i]);
    }
  });

  it('compares prefixes bit by bit', () => {
    seed(9);
    for (let round = 0; round < 500; round++) {
      const x0 = ((<u64>next()) << 32) | next();
      const x1 = ((<u64>next()) << 32) | next();
      // One bit differs: prefixes are the same up to it and not beyond.
      const bit = below(128);
      const mask = bswap<u64>((<u64>1) << (63 - (bit & 63)));
      const y0 = bit < 64 ? x0 ^ mask : x0;
      const y1 = bit < 64 ? x1 : x1 ^ mask;
      for (let length: u32 = 0; length <= 128; length++) {
        same<bool>(samePrefix(x0, x1, x0, x1, length), true, `the same, /${length}`);
        same<bool>(samePrefix(x0, x1, y0, y1, length), length <= bit, `bit ${bit}, /${length}`);
      }
    }
  });
});
