/**
 * A worker that is a host on a network: a whole TCP at the end of a WebSocket, with a web server.
 *
 * Whoever connects sends IP packets as binary messages, and becomes the link of a stack that lives
 * as long as the socket does. Try it with Linux's own TCP on the other side:
 *
 * ```
 *   workerd serve worker.capnp
 *   sudo npx netcell tunnel ws://127.0.0.1:8080/
 *   curl http://10.9.0.2/hello
 * ```
 *
 * To make it yours, keep `fetch` and replace `answer`: it gets what a `cloudflare:sockets` socket
 * would be, only that here the other side has opened it.
 */
import { createStack, webSocketLink } from 'netcell';

/** A worker has 128 MB in all; these limits keep a stack below a tenth of it. */
const LIMITS = { connections: 128, listeners: 8, children: 128, timeWaits: 1024, pages: 2048 };
/** Characters of the longest request. */
const LONGEST_HEAD = 8192;

export default {
  async fetch(request) {
    if (request.headers.get('upgrade') !== 'websocket') {
      return new Response('This is a link for IP packets: connect by WebSocket.\n', {
        status: 426,
      });
    }
    const [theirs, ours] = Object.values(new WebSocketPair());
    ours.accept();
    const stack = await createStack({ address: ['10.9.0.2/24', 'fd00:9::2/64'], limits: LIMITS });
    stack.attach(webSocketLink(ours));
    ours.addEventListener('close', () => stack.close());
    serve(stack);
    return new Response(null, { status: 101, webSocket: theirs });
  },
};

/** Answers every connection to port 80, until the stack is closed. */
async function serve(stack) {
  for await (const socket of stack.listen({ port: 80 })) {
    answer(socket).catch(() => socket.reset());
  }
}

/** One request, one page, and the end. */
async function answer(socket) {
  const [method, path] = (await readHead(socket)).split(' ');
  const { remoteAddress } = await socket.opened;
  const page = `${method} ${path} from ${remoteAddress}, answered by TCP in a worker.\n`;
  const head = [
    'HTTP/1.1 200 OK',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${new TextEncoder().encode(page).length}`,
    'connection: close',
  ];
  const writer = socket.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${head.join('\r\n')}\r\n\r\n${page}`));
  await writer.close();
}

/** Reads to the empty line that ends a request's head. */
async function readHead(socket) {
  const reader = socket.readable.pipeThrough(new TextDecoderStream()).getReader();
  let head = '';
  while (!head.includes('\r\n\r\n')) {
    const { value, done } = await reader.read();
    if (done || head.length > LONGEST_HEAD) throw new Error('no request');
    head += value;
  }
  reader.releaseLock();
  return head;
}
