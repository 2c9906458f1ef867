/**
 * Listeners for any address, and listeners that are asked about each SYN, as users of the hosts
 * have them; and the example that is made of both, with the kernel before it and behind it.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { netFor } from '../../host-node/net/index.ts';
import type { RawSyn } from '../../host-web/index.ts';
import { bundle, repository, run } from './bundle.ts';
import { scenariosBy } from './scenarios.ts';
import { fate, readAll, world } from './world.ts';

const EXAMPLE = join(repository, 'host-node/examples/transparent.mjs');
const MARKED = { sysctl: { any_destination: 1 } } as const;

it('a stack that is not told to listens at no other address, and says what it lacks', async () => {
  const w = await world();
  const hint = /sysctl: \{ any_destination: 1 \}/;
  expect(() => w.b.listen({ hostname: 'any', port: 0 })).toThrow(hint);
  expect(() => netFor(w.b).createServer().listen({ host: 'any', port: 0 })).toThrow(hint);
  expect(w.b.sockets()).toEqual([]);
});

it('a listener at any address tells of each connection whom it was for', async () => {
  const w = await world({}, MARKED);
  const listener = w.b.listen({ hostname: 'any', port: 0 });
  expect(await listener.opened).toEqual({ localAddress: '::', localPort: 0 });
  const told: string[] = [];
  for (const to of ['198.51.100.7:443', '[2001:db8::7]:80', '10.0.0.2:9']) {
    const client = w.a.connect(to);
    const accepted = listener.accept();
    await w.clock.runUntil(() => client.raw?.isOpened === true, 1_000);
    const { localAddress } = await (await accepted).opened;
    told.push(localAddress!);
  }
  expect(told).toEqual(['198.51.100.7:443', '[2001:db8::7]:80', '10.0.0.2:9']);
});

it('a SYN may wait for its answer: accepted, refused, or dropped', async () => {
  const w = await world();
  const syns: RawSyn[] = [];
  const listener = w.b.listen({ port: 7, onSyn: (syn) => syns.push(syn) });
  const clients = [1, 2, 3].map((port) => w.a.connect('10.0.0.2:7', { localPort: 50_000 + port }));
  await w.clock.advance(5_000);
  expect(syns.map(({ remoteAddress, remotePort }) => `${remoteAddress}:${remotePort}`)).toEqual([
    '10.0.0.1:50001',
    '10.0.0.1:50002',
    '10.0.0.1:50003',
  ]);
  expect([syns[0]!.localAddress, syns[0]!.localPort]).toEqual(['10.0.0.2', 7]);
  const fates = () => Promise.all(clients.map(({ opened }) => fate(opened)));
  expect(await fates()).toEqual(['pending', 'pending', 'pending']);
  expect(syns.map((syn, i) => [syn.accept(), syn.refuse(), syn.drop()][i])).toEqual([
    true,
    false,
    false,
  ]);
  void listener.accept();
  await w.clock.advance(100);
  expect(await fates()).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
});

it('a decision is answered once, and late ones are told that they are', async () => {
  const w = await world();
  const syns: RawSyn[] = [];
  w.b.listen({ port: 7, onSyn: (syn) => syns.push(syn) });
  const [refused, dropped] = [w.a.connect('10.0.0.2:7'), w.a.connect('10.0.0.2:7')];
  await w.clock.advance(500);
  expect([syns[0]!.refuse(), syns[0]!.accept(), syns[1]!.drop(), syns[1]!.drop()]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  await w.clock.advance(100);
  expect(await fate(refused!.opened)).toBe('ECONNREFUSED');
  expect(await fate(dropped!.opened)).toBe('pending');
  // The peer asks again, and so is the user.
  await w.clock.advance(1_000);
  expect(syns.length).toBe(3);
});

it('what onSyn throws is the program’s, and the next SYN is asked about all the same', async () => {
  const w = await world();
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
  let asked = 0;
  w.b.listen({
    port: 7,
    onSyn: (syn) => {
      if (asked++ === 0) throw new Error('of the program');
      syn.accept();
    },
  });
  const [first, second] = [w.a.connect('10.0.0.2:7'), w.a.connect('10.0.0.2:7')];
  await w.clock.advance(100);
  expect(String(await thrown)).toBe('Error: of the program');
  expect(await fate(second!.opened)).toBe('fulfilled');
  expect(await fate(first!.opened)).toBe('pending');
});

it('a server of net is asked in turns of its own, and answers when it likes', async () => {
  const w = await world({}, MARKED);
  const syns: RawSyn[] = [];
  const server = netFor(w.b).createServer((socket) => socket.end(`at ${socket.localAddress}`));
  server.listen({ host: 'any', port: 0, onSyn: (syn: RawSyn) => syns.push(syn) });
  const client = w.a.connect('198.51.100.7:443');
  await w.clock.runUntil(() => syns.length > 0, 1_000);
  await w.clock.advance(2_000);
  expect(syns[0]!.accept()).toBe(true);
  const all = readAll(client.readable);
  await w.clock.runUntil(() => client.raw?.isOpened === true, 1_000);
  for (let i = 0; i < 20; i++) await w.clock.advance(10);
  expect(await all).toBe('at ::ffff:198.51.100.7');
});

const script = bundle('test/host/transparent-child.ts');
const { inside, obstacle, title } = await scenariosBy('beside a kernel', (scenario) => {
  return run(script, [scenario, EXAMPLE]).outcome;
});

it.skipIf(obstacle !== undefined)(`${title}: the example, to 1,000 places at once`, async () => {
  expect(await inside('proxy')).toEqual({
    isWhole: true,
    begin: '198.18.0.1 for 10.8.0.1: ',
    refused: 'ECONNREFUSED',
    wrong: [],
  });
});
