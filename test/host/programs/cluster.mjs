/**
 * A program whose workers share what it listens on: HTTP at port 3000, and an echo at 4000. What
 * comes to 5000 it sends to a worker, as a socket. It ends when it is told.
 */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { createServer as createEcho } from 'node:net';

const WORKERS = 2;

function begin() {
  let listening = 0;
  cluster.on('listening', (worker, { port }) => {
    if (++listening < 2 * WORKERS) return;
    try {
      worker.send('listen', sender);
    } catch ({ code }) {
      console.log(`sent: ${code}`);
    }
    console.log(`listening: ${port}`);
  });
  const sender = createEcho({ pauseOnConnect: true }, (socket) => {
    cluster.workers[1].send('take this', socket);
  }).listen(5000);
  cluster.on('message', () => {
    sender.close();
    cluster.disconnect(() => console.log('all have ended'));
  });
  for (let i = 0; i < WORKERS; i++) cluster.fork();
}

function serve() {
  const { id } = cluster.worker;
  createServer(({ url, socket }, response) => {
    response.end(`${url} by ${id} for ${socket.remoteAddress} at ${socket.localPort}`);
    if (url === '/end') process.send('end');
  }).listen(3000);
  const echo = createEcho({ allowHalfOpen: true }, (socket) => {
    socket.on('error', ({ message }) => console.log(`error: ${message}`));
    socket.on('data', (part) => {
      if (String(part) === 'drop') socket.destroy();
    });
    socket.pipe(socket);
  });
  echo.listen(4000);
  process.on('message', (message, socket) => {
    if (socket === undefined) return;
    socket.end(`${message} sent to ${id} for ${socket.remoteAddress}`);
  });
}

if (cluster.isPrimary) begin();
else serve();
