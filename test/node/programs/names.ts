/** Names and addresses: lookup, happy eyeballs, and the classes of addresses. */
import type { LookupFunction } from 'node:net';
import { attempt, HERE, type Programs, show, THERE, THERE6, until } from '../world.ts';

const ATTEMPTS = ['connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout'];
const EVENTS = ['lookup', ...ATTEMPTS, 'connect', 'ready', 'error', 'close'];
const NAME = 'name.example';

type Found = readonly (readonly [address: unknown, family: number])[];

/** A lookup that finds these. */
function finds(...found: Found): LookupFunction {
  const all = found.map(([address, family]) => ({ address: address as string, family }));
  return (_host, options, done) => {
    process.nextTick(() => {
      if (options.all === true) done(null, all);
      else done(null, all[0]!.address, all[0]!.family);
    });
  };
}

export const names: Programs = {
  'name: the lookup of a socket, of one address': async (w) => {
    await w.listen((socket) => socket.end());
    const lookup = finds([THERE, 4]);
    const client = w.connect({ host: NAME, lookup });
    w.hear('client', client.resume(), ...EVENTS);
    await until(client, 'close');
    const { autoSelectFamilyAttemptedAddresses: tried } = client;
    w.say('client', `${client.remoteAddress} ${tried}`);
  },

  'name: what a lookup is asked for': async (w) => {
    await w.listen((socket) => socket.end());
    for (const options of [{}, { family: 4 }, { autoSelectFamily: false }, { hints: 0 }]) {
      const asked: LookupFunction = (host, given, done) => {
        w.say('lookup', `${host} ${JSON.stringify(given)}`);
        finds([THERE, 4])(host, given, done);
      };
      const client = w.connect({ host: NAME, lookup: asked, ...options });
      await until(client.resume(), 'close');
    }
  },

  'name: happy eyeballs, the first of two is refused': async (w) => {
    await w.listen((socket) => socket.end());
    const client = w.connect({ host: NAME, lookup: finds([THERE6, 6], [THERE, 4]) });
    w.hear('client', client.resume(), ...EVENTS);
    client.write('kept');
    await until(client, 'close');
    const { autoSelectFamilyAttemptedAddresses: tried } = client;
    w.say(
      'client',
      `${client.remoteAddress} ${client.remoteFamily} ${tried} ${client.bytesWritten}`,
    );
  },

  'name: happy eyeballs, all are refused': async (w) => {
    const client = w.connect({ host: NAME, lookup: finds([THERE6, 6], [THERE, 4], [HERE, 4]) });
    w.hear('client', client, ...EVENTS);
    await until(client, 'close');
    w.say('client', `${client.autoSelectFamilyAttemptedAddresses}`);
  },

  'name: happy eyeballs, off and of one family': async (w) => {
    await w.listen((socket) => socket.end());
    const lookup = finds([THERE6, 6], [THERE, 4]);
    for (const options of [{ autoSelectFamily: false }, { family: 4 }]) {
      const client = w.connect({ host: NAME, lookup, ...options });
      w.hear('client', client.resume(), ...EVENTS);
      await until(client, 'close');
    }
  },

  'name: a lookup that fails, or finds what is no address': async (w) => {
    const failed = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const lookups: LookupFunction[] = [
      (_host, _options, done) => process.nextTick(() => done(failed, '')),
      finds(['nowhere', 4]),
      finds([THERE, 5]),
    ];
    for (const autoSelectFamily of [true, false]) {
      for (const lookup of lookups) {
        const client = w.connect({ host: NAME, lookup, autoSelectFamily });
        w.hear('client', client, ...EVENTS);
        await until(client, 'close');
      }
    }
  },

  'name: destroyed while it is looked up': async (w) => {
    await w.listen();
    const client = w.connect({ host: NAME, lookup: finds([THERE, 4]) });
    w.hear('client', client, ...EVENTS);
    client.destroy();
    await until(client, 'close');
  },

  'name: an address needs no lookup': async (w) => {
    await w.listen((socket) => socket.end());
    const lookup = () => w.say('lookup', 'asked');
    const client = w.connect({ lookup: lookup as never });
    w.hear('client', client.resume(), ...EVENTS);
    await until(client, 'close');
  },

  'name: the unspecified address is oneself': async (w) => {
    const server = w.server((socket) => {
      w.say('server', `${socket.remoteAddress} ${socket.localAddress}`);
      socket.end();
    });
    server.listen(w.port);
    await until(server, 'listening');
    // Who asks is the stack that listens.
    for (const host of ['0.0.0.0', '::', '127.0.0.1', '::1']) {
      const client = w.own(w.there.connect({ port: w.port, host })).resume();
      w.hear('client', client, 'connect', 'error');
      await until(client, 'close');
    }
  },

  'name: a blocklist': async (w) => {
    const list = new w.here.BlockList();
    list.addAddress(THERE);
    list.addRange('10.1.0.1', '10.1.0.9');
    list.addSubnet('fd00::', 64, 'ipv6');
    w.say('list', list.rules.join('; '));
    const asked = [THERE, HERE, '10.1.0.5', '10.1.0.10'].map((address) => list.check(address));
    w.say('list', [...asked, list.check(THERE6, 'ipv6')].join(' '));
    const { client } = await w.pair();
    w.say('list', String(list.check(client.remoteAddress!)));
    w.say(
      'list',
      attempt(() => list.addAddress('nowhere')),
    );
  },

  'name: socket addresses and the rest of the module': async (w) => {
    const { SocketAddress, isIP, isIPv4, isIPv6 } = w.here;
    const address = new SocketAddress({ address: THERE6, family: 'ipv6', port: 7, flowlabel: 1 });
    w.say('module', show(address));
    w.say('module', [isIP(THERE), isIP(THERE6), isIP('x'), isIPv4(THERE), isIPv6('x')].join(' '));
    w.say('module', String(w.here.getDefaultAutoSelectFamily()));
    w.say('module', String(typeof w.here.getDefaultAutoSelectFamilyAttemptTimeout()));
    w.say(
      'module',
      attempt(() => w.here.setDefaultAutoSelectFamily('x' as never)),
    );
    w.say(
      'module',
      Object.keys(w.here)
        .filter((key) => !OURS.has(key))
        .sort()
        .join(' '),
    );
  },
};

/** What `netcell/net` has besides. */
const OURS = new Set([
  'serve',
  'agent',
  'endConnections',
  '_createServerHandle',
  '_setSimultaneousAccepts',
  '_normalizeArgs',
]);
