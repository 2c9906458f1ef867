/** The link over a TUN: how much it brings before others have their turn. */
import { expect, it } from 'vitest';
import { TunLink } from '../../host-node/tun-link.ts';
import { VirtualClock } from '../../host-web/index.ts';
import { FakeTun } from './fake-links.ts';
import { stackAt } from './world.ts';

it.each([
  ['short', 60, 512],
  ['long', 60_000, Math.ceil(2 ** 22 / 60_000)],
])('%s packets come in batches that leave others their turn', (_, length, most) => {
  const tun = new FakeTun();
  const link = new TunLink(tun);
  stackAt(1, new VirtualClock()).attach(link);
  const packet = new Uint8Array(length);
  tun.waiting.push(...Array.from({ length: 1000 }, () => packet));
  link.receive();
  expect(1000 - tun.waiting.length).toBe(most);
});
