/**
 * A client of grpc-js, which knows nothing of netcell.
 *
 * sudo netcell run -- node host-node/examples/run/grpc.mjs    (a Greeter at 10.9.0.1:50051)
 */
import { promisify } from 'node:util';
import { credentials, makeClientConstructor } from '@grpc/grpc-js';
import { greeter } from './greeter.mjs';

const Greeter = makeClientConstructor(greeter, 'Greeter');
const client = new Greeter('10.9.0.1:50051', credentials.createInsecure());
const greet = promisify(client.greet.bind(client));
for (const name of ['one', 'two']) console.log(await greet(name));
client.close();
