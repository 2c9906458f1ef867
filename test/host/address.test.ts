/** Addresses as text and octets. */
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  formatEndpoint,
  formatMapped,
  isIP,
  parseAddress,
  parseEndpoint,
  parseInterfaceAddress,
  samePrefix,
  toMapped,
} from '../../host-web/address.ts';

const octets = (...values: number[]) => Uint8Array.from(values);

describe('an address', () => {
  it('is read and written in RFC 5952’s form', () => {
    const forms: Record<string, string> = {
      '10.0.0.1': '10.0.0.1',
      '255.255.255.255': '255.255.255.255',
      '::': '::',
      '::1': '::1',
      '1::': '1::',
      '2001:DB8:0:0:0:0:0:1': '2001:db8::1',
      '2001:db8:0000:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
      '2001:0:0:1:0:0:0:1': '2001:0:0:1::1',
      '2001:db8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
      '1:2:3:4:5:6:7::': '1:2:3:4:5:6:7:0',
      '0:1:2:3:4:5:6:7': '0:1:2:3:4:5:6:7',
      '::ffff:192.0.2.1': '::ffff:192.0.2.1',
      '::ffff:c000:201': '::ffff:192.0.2.1',
      '64:ff9b::192.0.2.33': '64:ff9b::c000:221',
      'fe80::0a:b': 'fe80::a:b',
    };
    for (const [text, canonical] of Object.entries(forms)) {
      expect(formatAddress(parseAddress(text)!), text).toBe(canonical);
    }
  });

  it('is nothing else', () => {
    const others = [
      '',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '256.0.0.1',
      '01.2.3.4',
      '1.2.3.-4',
      ' 1.2.3.4',
      '1.2.3.4 ',
      '1..2.3',
      '.1.2.3',
      '1.2.3.',
      '1.2.3.4.',
      '00.1.2.3',
      '1.2.3.1000',
      '1.2.3.4\n',
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7:8::',
      '12345::',
      'g::',
      '::1.2.3',
      '1.2.3.4::',
      '::1.2.3.4:5',
      'fe80::1%eth0',
      '[::1]',
      ':1:2:3:4:5:6:7:8',
      '0x1.2.3.4',
    ];
    for (const text of others) expect(parseAddress(text), text).toBeUndefined();
  });

  it('has a family', () => {
    expect(['1.2.3.4', '::1', 'x'].map(isIP)).toEqual([4, 6, 0]);
  });

  it('agrees with the URL parser on random IPv6 addresses', () => {
    let state = 1;
    const random = () => (state = Math.imul(state, 1_103_515_245) + 12_345) >>> 16;
    for (let i = 0; i < 2000; i++) {
      const own = Uint8Array.from({ length: 16 }, () => (random() & 1 ? 0 : random() & 0xff));
      const text = formatAddress(own);
      expect(parseAddress(text)).toEqual(own);
      if (text.includes('.')) continue;
      expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
    }
  });

  it('crosses the door in 16 octets', () => {
    expect(toMapped(octets(10, 0, 0, 1)).join('.')).toBe('0.0.0.0.0.0.0.0.0.0.255.255.10.0.0.1');
    expect(formatMapped(toMapped(octets(10, 0, 0, 1)))).toBe('10.0.0.1');
    expect(formatMapped(parseAddress('fd00::1')!)).toBe('fd00::1');
  });
});

describe('an address and a port', () => {
  it('is read', () => {
    expect(parseEndpoint('10.0.0.2:80')).toEqual({ octets: octets(10, 0, 0, 2), port: 80 });
    expect(parseEndpoint('[fe80::1]:65535')).toEqual({
      octets: parseAddress('fe80::1'),
      port: 65_535,
    });
    expect(parseEndpoint({ hostname: '10.0.0.2', port: 0 })?.port).toBe(0);
    expect(parseEndpoint({ hostname: '[::1]', port: 1 })?.octets).toEqual(parseAddress('::1'));
    for (const text of [
      '10.0.0.2',
      '10.0.0.2:',
      '10.0.0.2:65536',
      '::1:80',
      '[10.0.0.2]:80',
      'host:80',
      '[::1]',
      ':80',
      '10.0.0.2:8o',
      '10.0.0.2:-1',
    ]) {
      expect(parseEndpoint(text), text).toBeUndefined();
    }
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      expect(parseEndpoint({ hostname: '10.0.0.2', port })).toBeUndefined();
    }
  });

  it('is written', () => {
    expect(formatEndpoint('10.0.0.2', 80)).toBe('10.0.0.2:80');
    expect(formatEndpoint('fe80::1', 80)).toBe('[fe80::1]:80');
  });
});

describe('an address of an interface', () => {
  it('is read', () => {
    expect(parseInterfaceAddress('10.0.0.1/24')).toEqual({
      octets: octets(10, 0, 0, 1),
      prefix: 24,
    });
    expect(parseInterfaceAddress('fd00::1')?.prefix).toBe(128);
    expect(parseInterfaceAddress('10.0.0.1 peer 10.0.0.2/32')).toEqual({
      octets: octets(10, 0, 0, 1),
      prefix: 32,
      peer: octets(10, 0, 0, 2),
    });
    for (const text of [
      '',
      '/24',
      '10.0.0.1/33',
      '10.0.0.1/',
      'fd00::1/129',
      '10.0.0.1 peer ::1/64',
      'x/8',
    ]) {
      expect(parseInterfaceAddress(text), text).toBeUndefined();
    }
  });

  it('has a prefix', () => {
    const [a, b] = [octets(10, 0, 0, 1), octets(10, 0, 128, 1)];
    expect([samePrefix(a, b, 16), samePrefix(a, b, 17), samePrefix(a, toMapped(a), 0)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
