/** A client of grpc-js on the kernel's TCP: one call to the server of the example. */
import { promisify } from 'node:util';
import { credentials, makeClientConstructor } from '@grpc/grpc-js';
import { greeter } from '../../../host-node/examples/run/greeter.mjs';

const Greeter = makeClientConstructor(greeter, 'Greeter');
const client = new Greeter('10.9.0.2:50051', credentials.createInsecure());
console.log(await promisify(client.greet.bind(client))('kernel'));
client.close();
