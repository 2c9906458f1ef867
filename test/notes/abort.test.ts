/**
 * The notes on aborting: who may send a RST, what it leaves behind (never TIME-WAIT), and that the
 * application can tell one end from another.
 *
 * The ABORT call state by state stands in `../rfc9293/abort.test.ts`, RSTs that arrive in
 * `../rfc9293/arrives-others-rst.test.ts`.
 */
import { describe, expect, test } from 'vitest';
import { turn } from '../../host-web/clock.ts';
import type { Socket, SocketError, Stack } from '../../host-web/index.ts';
import {
  ack,
  Counter,
  data,
  encode,
  established,
  Option,
  rst,
  State,
  SYNCHRONIZED,
} from '../dsl/index.ts';
import { octetsOf } from '../dsl/stack.ts';
import { connected, fate, type Pair, string, text, world } from '../host/world.ts';

const PORT = 5000;

/** A RST from the middle of the network, to the stack that has the socket. */
function forge(stack: Stack, socket: Socket, seq: number): void {
  const packet = encode(rst({ seq: seq >>> 0 }), {
    source: octetsOf(socket.remoteAddress),
    destination: octetsOf(socket.localAddress),
    sourcePort: socket.remotePort,
    destinationPort: socket.localPort,
  });
  stack.refresh();
  stack.core.receiveWindow.set(packet);
  stack.core.input(packet.length, 0);
  stack.pump();
}

const timeWaits = ({ a, b }: Pair) =>
  [...a.sockets(), ...b.sockets()].filter(({ state }) => state === 'TIME-WAIT').length;

// Where RSTs come from -----------------------------------------------------------------------

describe('a reset leaves no TIME-WAIT: the same two sockets connect again at once', () => {
  const CAUSES: Record<string, (pair: Pair) => unknown> = {
    'linger 0: reset()': ({ client }) => client.reset(),
    'close with text unread': async ({ client, server }) => {
      await server.writable.getWriter().write(text('unread'));
      await turn();
      await client.close();
    },
    'the peer’s close with text unread': async ({ client, server }) => {
      await client.writable.getWriter().write(text('unread'));
      await turn();
      await server.close();
    },
    'text for a reader that is gone': async ({ client, server }) => {
      await client.readable.cancel();
      await server.writable.getWriter().write(text('late'));
    },
    'the peer’s reset()': ({ server }) => server.reset(),
    'an AbortSignal’s reason': ({ client }) => client.writable.abort(new Error('enough')),
    'a middlebox that knows the sequence number': ({ a, client }) =>
      forge(a, client, client.info().rcv_nxt),
    'an end by R2': async ({ client, network, clock }) => {
      await client.writable.getWriter().write(text('anybody?'));
      network.impair({ loss: '100%' });
      await clock.run(3_600_000);
      network.impair({});
    },
  };

  test.each(Object.entries(CAUSES))('%s', async (_name, cause) => {
    const pair = await connected({}, { localPort: PORT }, { allowHalfOpen: true });
    const { a, clock, client, server, listener } = pair;
    for (const socket of [client, server]) socket.closed.catch(() => {});
    await cause(pair);
    // A clock that stands still would give the same ISS again.
    await clock.run(10);
    expect(client.state).toBe('CLOSED');
    expect(timeWaits(pair)).toBe(0);
    const again = a.connect('10.0.0.2:7', { localPort: PORT });
    const accepted = listener.accept();
    // Where the peer has not heard of it, the SYN is what tells (RFC 9293, Figure 9).
    await clock.run(2000);
    expect((await again.opened).localAddress).toBe(`10.0.0.1:${PORT}`);
    await again.writable.getWriter().write(text('anew'));
    const reader = (await accepted).readable.getReader();
    expect(string((await reader.read()).value)).toBe('anew');
  });

  test('a process that dies: its stack tells every peer', async () => {
    const { b, a, server, client, packets } = await connected();
    const more = await Promise.all([1, 2, 3].map(() => a.connect('10.0.0.2:7').opened));
    packets.length = 0;
    const ends = [server.closed, client.closed].map((end) => end.catch(({ code }) => code));
    await b.close();
    await turn();
    expect(more).toHaveLength(3);
    expect(packets.filter((packet) => packet.startsWith('B R'))).toHaveLength(4);
    expect(await Promise.all(ends)).toEqual(['ECONNABORTED', 'ECONNRESET']);
    expect(a.sockets()).toEqual([]);
  });
});

test.each(
  Object.entries(SYNCHRONIZED).flatMap(([name, state]) =>
    (['ABORT', 'a RST', 'R2'] as const).map((end) => [end, name, state] as const),
  ),
)('%s in %s leaves neither a TCB nor TIME-WAIT', (end, _name, state) => {
  const { stack, listener, host, peer } = state({ set: [[Option.USER_TIMEOUT_MS, 5000]] });
  if (end === 'ABORT') host.abort();
  else if (end === 'a RST') peer.send(rst({ seq: peer.next }));
  else {
    host.write('unheard');
    host.release();
    stack.wait(100_000);
  }
  host.release();
  listener.release();
  stack.pump();
  expect(stack.used().slice(0, 3)).toEqual([0, 0, 0]);
});

// A middlebox that guesses -------------------------------------------------------------------

describe('a RST with a guessed sequence number', () => {
  test('one for every window of the sequence space: one challenge, and the text goes on', () => {
    const { stack, host, peer } = established();
    const step = 65_535;
    for (let i = 0; i * step <= 0xffff_ffff; i++) {
      stack.input(encode(rst({ seq: (peer.isn + 1000 + i * step) >>> 0 }), peer.flow));
      stack.pump();
    }
    peer.expect(ack({ seq: 1, ack: 1 }));
    expect(stack.counter(Counter.TcpExtTCPChallengeACK)).toBe(1);
    host.expect(State.ESTABLISHED);
    peer.send(data('unharmed', { seq: 1, ack: 1 }));
    expect(host.read()).toBe('unharmed');
  });

  test('guessed by a middlebox, between two stacks: challenged, and nobody replies', async () => {
    const { a, client, server, packets, clock } = await connected();
    forge(a, client, client.info().rcv_nxt + 1);
    await clock.run(100);
    expect(packets).toEqual(['A .']);
    await server.writable.getWriter().write(text('unharmed'));
    expect(string((await client.readable.getReader().read()).value)).toBe('unharmed');
  });

  test('outside the window it is not even answered', async () => {
    const { a, client, packets, clock } = await connected();
    forge(a, client, client.info().rcv_nxt - 1);
    forge(a, client, client.info().rcv_nxt + 100_000_000);
    await clock.run(100);
    expect(packets).toEqual([]);
    expect(client.state).toBe('ESTABLISHED');
  });
});

// What the application sees ------------------------------------------------------------------

/** What an end looks like from above. */
async function errorOf(promise: Promise<unknown>): Promise<SocketError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: SocketError) => error,
  );
}

const silence = async ({ network, clock }: Pick<Pair, 'network' | 'clock'>) => {
  network.impair({ loss: '100%' });
  await clock.run(3_600_000);
};

/** Each end, and the error the application is given. */
const ENDS: Record<string, [code: string, () => Promise<SocketError>]> = {
  'a RST from the peer': [
    'ECONNRESET',
    async () => {
      const { client, server } = await connected();
      server.reset();
      return errorOf(client.closed);
    },
  ],
  'a write behind our own FIN': [
    'EPIPE',
    async () => {
      const { client } = await connected();
      client.raw.close();
      const result = client.raw.send(text('x'));
      return client.raw.failure('write', result);
    },
  ],
  'a write after the peer has gone': [
    'EPIPE',
    async () => {
      const { client, server } = await connected();
      await server.close();
      await client.closed;
      return errorOf(client.writable.getWriter().write(text('x')));
    },
  ],
  'a closed port': [
    'ECONNREFUSED',
    async () => errorOf((await world()).a.connect('10.0.0.2:81').opened),
  ],
  'a SYN nobody answers': [
    'ETIMEDOUT',
    async () => {
      const w = await world();
      const socket = w.a.connect('10.0.0.2:7');
      const error = errorOf(socket.opened);
      socket.closed.catch(() => {});
      await silence(w);
      return error;
    },
  ],
  'text nobody acknowledges': [
    'ETIMEDOUT',
    async () => {
      const pair = await connected();
      void pair.client.writable.getWriter().write(text('x'));
      const error = errorOf(pair.client.closed);
      await silence(pair);
      return error;
    },
  ],
  'keep-alive nobody answers': [
    'ETIMEDOUT',
    async () => {
      const pair = await connected();
      const error = errorOf(pair.client.setKeepAlive(true, 1000).closed);
      await silence(pair);
      return error;
    },
  ],
  'our own reset()': [
    'ECONNABORTED',
    async () => {
      const { client } = await connected();
      client.reset();
      return errorOf(client.closed);
    },
  ],
  'accept() of a listener that is closed': [
    'ECONNABORTED',
    async () => {
      const { listener } = await connected();
      const error = errorOf(listener.accept());
      await listener.close();
      return error;
    },
  ],
  'a host that is not there': [
    'EHOSTUNREACH',
    async () => errorOf((await world()).a.connect('10.0.0.77:7').opened),
  ],
};

describe('what the application sees', () => {
  test.each(Object.entries(ENDS))('%s', async (_name, [code, end]) => {
    expect((await end()).code).toBe(code);
  });

  test('six codes, and a sentence of its own for each end', async () => {
    const errors = await Promise.all(Object.values(ENDS).map(([, end]) => end()));
    expect(new Set(errors.map(({ code }) => code)).size).toBe(6);
    const sentences = new Set(errors.map(({ reason }) => reason));
    // Two read alike twice: writes that come too late, and what R2 gave up.
    expect(sentences.size).toBe(errors.length - 2);
    expect([...sentences].every((sentence) => sentence.length > 10)).toBe(true);
  });

  test('a connection that died in the accept queue is not given to accept()', async () => {
    const { a, listener, clock } = await connected();
    const dead = a.connect('10.0.0.2:7');
    await dead.opened;
    expect(listener.info().acceptQueue).toBe(1);
    dead.closed.catch(() => {});
    dead.reset();
    await clock.run(10);
    expect(listener.info().acceptQueue).toBe(0);
    const accepted = listener.accept();
    expect(await fate(accepted)).toBe('pending');
    const live = a.connect('10.0.0.2:7');
    await live.opened;
    expect((await accepted).remotePort).toBe(live.localPort);
  });

  test('connections a closing listener had not accepted hear ECONNRESET', async () => {
    const { a, listener } = await connected();
    const waiting = [1, 2, 3].map(() => a.connect('10.0.0.2:7'));
    await Promise.all(waiting.map(({ opened }) => opened));
    const ends = waiting.map(({ closed }) => errorOf(closed));
    await listener.close();
    expect((await Promise.all(ends)).map(({ code }) => code)).toEqual(Array(3).fill('ECONNRESET'));
  });
});
