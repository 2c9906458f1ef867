/** `http` over a stack where `netFor` has nothing to stand on: Bun, Deno, `node --permission`. */
import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createStack, pipe } from 'netcell';
import { duplexFor, netFor } from 'netcell/net';

const stacks = [
  await createStack({ address: '10.0.0.1/24' }),
  await createStack({ address: '10.0.0.2/24' }),
];
for (const [i, end] of pipe().entries()) stacks[i].attach(end);
const [here, there] = stacks.map(duplexFor);

/** What keeps `netFor` from being here. */
function refused() {
  try {
    netFor(stacks[0]);
  } catch (error) {
    return error.message;
  }
}

const server = createServer(async (asked, response) => {
  response.setHeader('peer', asked.socket.remoteAddress).end(await buffer(asked));
});
const { close } = there.serve(server, { port: 80 });

const sent = Buffer.from(Uint32Array.from({ length: 250_000 }, (_, i) => i * 2_654_435_761).buffer);

/** Whether an answer is what was sent, by whom, and whether its connection had been kept. */
function ask(options) {
  return new Promise((resolve) => {
    const asking = request({ host: '10.0.0.2', method: 'POST', ...options });
    asking.on('error', ({ code }) => resolve(code));
    asking.on('response', async (response) => {
      const isWhole = (await buffer(response)).equals(sent);
      resolve([isWhole, response.headers.peer, asking.reusedSocket]);
    });
    asking.end(sent);
  });
}

const agent = here.agent({ keepAlive: true });
const kept = [await ask({ agent }), await ask({ agent })];
const { createConnection } = here;
const alone = await ask({ createConnection });
close();
const closed = await ask({ createConnection });
agent.destroy();
console.log(JSON.stringify({ refused: refused(), kept, alone, closed }));
