/** The small services of old: echo (RFC 862), discard (RFC 863), character generator (RFC 864). */
import type { EventEmitter } from 'node:events';
import type { Net, Server, Socket } from '../net/index.ts';

export type ServiceName = 'echo' | 'discard' | 'chargen';

/** Their ports, as registered. */
export const PORTS: Readonly<Record<ServiceName, number>> = { echo: 7, discard: 9, chargen: 19 };

/** Answers a connection in the manner of a service. */
export const SERVICES: Readonly<Record<ServiceName, (socket: Socket) => void>> = {
  echo: (socket) => void socket.pipe(socket),
  discard: (socket) => void socket.resume(),
  chargen,
};

/** Printable characters of ASCII, from the space on. */
const CHARACTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');

/** All 95 lines of 72 characters, the pattern RFC 864 suggests. */
const PATTERN = Buffer.from(
  Array.from({ length: 95 }, (_, i) => `${(CHARACTERS + CHARACTERS).slice(i, i + 72)}\r\n`).join(
    '',
  ),
  'latin1',
);

function chargen(socket: Socket): void {
  const fill = () => {
    while (!socket.destroyed && socket.writable && socket.write(PATTERN));
  };
  socket.on('drain', fill).resume();
  // A peer that has enough closes; we then close too.
  socket.once('end', () => socket.destroy());
  fill();
}

/** Listens for a service; rejects when the port can not be had. */
export function serveName(net: Net, name: ServiceName, port = PORTS[name]): Promise<Server> {
  // The echo of the last octets must still be sent after the peer's FIN.
  const server = net.createServer({ allowHalfOpen: name === 'echo' }, (socket) => {
    // A peer that resets is no news.
    socket.on('error', () => {});
    SERVICES[name](socket);
  });
  return listening(server.listen({ port }));
}

/** Waits until a server listens. */
export function listening<S extends EventEmitter>(server: S): Promise<S> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
