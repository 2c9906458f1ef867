/** Options of connections, from the words of the API down to the wire, in both hosts. */
import { describe, expect, it } from 'vitest';
import { netFor } from '../../host-node/net/index.ts';
import type { Link } from '../../host-web/index.ts';
import { connected, fate, string, text, world } from './world.ts';

/** The packets A sends from here on, whole. */
function sentByA(w: Awaited<ReturnType<typeof world>>): Uint8Array[] {
  const packets: Uint8Array[] = [];
  w.network.rule((packet) => {
    if (packet.from === 'A') packets.push(packet.octets.slice());
    return undefined;
  });
  return packets;
}

describe('options of a connection', () => {
  it('cork holds text back until it is taken out', async () => {
    const { clock, client, packets } = await connected({}, { cork: true });
    const writer = client.writable.getWriter();
    await writer.write(text('one'));
    await writer.write(text('two'));
    await clock.run(100);
    expect(packets).toEqual([]);
    client.tune({ cork: false });
    await clock.run(1);
    expect(packets[0]).toBe('A P. 6');
  });

  it('delayedAck says how long an acknowledgment waits, quickAcks how many do not', async () => {
    const { clock, server, client, packets } = await connected({}, {}, { delayedAck: '200ms' });
    const writer = client.writable.getWriter();
    await writer.write(text('one'));
    await clock.run(199);
    expect(packets).toEqual(['A P. 3']);
    await clock.run(1);
    expect(packets).toEqual(['A P. 3', 'B .']);
    server.tune({ quickAcks: 1 });
    await writer.write(text('two'));
    await clock.run(1);
    expect(packets.slice(2)).toEqual(['A P. 3', 'B .']);
    await writer.write(text('three'));
    await clock.run(199);
    expect(packets.slice(4)).toEqual(['A P. 5']);
  });

  it('diffserv and hopLimit stand in the IP header', async () => {
    const w = await connected({}, { diffserv: 0xb8, hopLimit: 3 });
    const packets = sentByA(w);
    await w.client.writable.getWriter().write(text('x'));
    await w.clock.run(1);
    expect([packets[0]![1]! & 0xfc, packets[0]![8]]).toEqual([0xb8, 3]);
    w.client.tune({ diffserv: 0x20 });
    w.client.tune({ hopLimit: 9 });
    await w.client.writable.close().catch(() => {});
    w.client.reset();
    await w.clock.run(1);
    expect(packets.at(-1)![8]).toBe(9);
  });

  it('keepAlive with its idle time, interval and count', async () => {
    const options = {
      keepAlive: true,
      keepAliveIdle: '10s',
      keepAliveInterval: '1s',
      keepAliveCount: 2,
    };
    const { clock, client, network, packets } = await connected({}, options);
    network.rule(() => 'drop');
    await clock.run(9_999);
    expect(packets).toEqual([]);
    await clock.run(1_001);
    expect(packets).toEqual(['A . dropped', 'A . dropped']);
    await clock.run(1_000);
    expect(await fate(client.closed)).toBe('ETIMEDOUT');
  });

  it('finTimeout bounds FIN-WAIT-2 of what nobody holds', async () => {
    const options = { finTimeout: '5s' };
    const { clock, a, client } = await connected({}, options, { allowHalfOpen: true });
    void client.close();
    await clock.run(4_000);
    expect(a.sockets().map(({ state }) => state)).toEqual(['FIN-WAIT-2']);
    await clock.run(1_100);
    expect(a.sockets()).toEqual([]);
  });

  it('notSentLowWater bounds what a connection takes ahead of the network', async () => {
    const small = { receiveBuffer: '4k' };
    const { clock, a, client, server } = await connected({}, { notSentLowWater: '4k' }, small);
    const writing = client.writable.getWriter().write(new Uint8Array(100_000));
    await clock.run(1_000);
    // What the peer's buffer holds has been sent; four KiB wait behind it, and the rest outside.
    expect(a.sockets()[0]!.sendQueue).toBeLessThanOrEqual(4096);
    expect(await fate(writing)).toBe('pending');
    client.tune({ notSentLowWater: '16k' });
    const reader = server.readable.getReader();
    let read = 0;
    while (read < 100_000) {
      const next = reader.read();
      await clock.run(300);
      read += (await next).value!.length;
    }
    await writing;
  });

  it('timeout ends a connection on the millisecond', async () => {
    const { clock, client, network } = await connected({}, { timeout: 70 });
    network.rule(() => 'drop');
    await client.writable.getWriter().write(text('x'));
    await clock.run(69);
    expect(await fate(client.closed)).toBe('pending');
    await clock.run(1);
    expect(await fate(client.closed)).toBe('ETIMEDOUT');
  });

  it('of a connection that is over changes nothing, and is no error', async () => {
    const { clock, client, server } = await connected();
    const ends = Promise.allSettled([client.closed, server.closed]);
    server.reset();
    await clock.run(100);
    await ends;
    expect(() => client.setNoDelay(true).setKeepAlive(true, 1000)).not.toThrow();
  });

  it('info tells the time that is left now', async () => {
    const { clock, client } = await connected({}, { keepAlive: true, keepAliveIdle: '100s' });
    await clock.run(60_000);
    expect(client.info()).toMatchObject({ timer: 'KEEP_ALIVE', timerMs: 40_000 });
  });

  it('a value the core refuses is named', async () => {
    const { client } = await connected();
    expect(() => client.tune({ hopLimit: 256 })).toThrow(/hopLimit can not be 256/);
    expect(() => client.tune({ delayedAck: 500 })).toThrow(/delayedAck can not be 500/);
    expect(() => client.tune({ diffserv: -1 })).toThrow(/diffserv can not be -1/);
    expect(client.state).toBe('ESTABLISHED');
  });
});

describe('urgent text', () => {
  it('stays in line, and its end is told', async () => {
    const { clock, client, server } = await connected();
    let calls = 0;
    server.raw.onUrgent = () => calls++;
    await client.setUrgent().writable.getWriter().write(text('hello'));
    await clock.run(1);
    expect([calls, server.raw.urgentLeft]).toEqual([1, 5]);
    const reader = server.readable.getReader();
    expect(string((await reader.read()).value)).toBe('hello');
    expect(server.raw.urgentLeft).toBe(0);
  });
});

describe('a peer that ICMP calls unreachable', () => {
  it('fails an OPEN at once, or at the end for whoever is patient (MUST-56)', async () => {
    const { clock, a } = await world();
    const hasty = a.connect('10.0.0.9:7');
    const patient = a.connect('10.0.0.9:7', { patient: true, timeout: '10s' });
    await clock.run(1);
    expect(await fate(hasty.opened)).toBe('EHOSTUNREACH');
    expect(await fate(patient.opened)).toBe('pending');
    await clock.run(10_000);
    expect(await fate(patient.opened)).toBe('EHOSTUNREACH');
  });
});

describe('a route in trouble', () => {
  it('is told to the link, once for each stall (MUST-20)', async () => {
    const { clock, client, a, network } = await connected();
    const advised: string[] = [];
    (a.link as Link).advise = (destination) => advised.push(destination);
    network.rule(() => 'drop');
    await client.writable.getWriter().write(text('x'));
    await clock.run(10_000);
    expect(advised).toEqual(['10.0.0.2']);
  });
});

describe('in the shape of node:net', () => {
  it('notSentLowWater has a write wait while so much is unsent', async () => {
    const w = await world();
    const server = netFor(w.b).createServer((socket) => socket.pause());
    server.listen({ port: 7, tuning: { receiveBuffer: '4k' } });
    const tuning = { notSentLowWater: 3000 };
    const socket = netFor(w.a).connect({ port: 7, host: '10.0.0.2', tuning });
    await w.clock.runUntil(() => socket.readyState === 'open', 1_000);
    let isWritten = false;
    socket.write(Buffer.alloc(500_000), () => (isWritten = true));
    await w.clock.run(1_000);
    expect(isWritten).toBe(false);
    expect(w.a.sockets()[0]!.sendQueue).toBeLessThanOrEqual(3000);
    socket.destroy();
    server.close();
  });

  it('tune, setUrgent and the tuning of a server', async () => {
    const w = await world();
    const [ours, theirs] = [netFor(w.a), netFor(w.b)];
    const packets = sentByA(w);
    const seen: string[] = [];
    const server = theirs.createServer((socket) => {
      socket.on('urgent', () => seen.push(`urgent ${socket.urgentLeft}`));
      socket.on('data', (data: Buffer) => seen.push(data.toString()));
    });
    server.listen({ port: 7, tuning: { hopLimit: 5 } });
    const socket = ours.connect({ port: 7, host: '10.0.0.2', tuning: { diffserv: 0x20 } });
    await w.clock.runUntil(() => socket.readyState === 'open', 1_000);
    socket.setUrgent().tune({ hopLimit: 7 }).write('hello');
    await w.clock.runUntil(() => seen.length === 2, 1_000);
    expect(seen).toEqual(['urgent 5', 'hello']);
    expect([packets.at(-1)![1]! & 0xfc, packets.at(-1)![8]]).toEqual([0x20, 7]);
    expect(() => socket.tune({ hopLimit: 0 })).toThrow(RangeError);
    socket.destroy();
    server.close();
  });
});
