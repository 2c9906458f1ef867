/** Small work over a TUN: round trips, HTTP, connections that are opened and closed. */
import { perform } from './ends.ts';
import type { Asked, Opened } from './kernel.ts';
import type { EndName } from './place.ts';

/** Requests of 64 octets that are echoed, one after the other on one connection. */
export function measureTrips(end: EndName, seconds: number): Promise<Asked> {
  return perform(end, { kind: 'echo', offload: true }, { kind: 'ask', flows: 1, seconds });
}

/** Short pages from Node's `http` server, on connections that are kept. */
export function measureHttp(end: EndName, flows: number, seconds: number): Promise<Asked> {
  return perform(end, { kind: 'http', offload: true }, { kind: 'get', flows, seconds });
}

/** Connections that are closed once they are open, so many at a time. */
export function measureOpening(end: EndName, flows: number, seconds: number): Promise<Opened> {
  return perform(end, { kind: 'close', offload: true }, { kind: 'open', flows, seconds });
}
