/**
 * Callbacks of users and links: what one throws is its owner's, and keeps nobody else from
 * anything.
 */

/** What somebody may want called. */
export type Callback = (() => void) | null;

/** Calls back; an error of the callback is thrown apart, so that others still get their signals. */
export function call(callback: Callback): void {
  if (callback === null) return;
  try {
    callback();
  } catch (error) {
    throwApart(error);
  }
}

/** Throws an error where nothing is in the middle of anything: the platform calls it uncaught. */
export function throwApart(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
