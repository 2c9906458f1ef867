/**
 * nodemailer: `getSocket` answers a connection.
 *
 * node host-node/examples/nodemailer.mjs    (a server of SMTP at 10.9.0.1)
 */
import { once } from 'node:events';
import nodemailer from 'nodemailer';
import { KERNEL, net } from './device.mjs';

const transport = nodemailer.createTransport({
  host: KERNEL,
  port: 25,
  tls: { rejectUnauthorized: false },
  getSocket({ port, host }, done) {
    const connection = net.connect(port, host);
    once(connection, 'connect').then(() => done(null, { connection }), done);
  },
});
const { accepted, response } = await transport.sendMail({
  from: 'stack@netcell.test',
  to: 'kernel@netcell.test',
  subject: 'hello',
  text: 'From one TCP to another.',
});
console.log(`${accepted}: ${response}`);
transport.close();
