/** What `--kernel` names, beside the stack's own network. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../host-node/cli/arguments.ts';
import { Destinations, withAddresses } from '../../host-node/run/destinations.ts';

const OWN = ['10.9.0.2/24', 'fd00:9::2/64', '10.9.0.2', 'fd00:9::2'];

/** Those of some destinations, each `ADDRESS PORT [NAME]`, that are the kernel's. */
function kernels(values: readonly string[], destinations: readonly string[]): string[] {
  const left = new Destinations(values, OWN);
  return destinations.filter((text) => {
    const [address = '', port, name] = text.split(' ');
    return left.isKernels(address, Number(port), name);
  });
}

describe('--kernel', () => {
  it('names nothing where it is not given', () => {
    expect(new Destinations([], OWN).isAny).toBe(false);
    expect(kernels([], ['192.0.2.1 80', '127.0.0.1 80', '::1 80'])).toEqual([]);
  });

  it('names addresses and networks of both families, with a port or with all', () => {
    const values = ['192.0.2.1', '198.51.100.0/24:443', '[2001:db8::1]:5432', '2001:db8:1::/48'];
    const named = [
      '192.0.2.1 80',
      '::ffff:192.0.2.1 81',
      '198.51.100.7 443',
      '2001:db8::1 5432',
      '2001:db8:1:2::3 80',
      '2001:db8:1::1%eth0 80',
    ];
    const others = ['192.0.2.2 80', '198.51.100.7 80', '2001:db8::1 80', '2001:db8:2::1 80'];
    expect(kernels(values, [...named, ...others])).toEqual(named);
  });

  it('has the longest prefix decide between the kernel and the stack’s own network', () => {
    const loopback = ['127.0.0.1 80', '::1 80', '0.0.0.0 80'];
    const own = ['10.9.0.2 80', '10.9.0.1 80', 'fd00:9::1 80', ...loopback];
    const others = ['10.9.1.1 80', '10.0.0.1 80'];
    expect(kernels(['*'], [...own, ...others, 'fe80::1%eth0 80'])).toEqual([
      ...others,
      'fe80::1%eth0 80',
    ]);
    expect(kernels(['10.0.0.0/8'], [...own, ...others])).toEqual(others);
    expect(kernels(['127.0.0.1:80', '10.9.0.0/28'], [...own, '127.0.0.2 80'])).toEqual([
      '10.9.0.1 80',
      '127.0.0.1 80',
    ]);
    expect(kernels(['*:53'], ['192.0.2.1 80', '192.0.2.1 53'])).toEqual(['192.0.2.1 53']);
  });

  it('names a host as it is asked for, and by the addresses it has at the start', async () => {
    const asked = ['192.0.2.1 5432 DB.example.', '192.0.2.1 80 db.example', '192.0.2.1 5432'];
    expect(kernels(['db.example:5432'], asked)).toEqual([asked[0]]);
    const values = await withAddresses(['*', 'localhost:5432']);
    expect(values.slice(0, 2)).toEqual(['*', 'localhost:5432']);
    const looked = ['127.0.0.1 5432', '::1 5432', '127.0.0.1 80'].filter((text) => {
      return kernels(values, [text]).length > 0;
    });
    expect(looked.length).toBeGreaterThan(0);
    expect(looked).not.toContain('127.0.0.1 80');
  });

  it('is refused with what it can be', () => {
    const hosts = ['', '10.0.0', '10.0.0.0/33', '[10.9.0.1', 'a b', '[db.example]:80', ':80'];
    const ports = ['10.9.0.1:0', 'db.example:port', '*:70000'];
    for (const value of [...hosts, ...ports, '10.9.0.1/24 peer 10.9.0.2']) {
      expect(() => new Destinations([value], OWN), value).toThrow(UsageError);
    }
  });
});
