/** A program that asks servers beyond its machine who it is for them, and stays. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

for (const address of ['198.51.100.130', '2001:db8::130']) {
  console.log(`${address}: ${await text(connect(7000, address))}`);
}
console.log(`staying as ${process.pid}`);
setInterval(() => {}, 60_000);
