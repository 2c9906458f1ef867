/**
 * UDP above the core: sockets by callback (`openDatagram`) and as streams (`udp`), between two
 * stacks.
 */
import { describe, expect, test } from 'vitest';
import { type Datagram, Result, UdpOption, type UdpSocket } from '../../host-web/index.ts';
import { world, type World } from './world.ts';

const text = (data: Uint8Array) => new TextDecoder().decode(data);
const octets = (said: string) => new TextEncoder().encode(said);

describe('by callback', () => {
  test('what is sent is received, with whom it is from', async () => {
    const { clock, a, b } = await world({ delay: '10ms' });
    const [one, other] = [a.openDatagram(), b.openDatagram()];
    expect(other.bind(7)).toBe(Result.OK);
    const heard: Datagram[] = [];
    other.onReadable = () => {
      for (let d = other.receive(); d !== null; d = other.receive()) heard.push(d);
    };
    for (const to of ['10.0.0.2', 'fd00::2']) expect(one.send(octets(to), to, 7)).toBe(1);
    expect(one.send(octets('x'), 'fd00::2', 7)).toBe(1);
    await clock.runUntil(() => heard.length === 3, 1000);
    const port = one.info()!.localPort;
    const seen = heard.map(({ data, address: from, localAddress: to }) => [text(data), from, to]);
    expect(seen).toEqual([
      ['10.0.0.2', '10.0.0.1', '10.0.0.2'],
      ['fd00::2', 'fd00::1', 'fd00::2'],
      ['x', 'fd00::1', 'fd00::2'],
    ]);
    expect(heard.every((d) => d.port === port && d.hopLimit === 64)).toBe(true);
    expect(b.udpSockets()).toMatchObject([{ state: 'UNCONN', localPort: 7, datagrams_in: 3 }]);
    one.close();
    one.close();
    expect(one.send(octets('x'), '10.0.0.2', 7)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
    await b.close();
    expect(other.isClosed).toBe(true);
  });

  test('who is connected hears that nobody listens', async () => {
    const { clock, a } = await world();
    const one = a.openDatagram();
    let code = '';
    one.onError = (error) => {
      code = `${error.code} ${error.address}:${error.port}`;
    };
    expect(one.connect('10.0.0.2', 9)).toBe(Result.OK);
    one.send(octets('anybody'));
    await clock.runUntil(() => code !== '', 1000);
    expect(code).toBe('ECONNREFUSED 10.0.0.2:9');
  });

  test('where there is no room, it waits and is told', async () => {
    const { clock, a, b } = await world({}, { limits: { datagrams: 8 } });
    const [one, other] = [a.openDatagram(), b.openDatagram()];
    other.bind(7);
    let sent = 0;
    const go = () => {
      while (sent < 100) {
        const result = one.send(octets(`${sent}`), '10.0.0.2', 7);
        if (result === 0) return;
        expect(result).toBe(1);
        sent++;
      }
    };
    one.onWritable = go;
    go();
    expect(sent).toBe(8);
    await clock.runUntil(() => other.info()!.datagrams_in === 100, 1000);
    const all = Array.from({ length: 100 }, () => text(other.receive()!.data));
    expect(all).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`));
  });
});

/** What a promise comes to while virtual time goes on. */
async function await_<T>({ clock }: World, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promise.then(over, over);
  await clock.runUntil(() => isOver, 10_000);
  return promise;
}

async function read(w: World, socket: UdpSocket): Promise<Datagram | undefined> {
  const reader = socket.readable.getReader();
  const { value } = await await_(w, reader.read());
  reader.releaseLock();
  return value;
}

describe('as streams', () => {
  test('bound mode answers, remote mode asks', async () => {
    const w = await world({ delay: '5ms' });
    const server = w.b.udp({ localPort: 7 });
    const client = w.a.udp({ remoteAddress: '10.0.0.2', remotePort: 7 });
    expect(await server.opened).toEqual({ localAddress: '::', localPort: 7 });
    const { localPort } = await client.opened;
    expect(await client.opened).toMatchObject({ localAddress: '10.0.0.1', remotePort: 7 });
    await client.writable.getWriter().write(octets('ask'));
    const asked = (await read(w, server))!;
    expect([text(asked.data), asked.address, asked.port]).toEqual(['ask', '10.0.0.1', localPort]);
    const answer = { ...asked, data: octets('answer') };
    await server.writable.getWriter().write(answer);
    expect(text((await read(w, client))!.data)).toBe('answer');
    await server.close();
    await client.close();
    expect((await server.readable.getReader().read()).done).toBe(true);
    await expect(client.closed).resolves.toBe(undefined);
  });

  test('what cannot be opened, or sent, says why', async () => {
    const w = await world();
    const first = w.a.udp({ localPort: 7 });
    const second = w.a.udp({ localPort: 7 });
    await expect(second.opened).rejects.toMatchObject({ code: 'EADDRINUSE', port: 7 });
    await expect(second.closed).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(second.readable.getReader().read()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(w.a.udp({ remoteAddress: 'example.org', remotePort: 7 }).opened).rejects.toThrow(
      'ENOTFOUND',
    );
    const long = { data: new Uint8Array(65_508), address: '10.0.0.2', port: 9 };
    const sending = first.writable.getWriter().write(long);
    await expect(sending).rejects.toMatchObject({ code: 'EMSGSIZE', syscall: 'send' });
    expect(() => w.a.udp({ remoteAddress: '10.0.0.2' })).toThrow(TypeError);
    expect(() => w.a.udp({ hopLimit: 300 })).toThrow('hopLimit can not be 300');
    expect(w.a.udpSockets()).toHaveLength(1);
  });

  test('groups, both families, and the signal', async () => {
    const w = await world();
    const stop = new AbortController();
    const member = w.b.udp({ localPort: 7, signal: stop.signal });
    const sender = w.a.udp();
    const writer = sender.writable.getWriter();
    for (const group of ['239.1.2.3', 'ff05::1:3']) {
      member.join(group);
      expect(() => member.join(group)).toThrow('EADDRINUSE');
      await writer.write({ data: octets('all'), address: group, port: 7 });
      expect(await read(w, member)).toMatchObject({ localAddress: group, hopLimit: 1 });
      member.leave(group);
    }
    stop.abort();
    await member.closed;
    expect(member.info()).toBe(undefined);
  });

  test('a stack that is closed ends its sockets', async () => {
    const w = await world();
    const socket = w.a.udp({ localPort: 7 });
    const reading = socket.readable.getReader().read();
    await w.a.close();
    await socket.closed;
    expect((await reading).done).toBe(true);
    expect(() => w.a.udp()).toThrow('the stack is closed');
  });
});

test('options are what the core has, and it says which it does not take', async () => {
  const { a } = await world();
  const raw = a.openDatagram();
  expect(raw.setOption(UdpOption.RECEIVE_BUFFER, 5000)).toBe(true);
  expect(raw.info()).toMatchObject({ rcvbuf: 5000, sndbuf: 212_992, drops: 0 });
  expect(raw.setOption(UdpOption.HOP_LIMIT, 0)).toBe(false);
});
