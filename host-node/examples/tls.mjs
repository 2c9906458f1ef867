/**
 * tls: `socket` is the connection. Here HTTP/2 lies over it.
 *
 * node host-node/examples/tls.mjs CERTIFICATE    (nginx, or another, at 10.9.0.1 as `netcell`)
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { KERNEL, net } from './device.mjs';

const ca = readFileSync(process.argv[2]);
const session = connect('https://netcell/', {
  createConnection: () =>
    connectTls({
      socket: net.connect(443, KERNEL),
      servername: 'netcell',
      ca,
      ALPNProtocols: ['h2'],
    }),
});
const request = session.request({ ':path': '/' });
const [headers] = await once(request, 'response');
let length = 0;
for await (const part of request) length += part.length;
const { authorized } = session.socket;
console.log(`${session.alpnProtocol} ${headers[':status']}, ${length} octets, ${authorized}`);
session.close();
