/** From the stack's errors to the numbers by which a handle answers Node. */
import { SocketError } from '../../host-web/errors.ts';
import { internals } from './internals.ts';

const { uv } = internals;

/** libuv's number of an error's name: -104 for ECONNRESET. */
export function numberOf(name: string): number {
  return uv[`UV_${name}`] ?? uv['UV_EIO']!;
}

/**
 * libuv's number of what the stack threw or told.
 *
 * @param none for no error at all
 */
export function errnoOf(error: unknown, none = 0): number {
  if (error === null || error === undefined) return none;
  if (error instanceof SocketError) return numberOf(error.code);
  // Arguments that make no sense: Node itself has let them pass.
  if (error instanceof TypeError || error instanceof RangeError) return numberOf('EINVAL');
  throw error;
}
