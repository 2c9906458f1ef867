/** Settings by the names of Linux's sysctls: every one, at its bounds and beyond them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createStackSync, parseSysctl, SETTINGS, VirtualClock } from '../../host-web/index.ts';
import { Controller } from '../../host-web/abi.ts';
import { SYSCTL_NAMES } from '../../host-web/sysctl.ts';

const PAGE = readFileSync('assembly/README.md', 'utf8');

function stack(options: Parameters<typeof createStackSync>[0] = {}) {
  return createStackSync({ clock: new VirtualClock(), address: '10.0.0.1/24', ...options });
}

describe.each(Object.entries(SETTINGS))('%s', (name, { initial, least, most }) => {
  it('has its default until it is changed, and takes both its bounds', () => {
    const one = stack();
    expect(one.get(name)).toBe(initial);
    for (const value of [least, most]) {
      const other = stack({ sysctl: { [name]: value } });
      expect(other.get(`net.ipv4.${name}`)).toBe(value);
      other.set(name, initial);
      other.set(name, value);
      expect(other.get(name)).toBe(value);
    }
  });

  it('refuses all else, saying what it can be, and stays as it was', () => {
    const one = stack();
    for (const value of [least - 1, most + 1, least + 0.5, NaN, Infinity, -(2 ** 32) + least]) {
      const message = `${name} can not be ${value}: it is a whole number from ${least} to ${most}`;
      expect(() => one.set(name, value)).toThrow(new RangeError(message));
      expect(() => stack({ sysctl: { [name]: value } })).toThrow(RangeError);
    }
    expect(one.get(name)).toBe(initial);
  });

  it('is told of in a sentence', () => {
    const row = PAGE.split('\n').find((line) => line.includes(`, \`${name}\` |`));
    expect(row).toMatch(/\| [A-Z0-9][^|]*\. \|$/);
  });
});

describe('names of Linux for what the core says otherwise', () => {
  it('icmp_echo_ignore_all is the opposite of icmp_echo', () => {
    const one = stack({ sysctl: { 'net.ipv4.icmp_echo_ignore_all': true } });
    expect([one.get('icmp_echo'), one.get('icmp_echo_ignore_all')]).toEqual([0, 1]);
    one.set('icmp_echo_ignore_all', 0);
    expect(one.get('icmp_echo')).toBe(1);
    expect(() => one.set('icmp_echo_ignore_all', 2)).toThrow(
      'icmp_echo_ignore_all can not be 2: it is a whole number from 0 to 1',
    );
  });

  it('tcp_rto_min_us counts microseconds', () => {
    const one = stack({ sysctl: { tcp_rto_min_us: 5000 } });
    expect([one.get('tcp_rto_min_ms'), one.get('tcp_rto_min_us')]).toEqual([5, 5000]);
    for (const value of [5500, 0, 60_001_000]) {
      expect(() => one.set('tcp_rto_min_us', value)).toThrow(
        `tcp_rto_min_us can not be ${value}: it is a multiple of 1000 from 1000 to 60000000`,
      );
    }
  });
});

describe('tcp_congestion_control', () => {
  it.each([
    ['cubic', Controller.CUBIC],
    ['reno', Controller.RENO],
    ['bbr', Controller.BBR],
  ] as const)('%s by its name, as in Linux, or by its number', (name, number) => {
    const one = stack();
    one.set('tcp_congestion_control', name);
    expect(one.get('tcp_congestion_control')).toBe(number);
    expect(parseSysctl(`tcp_congestion_control=${name}`)).toEqual([
      'tcp_congestion_control',
      number,
    ]);
  });

  it('no other name is one', () => {
    const sentence = /can not be vegas: it is cubic, reno, bbr, a whole number from 0 to 2/;
    expect(() => stack().set('tcp_congestion_control', 'vegas' as 'bbr')).toThrow(sentence);
    expect(() => parseSysctl('tcp_congestion_control=toString')).toThrow('is not tcp_congestion');
  });
});

describe('tcp_rmem and tcp_wmem, three numbers each', () => {
  it.each(['tcp_rmem', 'tcp_wmem'] as const)('%s is three settings in one', (name) => {
    const one = stack({ sysctl: { [name]: [5000, 60_000, 700_000] } });
    expect(one.get(name)).toEqual([5000, 60_000, 700_000]);
    expect(one.get(`${name}_default`)).toBe(60_000);
    one.set(`net.ipv4.${name}`, [1, 2, 3]);
    expect(one.get(`net.ipv4.${name}`)).toEqual([1, 2, 3]);
  });

  it('are Linux’s by default, but for 16 MiB to send', () => {
    const one = stack();
    expect(one.get('tcp_rmem')).toEqual([4096, 131_072, 33_554_432]);
    expect(one.get('tcp_wmem')).toEqual([4096, 16_384, 16_777_216]);
  });

  it('change all three numbers or none', () => {
    const one = stack();
    expect(() => one.set('tcp_rmem', [1, 2, 2 ** 31])).toThrow('tcp_rmem_max can not be');
    expect(() => one.set('tcp_rmem', 4096)).toThrow(
      'tcp_rmem can not be 4096: it is three: least, default and most',
    );
    expect(() => one.set('tcp_sack', [1, 1, 1])).toThrow('tcp_sack can not be');
    expect(one.get('tcp_rmem')).toEqual([4096, 131_072, 33_554_432]);
  });

  it('are read from a command line', () => {
    const read = parseSysctl('net.ipv4.tcp_rmem=4096 131072\t33554432');
    expect(read).toEqual(['tcp_rmem', [4096, 131_072, 33_554_432]]);
    for (const text of ['tcp_rmem=', 'tcp_rmem=1', 'tcp_rmem=1 2', 'tcp_rmem=1 2 x']) {
      const message = `${text} is not tcp_rmem="least default most", each 1 to 1073741824`;
      expect(() => parseSysctl(text)).toThrow(new RangeError(message));
    }
  });
});

describe('name=value', () => {
  it('is read with and without Linux’s prefix', () => {
    expect(parseSysctl('tcp_sack=0')).toEqual(['tcp_sack', 0]);
    expect(parseSysctl(' net.ipv4.tcp_ecn = 1 ')).toEqual(['tcp_ecn', 1]);
  });

  it.each(['tcp_sack', 'tcp_sack=', 'tcp_sack=on', 'tcp_sack=0x1', 'tcp_sack=1e0', 'tcp_sack=1.0'])(
    '%s is told what it lacks',
    (text) => {
      const message = `${text} is not tcp_sack=value, where value is 0 to 1`;
      expect(() => parseSysctl(text)).toThrow(new RangeError(message));
    },
  );

  it('is refused when the value is out of bounds', () => {
    expect(() => parseSysctl('tcp_sack=-1')).toThrow('tcp_sack can not be -1');
  });

  it.each(['', 'tcp_nothing=1', '__proto__=1', 'constructor', '=1'])(
    '%s is no setting, and told all there are',
    (text) => {
      const known = `is not a setting; there are ${SYSCTL_NAMES.join(', ')}`;
      expect(() => parseSysctl(text)).toThrow(known);
    },
  );
});

describe('tcp_max_tw_buckets and the records there are', () => {
  it('makes room for as many as are asked for, and for the default at least', () => {
    const few = stack({ sysctl: { tcp_max_tw_buckets: 10 } });
    few.set('tcp_max_tw_buckets', SETTINGS.tcp_max_tw_buckets.initial);
    const many = stack({ sysctl: { 'net.ipv4.tcp_max_tw_buckets': 300_000 } });
    expect(many.get('tcp_max_tw_buckets')).toBe(300_000);
  });

  it('is what the limit gives, and refused beyond it', () => {
    const one = stack({ limits: { timeWaits: 100 } });
    expect(one.get('tcp_max_tw_buckets')).toBe(100);
    const message = 'tcp_max_tw_buckets can not be 101 in a stack whose limits are smaller';
    expect(() => one.set('tcp_max_tw_buckets', 101)).toThrow(new RangeError(message));
    const both = { limits: { timeWaits: 100 }, sysctl: { tcp_max_tw_buckets: 101 } };
    expect(() => stack(both)).toThrow(new RangeError(message));
  });
});

it('an MTU that is set holds against a link that could carry more', () => {
  const one = stack({ sysctl: { mtu: 1280 } });
  const link = { mtu: 1500, attach() {}, send() {}, close() {} };
  one.attach(link as never);
  expect(one.get('mtu')).toBe(1280);
});
