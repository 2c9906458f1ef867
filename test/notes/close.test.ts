/**
 * The notes on closing, between two stacks: each segment of the farewell lost in turn, half of a
 * connection open for as long as somebody likes, and who waits for what.
 *
 * The calls and segments one by one stand in `../rfc9293/close.test.ts`.
 */
import { describe, expect, test } from 'vitest';
import { drop } from '../../host-web/sim/index.ts';
import { turn } from '../../host-web/clock.ts';
import { ack, closeWait, data, fin, finWait1, Setting, State } from '../dsl/index.ts';
import { connected, fate, type Pair, readAll, string, text } from '../host/world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const states = ({ a, b }: Pair) =>
  [a, b].map(
    (stack) =>
      stack
        .sockets()
        .map(({ state }) => state)
        .find((state) => state !== 'LISTEN') ?? 'CLOSED',
  );

describe('a normal end', () => {
  test('in four segments: the peer closes in its own time', async () => {
    const pair = await connected({ delay: 10 }, {}, { allowHalfOpen: true });
    const { client, server, clock, packets } = pair;
    void client.writable.close();
    await clock.run(500);
    expect(states(pair)).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
    void server.writable.close();
    await clock.run(500);
    expect(packets).toEqual(['A F.', 'B .', 'B F.', 'A .']);
    expect(states(pair)).toEqual(['TIME-WAIT', 'CLOSED']);
    await Promise.all([client.closed, server.closed]);
  });

  test('in three segments: the peer closes as soon as it hears of it', async () => {
    const pair = await connected({ delay: 10 });
    const { client, server, clock, packets } = pair;
    void client.writable.close();
    await clock.run(500);
    expect(packets).toEqual(['A F.', 'B F.', 'A .']);
    expect(states(pair)).toEqual(['TIME-WAIT', 'CLOSED']);
    await Promise.all([client.closed, server.closed]);
  });

  test('in three segments with the last text: FIN, text with FIN, ACK', async () => {
    const pair = await connected({ delay: 10 }, {}, { allowHalfOpen: true });
    const { client, server, clock, packets } = pair;
    const { raw } = server;
    raw.onEnd = () => {
      raw.send(text('goodbye'));
      raw.close();
    };
    void client.writable.close();
    const last = readAll(client.readable);
    await clock.run(500);
    expect(await last).toBe('goodbye');
    expect(packets).toEqual(['A F.', 'B FP. 7', 'A .']);
  });
});

// Loss ---------------------------------------------------------------------------------------

describe('a lost segment of the farewell is made good', () => {
  const LOST = [
    ['our FIN', 'A.fin#1'],
    ['the ACK of our FIN', 'B.ack#1'],
    ['the peer’s FIN', 'B.fin#1'],
    ['the last ACK', 'A.ack#2'],
  ] as const;

  test.each(LOST)('%s', async (_name, pattern) => {
    const pair = await connected({ delay: 10 }, {}, { allowHalfOpen: true });
    const { client, server, clock, network, packets } = pair;
    network.rule(drop(pattern));
    const closes = [client.writable.close()];
    await clock.run(3000);
    expect(states(pair)).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
    closes.push(server.writable.close());
    await clock.run(3000);
    expect(await Promise.all([...closes, client.closed, server.closed].map(fate))).toEqual(
      Array(4).fill('fulfilled'),
    );
    expect(packets.filter((packet) => packet.endsWith('dropped'))).toHaveLength(1);
    expect(packets.join()).not.toContain('R');
    expect(states(pair)).toEqual(['TIME-WAIT', 'CLOSED']);
    await clock.run(60_000);
    expect(states(pair)).toEqual(['CLOSED', 'CLOSED']);
  });

  test('a fifth of all of them, both sides at once, forty seeds', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const pair = await connected({ delay: 10, seed }, {}, { allowHalfOpen: true });
      pair.network.impair({ delay: 10, loss: '20%' });
      void pair.client.writable.close();
      void pair.server.writable.close();
      await pair.clock.run(10 * 60_000);
      expect(states(pair)).toEqual(['CLOSED', 'CLOSED']);
      expect([await fate(pair.client.closed), await fate(pair.server.closed)]).toEqual([
        'fulfilled',
        'fulfilled',
      ]);
    }
  });
});

// Half-close ---------------------------------------------------------------------------------

describe('half of a connection', () => {
  test.each(['client', 'server'] as const)(
    'the %s has closed and receives for ten hours what the other goes on to send',
    async (first) => {
      const halfOpen = { allowHalfOpen: true };
      const pair = await connected({ delay: 20 }, halfOpen, halfOpen);
      const { clock } = pair;
      const [quiet, talker] =
        first === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
      const reader = quiet.readable.getReader();
      const writer = talker.writable.getWriter();
      let heard = '';
      const reading = (async () => {
        for (let r = await reader.read(); !r.done; r = await reader.read())
          heard += string(r.value);
      })();
      void quiet.writable.close();
      for (let minute = 0; minute < 600; minute++) {
        await writer.write(text(`${minute} `));
        await clock.run(60_000);
      }
      expect([quiet.state, talker.state]).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
      void writer.close();
      await clock.run(1000);
      await Promise.all([reading, quiet.closed, talker.closed]);
      expect(heard.trim().split(' ')).toHaveLength(600);
    },
  );
});

test('closed with much still to send: text flows both ways for seven hours', async () => {
  const pair = await connected(
    { delay: 20 },
    { allowHalfOpen: true, sendBuffer: '512k' },
    { allowHalfOpen: true, receiveBuffer: 8000 },
  );
  const { client, server, clock } = pair;
  const TOTAL = 420_000;
  const out = client.writable.getWriter();
  void out.write(new Uint8Array(TOTAL).fill(7));
  void out.close();
  const answers = readAll(client.readable);
  const reader = server.readable.getReader({ mode: 'byob' });
  const writer = server.writable.getWriter();
  let got = 0;
  let minutes = 0;
  for (let isDone = false; !isDone; ) {
    await writer.write(text('.'));
    await clock.run(60_000);
    minutes++;
    // Our FIN stands behind text the peer has no room for.
    if (got < TOTAL - 10_000) expect(client.state).toBe('FIN-WAIT-1');
    const { value, done } = await reader.read(new Uint8Array(1000));
    got += value?.length ?? 0;
    isDone = done;
  }
  expect(got).toBe(TOTAL);
  expect(minutes).toBeGreaterThan(420);
  void writer.close();
  await clock.run(1000);
  expect(await answers).toBe('.'.repeat(minutes));
  await Promise.all([client.closed, server.closed]);
});

describe('FIN-WAIT-2 of a connection nobody holds any more', () => {
  test.each([
    [undefined, 60_000],
    [5000, 5000],
    ['10min', 600_000],
  ])('set to %s: the record goes after %i ms; the peer then hears a RST', async (set, lasts) => {
    const ours = set === undefined ? {} : { finTimeout: set };
    const pair = await connected({}, ours, { allowHalfOpen: true });
    const { client, server, clock, packets } = pair;
    await client.close();
    await clock.run(lasts - 1);
    expect(states(pair)).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
    await clock.run(1);
    expect(states(pair)).toEqual(['CLOSED', 'CLOSE-WAIT']);
    await server.writable.getWriter().write(text('anybody?'));
    await turn();
    expect(packets.slice(-2)).toEqual(['B P. 8', 'A R']);
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('the peer’s FIN within that time ends it properly, in TIME-WAIT', async () => {
    const pair = await connected({}, {}, { allowHalfOpen: true });
    await pair.client.close();
    await pair.clock.run(59_000);
    await pair.server.writable.close();
    expect(states(pair)).toEqual(['TIME-WAIT', 'CLOSED']);
    await pair.server.closed;
  });
});

// Whoever forgets to close -------------------------------------------------------------------

describe('CLOSE-WAIT', () => {
  test('lasts for as long as the application forgets: thirty days, and no timer runs', () => {
    const { stack, host, peer } = closeWait();
    expect(stack.deadline()).toBe(Number.POSITIVE_INFINITY);
    for (let day = 0; day < 30; day++) {
      host.wait(DAY);
      host.expect(State.CLOSE_WAIT);
    }
    peer.expectNothing();
    expect(stack.records().map(({ state }) => state)).toContain(State.CLOSE_WAIT);
    host.write('late');
    peer.expect(data('late', { seq: 1, ack: 2 }));
    peer.send(ack({ seq: 2, ack: 5 }));
    host.close();
    peer.expect(fin({ seq: 5, ack: 2 }));
    peer.send(ack({ seq: 2, ack: 6 }));
    host.expect(State.CLOSED);
  });

  test('is what sockets() shows of it, one for each that was forgotten', async () => {
    const pair = await connected({}, {}, { allowHalfOpen: true });
    const { a, b, clock, listener } = pair;
    for (let i = 0; i < 9; i++) {
      const socket = a.connect('10.0.0.2:7');
      await Promise.all([socket.opened, listener.accept()]);
      await socket.writable.close();
    }
    await pair.client.writable.close();
    await clock.run(7 * DAY);
    const forgotten = b.sockets().filter(({ state }) => state === 'CLOSE-WAIT');
    expect(forgotten).toHaveLength(10);
    expect(forgotten.every(({ timer }) => timer === null)).toBe(true);
  });

  test('whose peer has gone meanwhile: a RST answers its FIN: no normal end', async () => {
    const pair = await connected({}, {}, { allowHalfOpen: true });
    await pair.client.close();
    await pair.clock.run(2 * DAY);
    expect(states(pair)).toEqual(['CLOSED', 'CLOSE-WAIT']);
    // Nobody has acknowledged the FIN, nor knows whether what lies before it was read.
    expect(await fate(pair.server.writable.close())).toBe('ECONNRESET');
    expect(states(pair)).toEqual(['CLOSED', 'CLOSED']);
    expect(pair.packets).toEqual(['A F.', 'B .', 'B F.', 'A R']);
  });
});

test('a FIN nobody acknowledges is given up; nothing is left, not even TIME-WAIT', () => {
  const { stack, host, peer } = finWait1({ settings: { [Setting.TIME_WAIT_MS]: HOUR } });
  host.release();
  stack.wait(301_000);
  expect(peer.take().length).toBeGreaterThan(5);
  expect(stack.used().slice(0, 3)).toEqual([1, 0, 0]);
});
