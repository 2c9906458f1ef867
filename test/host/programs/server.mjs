/** A web server that asks itself by name, and ends when it is told. It knows nothing of netcell. */
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  response.end(`${request.url} for ${request.socket.remoteAddress}`);
  if (request.url === '/end') server.close();
});
server.listen(3000, async () => {
  const response = await fetch('http://localhost:3000/itself');
  console.log(`listening: ${await response.text()}`);
});
