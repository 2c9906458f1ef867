/**
 * Programs that use a TUN device as the README says, each in a network namespace of its own; the
 * result goes to standard output as JSON. Run by `tun.test.ts`, of the sources or of the package.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { enterNamespace } from '../../host-node/namespace.ts';
import { netFor } from '../../host-node/net/index.ts';
import { deleteLink } from '../../host-node/netlink.ts';
import { openTun, TunLink } from '../../host-node/tun.ts';
import { createStack } from '../../host-web/index.ts';

enterNamespace();

/** What the kernel's side gets back from an echo on the stack's. */
async function echoed(host: string): Promise<string> {
  const socket = connect({ host, port: 7 });
  socket.end('by the kernel');
  let got = '';
  for await (const part of socket) got += String(part);
  return got;
}

const programs: Record<string, () => Promise<unknown>> = {
  /** The stack is attached to the device itself: web streams at its side. */
  attach: async () => {
    const stack = await createStack({ address: ['10.9.0.2/24', 'fd00:9::2/64'] });
    const tun = openTun({ addresses: ['10.9.0.1/24', 'fd00:9::1/64'] });
    const detach = stack.attach(tun);
    const listener = stack.listen({ port: 7 });
    void (async () => {
      for await (const socket of listener) socket.readable.pipeTo(socket.writable).catch(() => {});
    })();
    const got = [await echoed('10.9.0.2'), await echoed('fd00:9::2')];
    const isLink = stack.link instanceof TunLink;
    detach();
    await stack.close();
    return { got, isLink, link: stack.link };
  },

  /** To a link that was made of the device: `netcell/net` at its side. */
  link: async () => {
    const stack = await createStack({ address: '10.9.0.2/24' });
    const link = openTun({ addresses: ['10.9.0.1/24'] }).link();
    stack.attach(link);
    netFor(stack)
      .createServer((socket) => socket.pipe(socket))
      .listen(7);
    const got = await echoed('10.9.0.2');
    await stack.close();
    return { got, sent: link.sent > 0, received: link.received > 0, dropped: link.dropped };
  },

  /** The interface is deleted: the owner hears of it, and another device goes on. */
  deleted: async () => {
    const stack = await createStack({ address: '10.9.0.2/24' });
    const told: unknown[] = [];
    const gone = new Promise<void>((resolve) => {
      const onClosed = (error: unknown) => {
        told.push((error as { code: string }).code);
        resolve();
      };
      stack.attach(openTun({ name: 'first', addresses: ['10.9.0.1/24'] }), { onClosed });
    });
    deleteLink('first');
    await gone;
    stack.attach(openTun({ name: 'second', addresses: ['10.9.0.1/24'] }));
    netFor(stack)
      .createServer((socket) => socket.pipe(socket))
      .listen(7);
    const got = await echoed('10.9.0.2');
    await stack.close();
    return { told, got };
  },

  /** The program stands still while the kernel's acknowledgment waits in the device. */
  stalled: async () => {
    const stack = await createStack({ address: '10.9.0.2/24' });
    stack.attach(openTun({ addresses: ['10.9.0.1/24'] }));
    const server = createServer((peer: Socket) => peer.on('error', () => {}).resume()).listen(
      8,
      '10.9.0.1',
    );
    await once(server, 'listening');
    const socket = stack.connect('10.9.0.1:8', { timeout: '1s' });
    await socket.opened;
    const writer = socket.writable.getWriter();
    for (let times = 0; times < 3; times++) {
      // Sent in the microtasks that follow; then nothing turns for longer than a timer waits.
      await writer.write(new TextEncoder().encode('hello'));
      await Promise.resolve();
      const until = performance.now() + [350, 1500, 350][times]!;
      while (performance.now() < until);
      await pause(20);
    }
    const { state } = socket;
    const { TcpRetransSegs, TcpExtTCPTimeouts, TcpExtTCPAbortOnTimeout } = stack.counters();
    await stack.close();
    server.close();
    return {
      state,
      losses: [TcpRetransSegs, TcpExtTCPTimeouts, TcpExtTCPAbortOnTimeout].map(Number),
    };
  },
};

console.log(JSON.stringify(await programs[process.argv[2]!]!()));
