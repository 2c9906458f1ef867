/** Small work over a TUN: round trips, HTTP, connections that are opened and closed. */
import { perform } from './ends.ts';
import type { Asked, Opened } from './kernel.ts';
import type { EndName, Service } from './place.ts';

/** Requests of 64 octets that are echoed, one after the other on one connection. */
export function measureTrips(end: EndName, seconds: number): Promise<Asked> {
  return perform(end, { kind: 'echo', offload: true }, { kind: 'ask', flows: 1, seconds });
}

/** Datagrams of 64 octets that are sent back, so many on their way at a time. */
export function measureDatagrams(end: EndName, flows: number, seconds: number): Promise<Asked> {
  return perform(end, { kind: 'datagrams', offload: false }, { kind: 'query', flows, seconds });
}

/** Short pages from Node's `http` server, on connections that are kept. */
export function measureHttp(
  end: EndName,
  flows: number,
  seconds: number,
  how: Pick<Service, 'threads' | 'hashed'> = {},
): Promise<Asked> {
  return perform(end, { kind: 'http', offload: true, ...how }, { kind: 'get', flows, seconds });
}

/** Connections that are closed once they are open, so many at a time. */
export function measureOpening(
  end: EndName,
  flows: number,
  seconds: number,
  how: Pick<Service, 'threads'> = {},
): Promise<Opened> {
  return perform(end, { kind: 'close', offload: true, ...how }, { kind: 'open', flows, seconds });
}
