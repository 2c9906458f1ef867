/** A server of grpc-js on the kernel's TCP. */
import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { greeter } from '../../../host-node/examples/run/greeter.mjs';

const server = new Server();
server.addService(greeter, {
  greet: (call, done) => done(null, `hello ${call.request} at ${call.getPeer().split(':')[0]}`),
});
await promisify(server.bindAsync.bind(server))('0.0.0.0:50051', ServerCredentials.createInsecure());
