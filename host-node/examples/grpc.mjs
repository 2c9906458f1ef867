/**
 * grpc-js: a server has connections injected. Its client has no such option: `run/grpc.mjs`.
 *
 * node host-node/examples/grpc.mjs    (a Greeter at 10.9.0.2:50051, until SIGTERM)
 */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { net } from './device.mjs';
import { greeter } from './run/greeter.mjs';

const server = new Server();
const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
const listener = net.createServer((socket) => injector.injectConnection(socket)).listen(50051);
server.addService(greeter, {
  greet(call, done) {
    done(null, `hello ${call.request} at ${call.getPeer().replace(/:\d+$/, '')}`);
  },
});
listener.on('listening', () => console.log('listening'));
process.once('SIGTERM', () => {
  listener.close();
  injector.drain(1000);
});
