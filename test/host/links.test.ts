/**
 * Links: the pipe, the simulated network, what is said by rules and by netem's words, streams, the
 * tap.
 */
import { describe, expect, it } from 'vitest';
import { createStack, pipe, VirtualClock } from '../../host-web/index.ts';
import { turn } from '../../host-web/clock.ts';
import { parseNetem, settle } from '../../host-web/link/netem.ts';
import { Random } from '../../host-web/link/random.ts';
import { drop, impaired, type PacketView, when } from '../../host-web/sim/index.ts';
import { coreModule } from '../core-module.ts';
import { connected, fate, readAll, text, world } from './world.ts';

async function two(clock = new VirtualClock()) {
  const stack = (host: number) =>
    createStack({
      address: `10.0.0.${host}/24`,
      clock,
      module: coreModule,
      seed: new Uint8Array(32).fill(host),
    });
  return { clock, a: await stack(1), b: await stack(2) };
}

describe('a pipe', () => {
  it('carries a handshake within one pump', async () => {
    const { clock, a, b } = await two();
    const [one, other] = pipe();
    a.attach(one);
    b.attach(other);
    b.listen({ port: 7 });
    const socket = a.connect('10.0.0.2:7');
    clock.advance(0);
    expect(socket.state).toBe('ESTABLISHED');
  });

  it('carries packets up to its MTU, 64 KiB too', async () => {
    const { clock, a, b } = await two();
    const [one, other] = pipe(65_535);
    a.attach(one);
    b.attach(other);
    const listener = b.openListener({ port: 7 });
    const raw = a.openConnection('10.0.0.2:7', { sendBuffer: '300k' });
    clock.advance(0);
    const server = listener.accept()!;
    expect(raw.info().snd_mss).toBe(65_483);
    const sent = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7 + (i >> 8));
    expect(raw.send(sent)).toBe(300_000);
    const got = new Uint8Array(300_000);
    for (let at = 0; at < got.length; ) {
      const n = server.receive(got.subarray(at));
      if (n === 0) clock.advance(10);
      else at += n;
    }
    expect(got).toEqual(sent);
  });

  it('whose end is gone loses packets; the stack can be given another link', async () => {
    const { clock, a, b } = await two();
    const [one, other] = pipe();
    const detach = a.attach(one);
    b.attach(other);
    expect(() => a.attach(pipe()[0])).toThrow('a link already');
    detach();
    detach();
    b.connect('10.0.0.1:7');
    clock.advance(100);
    const [third, fourth] = pipe();
    a.attach(third);
    const c = await createStack({ address: '10.0.0.3/24', clock, module: coreModule });
    c.attach(fourth);
    const reply = a.ping('10.0.0.3');
    await clock.run(10);
    expect(await fate(reply)).toBe('fulfilled');
  });
});

describe('a simulated network', () => {
  it('delays by what it is told, in each direction', async () => {
    const { a, clock } = await world({ delay: '20ms', b: { delay: 5 } });
    const reply = a.ping('10.0.0.2');
    await clock.run(1000);
    expect((await reply).time).toBe(25);
  });

  it('is a line of a rate: packets take their time one behind the other', async () => {
    const { a, clock } = await world({ rate: '1mbit' });
    const replies = [1, 2].map(() => a.ping('10.0.0.2', { size: 972 }));
    await clock.run(1000);
    // 1000 octets take 8 ms there, and 8 ms back.
    expect((await Promise.all(replies)).map(({ time }) => time)).toEqual([16, 24]);
  });

  it('has a queue of so many packets', async () => {
    const { a, clock, packets } = await world({ rate: '1mbit', limit: 3 });
    const replies = [1, 2, 3, 4, 5].map(() => a.ping('10.0.0.2', { timeout: 500 }));
    for (const reply of replies) reply.catch(() => {});
    await clock.run(1000);
    expect(packets.filter((line) => line.includes('refused'))).toHaveLength(2);
    expect(await fate(replies[4]!)).toBe('ETIMEDOUT');
  });

  it('loses, duplicates, reorders and damages; TCP does not mind', async () => {
    const { client, server, clock, packets } = await connected({
      delay: '10ms',
      jitter: '5ms',
      loss: '3%',
      duplicate: '3%',
      reorder: '5%',
      corrupt: '3%',
      seed: 11,
    });
    const sent = Uint8Array.from({ length: 400_000 }, (_, i) => (i * 31) >> 3);
    const writer = client.writable.getWriter();
    void writer.write(sent);
    writer.close().catch(() => {});
    let all: number[] = [];
    const reading = (async () => {
      for await (const chunk of server.readable as unknown as AsyncIterable<Uint8Array>) {
        all = all.concat(...chunk);
      }
    })();
    await clock.run(600_000);
    await reading;
    expect(Uint8Array.from(all)).toEqual(sent);
    for (const what of ['lost', 'duplicated', 'corrupted']) {
      expect(
        packets.some((line) => line.endsWith(what)),
        what,
      ).toBe(true);
    }
  });

  it('gives the same packets for the same seed, and others for another', async () => {
    const run = async (seed: number) => {
      const { client, server, packets, clock } = await connected({ delay: 5, loss: '5%', seed });
      void client.writable.getWriter().write(new Uint8Array(100_000));
      void readAll(server.readable);
      await clock.run(20_000);
      return packets.join('\n');
    };
    const [first, again, other] = [await run(5), await run(5), await run(6)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('works on the real clock', async () => {
    const { link } = await import('../../host-web/sim/index.ts');
    const a = await createStack({ address: '10.0.0.1/24', module: coreModule });
    const b = await createStack({ address: '10.0.0.2/24', module: coreModule });
    const network = link(a, b, { delay: '5ms' });
    const { time } = await a.ping('10.0.0.2');
    expect(time).toBeGreaterThanOrEqual(10);
    network.close();
    await Promise.all([a.close(), b.close()]);
  });

  it('can be changed while it works', async () => {
    const { a, clock, network } = await world();
    const time = async () => {
      const reply = a.ping('10.0.0.2', { timeout: 1000 });
      reply.catch(() => {});
      await clock.run(2000);
      return reply.then(
        (answer) => answer.time,
        (error: { code: string }) => error.code,
      );
    };
    expect(await time()).toBe(0);
    network.impair({ delay: 10 });
    expect(await time()).toBe(20);
    network.impair({ delay: 30 }, 'A');
    expect(await time()).toBe(40);
    const remove = network.rule((packet) => (packet.from === 'B' ? 'drop' : undefined));
    expect(await time()).toBe('ETIMEDOUT');
    remove();
    expect(await time()).toBe(40);
  });
});

describe('a rule', () => {
  it('drops A’s seventh data segment, and fast retransmission mends it', async () => {
    const { client, server, clock, packets, a } = await connected({
      delay: 50,
      rate: '10mbit',
      rules: [drop('A.data#7')],
    });
    void client.writable.getWriter().write(new Uint8Array(200_000));
    const got = readAll(server.readable);
    await clock.run(3000);
    expect(packets.filter((line) => line.endsWith('dropped'))).toEqual(['A . 1448 dropped']);
    expect(a.counters()).toMatchObject({ TcpExtTCPSackRecovery: 1n, TcpExtTCPTimeouts: 0n });
    void client.close();
    await clock.run(1000);
    expect((await got).length).toBe(200_000);
  });

  it('sees the segment', async () => {
    const line = (p: PacketView) =>
      `${p.from}${p.index} [${p.flags}] ` +
      `${p.seq}:${p.seq + p.textLength} ack ${p.ack} #${p.dataIndex}`;
    const seen: string[] = [];
    const { client, server, clock } = await connected({
      rules: [
        (packet) => {
          seen.push(line(packet));
          return undefined;
        },
      ],
    });
    await client.writable.getWriter().write(text('hello'));
    await clock.run(100);
    server.reset();
    await clock.run(100);
    expect(seen).toEqual([
      'A1 [S] 0:0 ack 0 #0',
      'B1 [S.] 0:0 ack 1 #0',
      'A2 [.] 1:1 ack 1 #0',
      'A3 [P.] 1:6 ack 1 #1',
      'B2 [.] 1:1 ack 6 #0',
      'B3 [R.] 1:1 ack 6 #0',
    ]);
  });

  it('delays, duplicates and damages by name', async () => {
    const { a, clock, packets } = await world({
      delay: 1,
      rules: [
        when('A.any#1', { delay: '1s' }),
        when('A.any#2', 'duplicate'),
        when('A.any#3', 'corrupt'),
      ],
    });
    const replies = [1, 2, 3, 4].map(() => a.ping('10.0.0.2', { timeout: '5s' }));
    for (const reply of replies) reply.catch(() => {});
    await clock.run(10_000);
    expect((await replies[0]!).time).toBe(1002);
    expect((await replies[1]!).time).toBe(2);
    expect((await replies[3]!).time).toBe(2);
    expect(packets.slice(0, 4)).toEqual(['A  delayed', 'A  duplicated', 'A  corrupted', 'A ']);
    expect(() => when('A.dates#1', 'drop')).toThrow(RangeError);
    await expect(world({ rules: [when('C.data#1', 'drop')] })).rejects.toThrow(RangeError);
    expect(() => when('A.data#1', { delay: 'long' })).toThrow(RangeError);
  });
});

describe('marks of congestion', () => {
  /** 200,000 octets from A, which asks for ECN. */
  const transfer = async (options: Parameters<typeof world>[0], remote = '10.0.0.2') => {
    const w = await world({ delay: 10, rate: '10mbit', ...options });
    w.a.set('tcp_ecn', 1);
    const listener = w.b.listen({ port: 7 });
    const client = w.a.connect(`${remote.includes(':') ? `[${remote}]` : remote}:7`);
    const got = listener.accept().then((server) => readAll(server.readable));
    void client.writable.getWriter().write(new Uint8Array(200_000));
    await w.clock.run(5000);
    const info = client.info();
    void client.close();
    await w.clock.run(5000);
    expect((await got).length).toBe(200_000);
    return { ...w, info };
  };

  it.each(['10.0.0.2', 'fd00::2'])(
    'one to %s slows its sender down, and nothing is lost',
    async (to) => {
      const { info, packets, a, b } = await transfer({ rules: [when('A.data#20', 'mark')] }, to);
      expect(packets.filter((line) => line.endsWith('marked'))).toHaveLength(1);
      expect(info).toMatchObject({ ecn: true, ecnseen: false, total_retrans: 0 });
      expect(info.ssthresh).toBeLessThan(0x7fff_ffff);
      // Each side has told the other: ECE until CWR.
      expect(packets.some((line) => line.startsWith('B .E'))).toBe(true);
      expect(packets.filter((line) => /^A P?\.W/.test(line))).toHaveLength(1);
      expect(b.counters()).toMatchObject({ IpExtInCEPkts: 1n, IpInCsumErrors: 0n });
      expect(a.counters()['TcpExtTCPDeliveredCE']).toBeGreaterThan(0n);
    },
  );

  it('netem’s ecn marks what it would lose, where that says anything', async () => {
    const { info, packets } = await transfer({ a: { loss: '4%', ecn: true }, seed: 3 });
    expect(packets.filter((line) => line.endsWith('marked')).length).toBeGreaterThan(2);
    expect(info.total_retrans).toBe(0);
    const plain = await connected({ loss: 1, ecn: true, a: { loss: 0 } }).catch(() => 'lost');
    expect(plain).toBe('lost');
  });

  it('pass by what is not ECN-capable', async () => {
    const { a, clock, packets } = await world({ rules: [when('A.any', 'mark')] });
    const reply = a.ping('10.0.0.2');
    await clock.run(100);
    expect(await fate(reply)).toBe('fulfilled');
    expect(packets).toEqual(['A ', 'B ']);
  });
});

describe('netem’s words', () => {
  it('are understood', () => {
    const line = 'delay 40ms 10ms loss random 1% reorder 0.5% rate 10mbit limit 50';
    expect(settle(parseNetem(line))).toEqual({
      delay: 40,
      jitter: 10,
      loss: 0.01,
      ecn: false,
      duplicate: 0,
      reorder: 0.005,
      corrupt: 0,
      rate: 1e7,
      limit: 50,
    });
    expect(settle(parseNetem('delay 1.5s duplicate 2% corrupt 0.1% rate 64kbps'))).toMatchObject({
      delay: 1500,
      duplicate: 0.02,
      corrupt: 0.001,
      rate: 512_000,
    });
    expect(parseNetem('loss 1% ecn delay 3ms')).toEqual({ loss: '1%', ecn: true, delay: '3ms' });
    expect(parseNetem('')).toEqual({});
  });

  it('are refused where they make no sense', () => {
    for (const line of [
      'delay',
      'delay fast',
      'loss 101%',
      'rate 10',
      'colour 1',
      'limit 0',
      'delay 1lightyear',
    ]) {
      expect(() => parseNetem(line), line).toThrow(RangeError);
    }
    expect(() => settle({ loss: 2 })).toThrow(RangeError);
    expect(() => settle({ delay: -1 })).toThrow(RangeError);
    expect(() => settle({ rate: 0 })).toThrow(RangeError);
  });
});

describe('the generator', () => {
  it('is even enough, and the same for the same seed', () => {
    const random = new Random(42);
    const counts = Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) counts[random.below(16)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    const one = new Random(7);
    const other = new Random(7);
    expect([one.next(), one.next()]).toEqual([other.next(), other.next()]);
    expect([one.chance(0), one.chance(1)]).toEqual([false, true]);
  });
});

describe('links around links', () => {
  it('impaired: the way out and the way in of any link', async () => {
    const { clock, a, b } = await two();
    const [one, other] = pipe();
    const link = impaired(one, { clock, delay: 10, b: { delay: 30 } });
    a.attach(link);
    b.attach(other);
    const reply = a.ping('10.0.0.2');
    await clock.run(1000);
    expect((await reply).time).toBe(40);
    link.impair({ loss: 1 }, 'A');
    const lost = a.ping('10.0.0.2', { timeout: 100 });
    lost.catch(() => {});
    await clock.run(1000);
    expect(await fate(lost)).toBe('ETIMEDOUT');
    await a.close();
  });

  it('streams of packets', async () => {
    const { clock, a, b } = await two();
    const [out, back] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()];
    a.attach({ readable: back.readable, writable: out.writable });
    b.attach({ readable: out.readable, writable: back.writable, mtu: 1400 });
    const listener = b.listen({ port: 7 });
    const socket = a.connect('10.0.0.2:7');
    await clock.runUntil(() => socket.state === 'ESTABLISHED');
    expect(socket.info().snd_mss).toBe(1348);
    const server = await listener.accept();
    void socket.writable.getWriter().write(text('over streams'));
    void socket.close();
    const all = readAll(server.readable);
    await clock.run(1000);
    expect(await all).toBe('over streams');
    await a.close();
    await turn();
    await b.close();
  });

  it('streams of packets that are longer than the link says lose them', async () => {
    const { clock, a } = await two();
    const { readable, writable } = new TransformStream<Uint8Array>();
    a.attach({ readable, writable: new WritableStream(), mtu: 1400 });
    const writer = writable.getWriter();
    for (const length of [1401, 1400, 65_600, 70_000, 0]) {
      await writer.write(new Uint8Array(length).fill(0x45));
    }
    await clock.run(10);
    expect(a.counters()['IpInReceives']).toBe(1n);
  });
});
