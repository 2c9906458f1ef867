/** Joins a connection to standard input and output, as nc does. */
import type { Socket } from '../net.ts';

/**
 * Standard input becomes the connection's text, and what arrives goes to standard output.
 *
 * The end of input is our FIN and no more: what the peer still sends is printed. Settles when both
 * sides have ended; rejects with the connection's error.
 */
export function join(socket: Socket): Promise<void> {
  const { stdin, stdout } = process;
  stdin.on('data', (text: Buffer) => {
    if (!socket.write(text)) stdin.pause();
  });
  stdin.once('end', () => socket.end());
  socket.on('drain', () => stdin.resume());
  socket.on('data', (text: Buffer) => {
    if (stdout.write(text)) return;
    socket.pause();
    stdout.once('drain', () => socket.resume());
  });
  return new Promise((resolve, reject) => {
    // The peer has closed: nobody reads what we might still type.
    socket.once('end', () => socket.end());
    socket.once('error', reject);
    socket.once('close', () => {
      stdin.pause();
      stdin.unref?.();
      resolve();
    });
  });
}
