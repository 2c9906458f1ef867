/** A program whose network goes away under it: it says what its sockets say, and goes on. */
import { connect, createServer } from 'node:net';

createServer((socket) => socket.pipe(socket)).listen(8000);
const local = connect(8000, '127.0.0.1');
const far = connect(9000, '10.9.0.1', () => console.log('connected'));
far.once('error', ({ code }) => {
  console.log(`far: ${code}`);
  connect(9000, '10.9.0.1').once('error', (error) => {
    console.log(`again: ${error.code}`);
    local.write('still there');
  });
});
local.once('data', (part) => {
  console.log(`local: ${part}`);
  process.exit();
});
