/**
 * A WebSocket to a server (RFC 6455), for `webSocketLink`.
 *
 * Node has one of its own from 22 on, and 20 is our floor, so `ws` is the one for all; it stays
 * outside the bundle, and only `netcell tunnel` loads it. Here is how it is opened: no compression,
 * for packets are short and each is its own message; nothing longer than a packet; and the words
 * for what kept it from opening.
 */
import { WebSocket } from 'ws';

const OPTIONS = {
  perMessageDeflate: false,
  /** Octets of the longest message: a packet of IP. */
  maxPayload: 65_535,
  /** Milliseconds the server has to answer our close. */
  closeTimeout: 2000,
};

/**
 * Opens a WebSocket.
 *
 * @param abandon gives up, if it is not open by then
 * @throws Error with the system's code, or saying what the server answered
 */
export function openWebSocket(url: string, abandon?: AbortSignal): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, OPTIONS);
    const giveUp = () => socket.terminate();
    abandon?.addEventListener('abort', giveUp);
    // After it has opened, what goes wrong is followed by its close, which its owner hears.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isOurs = error.code !== undefined || abandon?.aborted;
      reject(isOurs ? error : new Error(`${url} does not know the WebSocket protocol`));
    });
    socket.once('unexpected-response', (_, { statusCode }) => {
      reject(new Error(`${url} answered ${statusCode}, and no WebSocket`));
      socket.terminate();
    });
    socket.once('open', () => {
      abandon?.removeEventListener('abort', giveUp);
      // What came with the server's answer waits a turn: the caller listens by then.
      socket.pause();
      setImmediate(() => socket.resume());
      resolve(socket);
    });
  });
}
