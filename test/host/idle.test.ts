/** An idle stack sets no alarm: nothing wakes a process that only listens. */
import { expect, test } from 'vitest';
import { NEVER } from '../../host-web/index.ts';
import { connected, world } from './world.ts';

test('a stack with an open listener wants never to be woken', async () => {
  const { clock, b } = await world();
  b.listen({ port: 80 });
  await clock.run(1);
  expect(clock.nextAt()).toBe(NEVER);
});

test('after a connection and its TIME-WAIT nothing is left that would wake', async () => {
  const { clock, client, server } = await connected();
  void client.writable.getWriter().close();
  void server.writable.getWriter().close();
  await clock.run(1000);
  expect(await clock.runUntil(() => clock.nextAt() === NEVER, 120_000)).toBe(true);
  expect(clock.now()).toBeLessThan(70_000);
});
