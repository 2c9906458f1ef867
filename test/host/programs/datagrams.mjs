/**
 * A program of UDP: answers what it is asked, asks itself by name and a server beside it, has a
 * worker that binds the same port, and ends when it is told. It knows nothing of netcell.
 */
import cluster from 'node:cluster';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

if (cluster.isWorker) {
  const socket = createSocket('udp4').bind(4000, () => {
    process.send(socket.address());
    socket.close();
    process.disconnect();
  });
  await once(socket, 'close');
  process.exit();
}

const server = createSocket('udp6');
server.on('message', (data, { address, port }) => {
  server.send(`${data} from ${address}`, port, address, () => {
    if (String(data) === 'end') server.close();
  });
});
server.bind(4000);
await once(server, 'listening');

for (const [host, port] of [
  ['localhost', 4000],
  ['10.9.0.1', 9000],
]) {
  const client = createSocket('udp4');
  client.send('asked', port, host);
  const [answer] = await once(client, 'message');
  console.log(String(answer));
  client.close();
}
const [{ port }] = await once(cluster.fork(), 'message');
console.log(`worker at ${port}`);
console.log('listening');
