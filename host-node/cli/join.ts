/** Joins a connection to standard input and output, as nc does. */
import type { Socket } from '../net/index.ts';
import { Failure } from './failure.ts';
import { watchOutput } from './output.ts';

/**
 * Standard input becomes the connection's text, and what arrives goes to standard output.
 *
 * The end of input is our FIN and no more: what the peer still sends is printed. Settles when both
 * sides have ended, or nobody reads our output any more; rejects with the connection's error, or
 * that of standard input or output.
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
    const fail = (failure: Failure | null) => {
      // The socket may have ended by then: what was lost is said all the same.
      if (failure !== null) reject(failure);
      socket.destroy();
    };
    stdin.once('error', (error) => fail(Failure.while('cannot read the input', error)));
    const stopWatching = watchOutput(fail);
    // The peer has closed: nobody reads what we might still type.
    socket.once('end', () => socket.end());
    socket.once('error', reject);
    socket.once('close', () => {
      stdin.pause();
      stdin.unref?.();
      // What was written last may still fail, which a stream tells in a later tick.
      setImmediate(() => {
        stopWatching();
        resolve();
      });
    });
  });
}
