/** Links of other sizes: replaced under living connections, and pings larger than a packet. */
import { expect, it } from 'vitest';
import { createStack, pipe, VirtualClock } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';
import { world } from './world.ts';

async function two() {
  const clock = new VirtualClock();
  const stack = (host: number) =>
    createStack({
      address: [`10.0.0.${host}/24`, `fd00::${host}/64`],
      clock,
      module: coreModule,
      seed: new Uint8Array(32).fill(host),
    });
  return { clock, a: await stack(1), b: await stack(2) };
}

it.each([
  ['10.0.0.2:7', 40],
  ['[fd00::2]:7', 60],
])('a link replaced by a narrower one: what goes to %s fits', async (to, head) => {
  const { clock, a, b } = await two();
  const [one, other] = pipe();
  const detach = [a.attach(one), b.attach(other)];
  const listener = b.openListener({ port: 7 });
  const client = a.openConnection(to, { sendBuffer: 100_000 });
  clock.advance(0);
  const server = listener.accept()!;
  expect(client.info().snd_mss).toBe(1500 - head - 12);
  for (const end of detach) end();
  expect(client.send(new Uint8Array(100_000))).toBe(100_000);
  const [third, fourth] = pipe(1280);
  a.attach(third);
  b.attach(fourth);
  expect(client.info().snd_mss).toBe(1280 - head - 12);
  expect(server.info().snd_mss).toBe(1280 - head - 12);
  const into = new Uint8Array(100_000);
  let got = 0;
  for (let ms = 0; got < 100_000 && ms < 2_000; ms += 10) {
    clock.advance(10);
    got += Math.max(server.receive(into), 0);
  }
  expect(got).toBe(100_000);
  expect(clock.now()).toBeLessThan(1_000);
});

it('a wider link lets segments grow as far as both ends announced', async () => {
  const { clock, a, b } = await two();
  const [one, other] = pipe(1280);
  const detach = [a.attach(one), b.attach(other)];
  b.openListener({ port: 7 });
  const client = a.openConnection('10.0.0.2:7');
  clock.advance(0);
  for (const end of detach) end();
  const [third, fourth] = pipe(1500);
  a.attach(third);
  b.attach(fourth);
  expect(client.info().snd_mss).toBe(1228);
  b.openListener({ port: 8 });
  const next = a.openConnection('10.0.0.2:8');
  clock.advance(0);
  expect(next.info().snd_mss).toBe(1448);
});

it.each(['10.0.0.2', 'fd00::2'])('a ping of 65,507 octets to %s comes back', async (host) => {
  const { a, clock } = await world({ delay: 5 });
  const replies = [65_507, 1_473, 0].map((size) => a.ping(host, { size }));
  await clock.run(1_000);
  expect((await Promise.all(replies)).map(({ size }) => size)).toEqual([65_507, 1_473, 0]);
});

it('one that is larger than any datagram is refused', async () => {
  const { a } = await world();
  await expect(a.ping('10.0.0.2', { size: 65_508 })).rejects.toMatchObject({ code: 'EINVAL' });
});
