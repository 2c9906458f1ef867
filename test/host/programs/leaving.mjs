/** A program that ends as soon as it has said what it had to say. */
import { connect } from 'node:net';

const socket = connect(9000, '10.9.0.1', () => {
  socket.end(Buffer.alloc(10_000, 'z'));
  process.exit(7);
});
