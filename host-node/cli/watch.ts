/**
 * Looking at a running stack for as long as somebody wants to (`netcell trace`), without
 * ever waiting for who looks.
 *
 * What happens is kept by the stack's own side, up to a bound, and handed over now and then, once
 * what was handed over before has been taken: a slow reader misses some, and is told how many.
 */
import type { Caller } from './orders.ts';

/** One stack, as one caller looks at it. */
export interface Watch {
  /** What has come since the last call. */
  read(): string | Promise<string>;
  close(): void;
}

/** From one look to the next, milliseconds: a person sees no delay, and a turn is not crowded. */
const PERIOD = 10;

/** Hands over what is seen until the caller goes. */
export async function handOver({ socket }: Caller, watches: readonly Watch[]): Promise<void> {
  // What else it says is not heard; that it ends is, and it may have by now.
  socket.resume();
  try {
    while (!socket.readableEnded && !socket.destroyed) {
      if (socket.writableLength === 0) {
        for (const watch of watches) {
          const news = await watch.read();
          if (news.length > 0) socket.write(news);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PERIOD).unref());
    }
  } finally {
    for (const watch of watches) watch.close();
    socket.destroy();
  }
}
