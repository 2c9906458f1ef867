/** What the files of the door share: the window of sockets, and the answer to a stale handle. */
import { Endpoint, Result } from './abi';
import { ENDPOINT, isReady } from './memory';

/** The sockets of the call being made. */
export function sockets(): Endpoint {
  return changetype<Endpoint>(ENDPOINT);
}

/** What a call answers whose handle names nothing. */
export function stale(): i32 {
  return -(isReady() ? Result.CONNECTION_DOES_NOT_EXIST : Result.NOT_INITIALISED);
}
