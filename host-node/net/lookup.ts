/**
 * The one name that needs no resolver: `localhost` is the stack itself (RFC 6761 §6.3). For others
 * `dns.lookup` asks the machine's, as Node does: a stack has none.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

const LOCALHOST: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** The address of `localhost` to listen on. */
export const LOOPBACK = LOCALHOST[0]!.address;

/** Whether a host is the stack itself by its name; what is no name is Node's to refuse. */
export function isLocalhost(host: unknown): boolean {
  return host === undefined || (typeof host === 'string' && host.toLowerCase() === 'localhost');
}

/** As `dns.lookup`, for a socket of a stack. */
export const lookup: LookupFunction = (host, options, done) => {
  if (!isLocalhost(host)) {
    systemLookup(host, { ...options, family: options.family ?? 0 }, done);
    return;
  }
  const wanted = options.family;
  const found = LOCALHOST.filter(({ family }) => wanted !== 6 || family === wanted);
  const [{ address, family }] = found as [LookupAddress];
  process.nextTick(() => {
    if (options.all === true) done(null, [...found]);
    else done(null, address, family);
  });
};
