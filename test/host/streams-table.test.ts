/** The table of `streams/socket.ts`, row by row, with the packets each row stands for. */
import { describe, expect, it } from 'vitest';
import { turn } from '../../host-web/clock.ts';
import { connected, fate, readAll, string, text, world } from './world.ts';

describe('what you do, and what TCP does', () => {
  it('await writer.write: every octet is in the send buffer, acknowledged or not', async () => {
    const { client, packets, clock } = await connected({ delay: 50 });
    await client.writable.getWriter().write(text('hello'));
    expect(client.raw.sendQueue).toBe(5);
    expect(packets).toEqual(['A P. 5']);
    await clock.run(200);
    expect(client.raw.sendQueue).toBe(0);
  });

  it('a write that does not fit waits, and so do writer.ready and those behind it', async () => {
    const size = 65_536;
    const { client, server } = await connected({}, { sendBuffer: size }, { receiveBuffer: size });
    const writer = client.writable.getWriter();
    const written = writer.write(new Uint8Array(200_000));
    expect(await fate(written)).toBe('pending');
    expect(writer.desiredSize).toBeLessThanOrEqual(0);
    expect(await fate(writer.ready)).toBe('pending');
    const reader = server.readable.getReader();
    for (let got = 0; got < 200_000; ) got += (await reader.read()).value!.length;
    await written;
    await writer.ready;
    expect(writer.desiredSize).toBe(1);
  });

  it('await writer.close: FIN after queued text; done when the FIN is acknowledged', async () => {
    const { client, server, packets, clock } = await connected({ delay: 50 });
    const writer = client.writable.getWriter();
    void writer.write(text('hello'));
    const closed = writer.close();
    await turn();
    expect(packets).toEqual(['A P. 5', 'A F.']);
    await clock.run(60);
    expect(await fate(closed)).toBe('pending');
    await clock.run(60);
    expect(await fate(closed)).toBe('fulfilled');
    expect(await readAll(server.readable)).toBe('hello');
  });

  it('writer.close before the connection is open waits for it', async () => {
    const { a, b, packets, clock } = await world({ delay: 50 });
    const listener = b.listen({ port: 7 });
    const writer = a.connect('10.0.0.2:7').writable.getWriter();
    void writer.write(text('early'));
    const closed = writer.close();
    const accepted = listener.accept();
    await clock.run(1000);
    expect(await readAll((await accepted).readable)).toBe('early');
    expect(await fate(closed)).toBe('fulfilled');
    expect(packets.slice(0, 2)).toEqual(['A S', 'B S.']);
  });

  it('writer.abort: RST, and the readable errors with the reason', async () => {
    const { client, server, packets } = await connected();
    const reason = new Error('enough');
    const read = expect(client.readable.getReader().read()).rejects.toBe(reason);
    await client.writable.getWriter().abort(reason);
    await turn();
    expect(packets).toEqual(['A R.']);
    await read;
    await expect(client.closed).rejects.toBe(reason);
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('writer.abort cuts short a write that waits for room', async () => {
    const { client, packets } = await connected();
    const writer = client.writable.getWriter();
    const written = expect(writer.write(new Uint8Array(4_000_000))).rejects.toThrow('enough');
    await turn();
    packets.length = 0;
    await writer.abort(new Error('enough'));
    await written;
    expect(packets).toEqual(['A R.']);
  });

  it('reader.cancel: later text is answered with a RST', async () => {
    const { client, server, packets } = await connected();
    await client.readable.cancel();
    await turn();
    expect(packets).toEqual([]);
    await server.writable.getWriter().write(text('late'));
    await turn();
    expect(packets).toEqual(['B P. 4', 'A R.']);
    await expect(client.closed).rejects.toMatchObject({ code: 'ECONNABORTED' });
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('reader.cancel with text unread: RST at once', async () => {
    const { client, server, packets } = await connected();
    await server.writable.getWriter().write(text('unread'));
    await turn();
    packets.length = 0;
    await client.readable.cancel();
    await turn();
    expect(packets).toEqual(['A R.']);
  });

  it('reader.cancel, then nothing but a FIN from the peer: no RST', async () => {
    const { client, server, packets } = await connected();
    await client.readable.cancel();
    await server.writable.close();
    await client.writable.close();
    await Promise.all([client.closed, server.closed]);
    expect(packets.join()).not.toContain('R');
  });

  it('the peer closes: readable ends after the last octet, and our FIN follows', async () => {
    const { client, server, packets } = await connected();
    const writer = server.writable.getWriter();
    void writer.write(text('last'));
    const finished = writer.close();
    await turn();
    expect(client.state).toBe('CLOSE-WAIT');
    expect(await readAll(client.readable)).toBe('last');
    await finished;
    await Promise.all([client.closed, server.closed]);
    expect(packets).toContain('A F.');
    const write = client.writable.getWriter().write(text('x'));
    await expect(write).rejects.toMatchObject({ code: 'EPIPE' });
  });

  it('the peer closes, nothing is unread and nobody reads: our FIN follows', async () => {
    const { client, server } = await connected();
    await server.writable.close();
    await Promise.all([client.closed, server.closed]);
    expect((await client.readable.getReader().read()).done).toBe(true);
  });

  it('the FIN that follows goes behind writes already given to the stream', async () => {
    const { client, server } = await connected({}, { sendBuffer: 65_536 }, { allowHalfOpen: true });
    const writer = client.writable.getWriter();
    const writes = [0, 1, 2, 3].map(() => writer.write(new Uint8Array(200_000)));
    await server.writable.close();
    expect((await client.readable.getReader().read()).done).toBe(true);
    let got = 0;
    for await (const chunk of server.readable as unknown as AsyncIterable<Uint8Array>) {
      got += chunk.length;
    }
    await Promise.all(writes);
    expect(got).toBe(800_000);
  });

  it('the peer closes and allowHalfOpen is set: writing goes on', async () => {
    const { client, server } = await connected({}, { allowHalfOpen: true });
    await server.writable.close();
    expect(await readAll(client.readable)).toBe('');
    const writer = client.writable.getWriter();
    await writer.write(text('still here'));
    void writer.close();
    expect(await readAll(server.readable)).toBe('still here');
    await Promise.all([client.closed, server.closed]);
  });

  it('socket.close with nothing unread: what is in the send buffer goes, then a FIN', async () => {
    const { client, server, packets } = await connected();
    await client.writable.getWriter().write(text('bye'));
    const read = client.readable.getReader().read();
    const closed = client.close();
    expect((await read).done).toBe(true);
    expect(await readAll(server.readable)).toBe('bye');
    await closed;
    await server.closed;
    expect(packets.join()).not.toContain('R');
    expect(client.close()).toBe(client.closed);
  });

  it('socket.close with text unread: RST', async () => {
    const { client, server, packets } = await connected();
    await server.writable.getWriter().write(text('unread'));
    await turn();
    packets.length = 0;
    await client.close();
    expect(packets).toEqual(['A R.']);
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('socket.close refuses what is not in the send buffer yet', async () => {
    const { client } = await connected();
    const write = client.writable.getWriter().write(new Uint8Array(4_000_000));
    const written = expect(write).rejects.toMatchObject({ code: 'EPIPE' });
    await turn();
    void client.close();
    await written;
  });

  it('socket.close, then text from the peer: RST', async () => {
    const { client, server, packets } = await connected({}, {}, { allowHalfOpen: true });
    await client.close();
    await server.writable.getWriter().write(text('late'));
    await turn();
    expect(packets.slice(-2)).toEqual(['B P. 4', 'A R.']);
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('await using: what was written arrives, what comes is drained, both close', async () => {
    const { client, server, packets } = await connected();
    await server.writable.getWriter().write(text('unread'));
    {
      await using socket = client;
      void socket.writable.getWriter().write(new Uint8Array(100_000));
      queueMicrotask(() => void readAll(server.readable));
    }
    expect(packets.join()).not.toContain('R');
    await server.closed;
  });

  it('RST in: both streams and closed fail, even if nobody reads', async () => {
    const { client, server } = await connected();
    server.reset();
    await expect(client.closed).rejects.toMatchObject({
      code: 'ECONNRESET',
      address: '10.0.0.2',
      port: 7,
      rfc: 'RFC 9293 §3.10.7.4, second',
    });
    await expect(client.readable.getReader().read()).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(client.writable.getWriter().closed).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNABORTED' });
  });

  it('SYN answered by RST: ECONNREFUSED', async () => {
    const { a } = await world();
    const socket = a.connect('10.0.0.2:81');
    await expect(socket.opened).rejects.toThrow(
      'connect ECONNREFUSED 10.0.0.2:81: A RST answered our SYN: the port is closed',
    );
    await expect(socket.closed).rejects.toMatchObject({ code: 'ECONNREFUSED', port: 81 });
    await expect(socket.readable.getReader().read()).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    await expect(socket.writable.getWriter().closed).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('SYN answered by nothing: ETIMEDOUT after the timeout', async () => {
    const { a, clock } = await world({ loss: '100%' });
    const socket = a.connect('10.0.0.2:7', { timeout: '5s' });
    await clock.run(4000);
    expect(await fate(socket.opened)).toBe('pending');
    await clock.run(1500);
    expect(await fate(socket.opened)).toBe('ETIMEDOUT');
    expect(await fate(socket.closed)).toBe('ETIMEDOUT');
  });

  it('SYN answered by ICMP: EHOSTUNREACH', async () => {
    const { a } = await world();
    const socket = a.connect('10.0.0.99:7');
    await expect(socket.opened).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
    await expect(socket.closed).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });

  it('a closed window: the write waits, probes go, and reading lets it through', async () => {
    const { client, server, clock, packets } = await connected({}, {}, { receiveBuffer: 65_536 });
    const size = 1_000_000;
    const written = client.writable.getWriter().write(new Uint8Array(size));
    await clock.run(5000);
    expect(await fate(written)).toBe('pending');
    expect(packets).toContain('A . 1');
    const reader = server.readable.getReader();
    let got = 0;
    const reading = (async () => {
      while (got < size) got += (await reader.read()).value!.length;
    })();
    await clock.runUntil(() => got === size, 10_000);
    await Promise.all([written, reading]);
  });
});

describe('the rest of a socket', () => {
  it('reads into the reader’s own array (BYOB)', async () => {
    const { client, server } = await connected();
    const reader = client.readable.getReader({ mode: 'byob' });
    const first = reader.read(new Uint8Array(3));
    await server.writable.getWriter().write(text('hello'));
    expect(string((await first).value)).toBe('hel');
    expect(string((await reader.read(new Uint8Array(100))).value)).toBe('lo');
    const last = reader.read(new Uint8Array(10));
    void server.close();
    expect((await last).done).toBe(true);
  });

  it('echoes through pipeTo', async () => {
    const { client, server } = await connected();
    const piped = server.readable.pipeTo(server.writable);
    const writer = client.writable.getWriter();
    const sent = (async () => {
      for (let i = 0; i < 100; i++) await writer.write(new Uint8Array(20_000).fill(i));
      await writer.close();
    })();
    let got = 0;
    let wrong = 0;
    for await (const chunk of client.readable as unknown as AsyncIterable<Uint8Array>) {
      for (const octet of chunk) wrong += Number(octet !== Math.floor(got++ / 20_000));
    }
    expect([got, wrong]).toEqual([2_000_000, 0]);
    await Promise.all([piped, sent, client.closed, server.closed]);
  });

  it('takes views and buffers of any kind, and nothing else', async () => {
    const { client, server } = await connected({}, { noDelay: true });
    const writer = client.writable.getWriter();
    const put = (chunk: unknown) => writer.write(chunk as Uint8Array);
    await put(text('a').buffer);
    await put(new DataView(text('xbx').buffer, 1, 1));
    await put(new Uint8Array());
    const reader = server.readable.getReader();
    let got = '';
    while (got.length < 2) got += string((await reader.read()).value);
    expect(got).toBe('ab');
    await expect(put('text')).rejects.toThrow(TypeError);
    await expect(client.closed).rejects.toThrow(TypeError);
    await expect(reader.read()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('has addresses, states, tcp_info, options', async () => {
    const { client, server } = await connected({ delay: 20 });
    const info = await client.opened;
    expect(info).toEqual({
      remoteAddress: '10.0.0.2:7',
      localAddress: `10.0.0.1:${client.localPort}`,
      alpn: null,
    });
    expect([client.remoteAddress, client.remotePort]).toEqual(['10.0.0.2', 7]);
    expect([server.localAddress, server.localPort]).toEqual(['10.0.0.2', 7]);
    expect(server.remotePort).toBe(client.localPort);
    expect([client.state, client.upgraded]).toEqual(['ESTABLISHED', false]);
    expect(client.info()).toMatchObject({ rtt: 40, sack: true, timestamps: true, noDelay: false });
    expect(client.setNoDelay().setKeepAlive(true, 1000).info()).toMatchObject({
      noDelay: true,
      timer: 'KEEP_ALIVE',
    });
    client.reset();
    expect([client.state, client.remotePort]).toEqual(['CLOSED', 7]);
  });

  it('speaks IPv6', async () => {
    const { a, b } = await world();
    const listener = b.listen({ port: 80, hostname: 'fd00::2' });
    const socket = a.connect({ hostname: 'fd00::2', port: 80 });
    expect((await socket.opened).remoteAddress).toBe('[fd00::2]:80');
    expect((await listener.accept()).localAddress).toBe('fd00::2');
  });
});
