/** UDP with the kernel on the other side of a TUN: datagrams, errors, groups, and a name server. */
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, run } from '../host/bundle.ts';

const child = process.platform === 'linux' ? bundle('test/interop/udp-child.ts') : '';
const probe = child === '' ? undefined : await run(child, ['probe']).outcome;
const obstacle = probe === undefined ? 'not Linux' : probe.code === 0 ? undefined : probe.stderr;
const title = `beside a kernel${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`;

let told: Readonly<Record<string, unknown>> = {};

describe.skipIf(obstacle !== undefined)(title, () => {
  beforeAll(async () => {
    const { stdout, stderr, code } = await run(child, []).outcome;
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    told = JSON.parse(stdout) as typeof told;
  }, 60_000);

  it.each([4, 6])('datagrams of all lengths go there and back: IPv%s', (family) => {
    expect(told[`echo ${family}`]).toEqual([0, 1, 64, 1452, 1473, 20_000, 65_507]);
  });

  it.each([4, 6])('each is told that nobody listens on the other side: IPv%s', (family) => {
    expect(told[`refused ${family}`]).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
  });

  it.each([
    [4, '10.9.0.1', '10.9.0.2'],
    [6, 'fd00:9::1', 'fd00:9::2'],
  ])('each hears what the other sends to a group: IPv%s', (family, kernel, stack) => {
    const heard = [`from the kernel ${kernel}`, `from the stack ${stack}`];
    expect(told[`group ${family}`]).toEqual(heard);
  });

  it('a name server on the stack is asked by the machine’s resolver', () => {
    expect(told['names']).toEqual(['192.0.2.53']);
  });

  it('none was damaged or lost', () => {
    expect(told['errors']).toEqual([0, 0]);
  });
});
