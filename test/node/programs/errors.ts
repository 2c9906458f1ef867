/** Errors of connecting, reading and writing, each with its code, its words and what follows. */
import type { Socket } from 'node:net';
import { attempt, HERE, type Programs, show, THERE, THERE6, turn, until } from '../world.ts';

const EVENTS = ['connect', 'end', 'error', 'close'];

export const errors: Programs = {
  'error: nobody listens': async (w) => {
    for (const options of [{}, { host: THERE6 }, { localAddress: HERE }]) {
      const client = w.connect(options);
      w.hear('client', client, ...EVENTS);
      await until(client, 'close');
      w.say('client', `${client.connecting} ${client.destroyed} ${client.readyState}`);
    }
  },

  'error: nobody listens, and something was written': async (w) => {
    const client = w.connect();
    w.hear('client', client, ...EVENTS, 'finish');
    client.write('first', (error) => w.say('client', `first ${show(error)}`));
    client.end('second', () => w.say('client', 'end'));
    await until(client, 'close');
    await turn();
  },

  'error: a local address that is not its own': async (w) => {
    await w.listen();
    for (const localAddress of ['10.0.0.77', 'fd00::77']) {
      const host = localAddress.includes(':') ? THERE6 : THERE;
      const client = w.connect({ localAddress, host });
      w.hear('client', client, ...EVENTS);
      await until(client, 'close');
    }
  },

  'error: a local port that is in use': async (w) => {
    await w.listen();
    const options = { localAddress: HERE, localPort: w.port + 1 };
    const first = w.connect(options);
    w.hear('first', first, ...EVENTS);
    await until(first, 'connect');
    w.say('first', `${first.localAddress} ${first.localPort}`);
    const second = w.connect(options);
    w.hear('second', second, ...EVENTS);
    await until(second, 'close');
  },

  'error: a reset while it reads': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client.resume(), ...EVENTS);
    server.resetAndDestroy();
    await until(client, 'close');
    w.say('client', `${client.readableAborted} ${client.errored !== null}`);
  },

  'error: what had arrived before a reset is read': async (w) => {
    const listener = await w.listen();
    const client = w.connect().pause();
    const [server] = (await until(listener, 'connection')) as [Socket];
    await new Promise((resolve) => server.write('before', resolve));
    await turn(3);
    server.resetAndDestroy();
    await turn(3);
    // What follows is libuv's: it takes the reset behind a short read for an end, until Node 22.
    w.hear('client', client, 'data');
    client.on('error', () => {}).resume();
    await until(client, 'close');
  },

  'error: an end that had arrived before a reset is an end': async (w) => {
    const listener = await w.listen({ allowHalfOpen: true, pauseOnConnect: true });
    const client = w.connect().pause();
    const [server] = (await until(listener, 'connection')) as [Socket];
    await new Promise<void>((resolve) => server.end('before', resolve));
    await turn(3);
    // What the server has not read makes a reset of its close.
    client.write('unread');
    await turn(3);
    server.destroy();
    await turn(3);
    w.hear('client', client, 'data', ...EVENTS);
    client.resume();
    await until(client, 'close');
  },

  'error: a reset while nobody reads, then a write': async (w) => {
    const { client, server } = await w.pair();
    client.pause();
    w.hear('client', client, ...EVENTS);
    await turn();
    server.resetAndDestroy();
    await until(client, 'close');
    client.write('late', (error) => w.say('client', `callback ${show(error)}`));
    await turn();
  },

  'error: a write to a peer that has closed': async (w) => {
    const { client, server } = await w.pair({ allowHalfOpen: true });
    w.hear('client', client.resume(), ...EVENTS);
    server.destroy();
    await until(client, 'end');
    client.write('first', (error) => w.say('client', `first ${show(error)}`));
    await turn(5);
    if (!client.destroyed) {
      client.write('second', (error) => w.say('client', `second ${show(error)}`));
      await until(client, 'close');
    }
  },

  'error: writes that wait when the peer resets': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client, ...EVENTS);
    server.pause();
    client.write(Buffer.alloc(20_000_000), (error) => w.say('client', `write ${error?.name}`));
    client.write('next', (error) => w.say('client', `next ${error?.name}`));
    await turn();
    server.resetAndDestroy();
    await until(client, 'close');
    await turn();
  },

  'error: writes that wait when it is destroyed': async (w) => {
    const { client } = await w.pair();
    w.hear('client', client, ...EVENTS);
    client.write(Buffer.alloc(20_000_000), (error) => w.say('client', `write ${show(error)}`));
    client.write('next', (error) => w.say('client', `next ${show(error)}`));
    client.end(() => w.say('client', 'end'));
    await turn();
    client.destroy();
    await until(client, 'close');
    await turn();
  },

  'error: a write after end, and after destroy': async (w) => {
    const { client, server } = await w.pair();
    server.resume();
    w.hear('client', client, ...EVENTS);
    client.end();
    client.write('after end', (error) => w.say('client', `callback ${show(error)}`));
    await until(client, 'close');
    client.write('after destroy', (error) => w.say('client', `callback ${show(error)}`));
    client.end('and end', () => w.say('client', 'end'));
    await turn();
  },

  'error: a write without a connection': async (w) => {
    const client = w.own(new w.here.Socket());
    w.hear('client', client, ...EVENTS);
    client.write('nowhere', (error) => w.say('client', `callback ${show(error)}`));
    await turn();
    w.say('client', `${client.destroyed} ${client.readyState}`);
  },

  'error: destroyed before it is connected, with a write': async (w) => {
    await w.listen();
    const client = w.connect();
    w.hear('client', client, ...EVENTS);
    client.write('early', (error) => w.say('client', `callback ${show(error)}`));
    client.destroy();
    await until(client, 'close');
    await turn();
  },

  'error: values that write refuses': async (w) => {
    const { client } = await w.pair();
    w.hear('client', client, ...EVENTS);
    for (const value of [1, null, undefined, true, [], {}]) {
      w.say('client', `${show(value)}: ${attempt(() => client.write(value as never))}`);
    }
    w.say(
      'client',
      attempt(() => client.write('x', 'wrong' as never)),
    );
  },

  'error: arguments that connect refuses': async (w) => {
    const wrong: unknown[] = [
      {},
      { port: -1 },
      { port: 65_536 },
      { port: 'x' },
      { port: 1.5 },
      { port: 1, host: 7 },
      { port: 1, localAddress: 'here' },
      { port: 1, localPort: 'x' },
      { port: 1, host: THERE, lookup: 'x' },
      { port: 1, hints: 2 ** 30, host: 'name.example' },
      { port: 1, host: THERE, autoSelectFamily: 'x' },
      { port: 1, host: THERE, autoSelectFamilyAttemptTimeout: -1 },
      { port: 1, host: THERE, keepAliveInitialDelay: 'x' },
      undefined,
    ];
    for (const options of wrong) {
      const connecting = () => void w.own(w.here.connect(options as never)).on('error', () => {});
      w.say('client', `${show(options)}: ${attempt(connecting)}`);
    }
    w.say(
      'client',
      attempt(() => new w.here.Socket({ onread: { buffer: 7 } } as never)),
    );
    w.say(
      'client',
      attempt(() => new w.here.Socket({ signal: 'x' } as never)),
    );
    w.say(
      'client',
      attempt(() => w.own(new w.here.Socket()).setTimeout('x' as never)),
    );
    w.say(
      'client',
      attempt(() => w.own(new w.here.Socket()).setTimeout(1, 'x' as never)),
    );
    w.say(
      'client',
      attempt(() => w.own(new w.here.Socket()).setEncoding('x' as never)),
    );
  },
};
