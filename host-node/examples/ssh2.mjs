/**
 * ssh2: `sock` is the connection.
 *
 * node host-node/examples/ssh2.mjs USER KEY [PORT]    (OpenSSH at 10.9.0.1)
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Client } from 'ssh2';
import { KERNEL, net } from './device.mjs';

const [username, key, port = 22] = process.argv.slice(2);
const client = new Client();
client.connect({ sock: net.connect(port, KERNEL), username, privateKey: readFileSync(key) });
await once(client, 'ready');
const sftp = await promisify(client.sftp.bind(client))();
const [text] = await promisify(sftp.readFile.bind(sftp))(key).then((octets) => [String(octets)]);
console.log(text === readFileSync(key, 'utf8') ? 'the same file' : 'another file');
client.end();
