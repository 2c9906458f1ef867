/**
 * A transparent proxy: connections to any address, which the kernel routes into a TUN device, go on
 * from this host. A SYN is answered once the server behind has answered ours, and refused if that
 * is.
 *
 * sudo node host-node/examples/transparent.mjs ADDRESS    (of this host, to go on from)
 *   and then, so that what the proxy sends does not come back to it:
 * sudo ip rule add from ADDRESS lookup 100; sudo ip route add default via GATEWAY table 100
 * sudo ip route replace default dev proxy0
 */
import { connect } from 'node:net';
import { pipeline } from 'node:stream';
import { createStack } from 'netcell';
import { netFor } from 'netcell/net';
import { openTun } from 'netcell/tun';

const [localAddress] = process.argv.slice(2);
/** How long a client may take for its handshake once the server behind is there. */
const PATIENCE = 10_000;

const stack = await createStack({
  address: ['10.9.0.2/24', 'fd00:9::2/64'],
  sysctl: { any_destination: 1 },
});
stack.attach(openTun({ name: 'proxy0', addresses: ['10.9.0.1/24', 'fd00:9::1/64'] }));

/** Connections to servers whose client is still to come, by both sockets of the client's. */
const ahead = new Map();
const plain = (address) => address.replace('::ffff:', '');
const keyOf = ({ remoteAddress, remotePort, localAddress, localPort }) =>
  [plain(remoteAddress), remotePort, plain(localAddress), localPort].join();

function onSyn(syn) {
  const { localAddress: host, localPort: port } = syn;
  const server = connect({ host, port, localAddress, allowHalfOpen: true });
  const key = keyOf(syn);
  ahead.set(key, server);
  server.once('connect', () => {
    server.setTimeout(PATIENCE, () => server.destroy());
    if (!syn.accept()) server.destroy();
  });
  server.once('error', () => syn.refuse());
  server.once('close', () => ahead.get(key) === server && ahead.delete(key));
}

const net = netFor(stack);
const proxy = net.createServer({ allowHalfOpen: true }, (client) => {
  const server = ahead.get(keyOf(client));
  if (server === undefined) return client.resetAndDestroy();
  ahead.delete(keyOf(client));
  server.setTimeout(0);
  pipeline(client, server, client, () => {});
});
proxy.listen({ host: 'any', port: 0, backlog: 4096, onSyn }, () => console.log('proxy0 is there'));
