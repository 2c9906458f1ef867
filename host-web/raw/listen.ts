/** How a raw listener comes about (passive OPEN, RFC 9293 §3.10.1). */
import { Result } from '../abi.ts';
import { checkPort, isHostName, octetsOf, toMapped } from '../address.ts';
import { describe } from '../units.ts';
import { failure, notFound } from './failure.ts';
import type { PassivePorts } from './passive-ports.ts';
import { type Host, type RawConnection, RawListener } from './raw.ts';
import { ANY_DESTINATION, checkAny, type OpenListenerOptions, tuneListener } from './tuning.ts';

/**
 * Listens.
 *
 * @param adopt makes a connection of a handle that was accepted
 * @throws SocketError EADDRINUSE, EADDRNOTAVAIL, ENOBUFS, ENOTFOUND
 */
export function openRawListener(
  host: Host,
  ports: PassivePorts,
  options: OpenListenerOptions,
  adopt: (handle: number) => RawConnection,
): RawListener {
  const { core } = host;
  const { hostname = '::', backlog = 511 } = options;
  const port = checkPort(options.port);
  const isAny = hostname === ANY_DESTINATION;
  if (isAny) checkAny(core);
  if (!isAny && isHostName(hostname)) throw notFound('listen', hostname, port);
  const octets = toMapped(octetsOf(isAny ? '::' : hostname));
  if (!(backlog >= 0)) throw new RangeError(`backlog can not be ${describe(backlog)}`);
  host.refresh();
  const handle = core.create();
  if (handle <= 0) throw failure(core, 'listen', -handle, hostname, port);
  const raw = new RawListener(host, handle, adopt, options.onSyn);
  tuneListener(raw, options);
  const result = ports.listen(core, handle, octets, port, backlog, isAny);
  if (result === Result.OK) return raw;
  raw.release();
  throw failure(core, 'listen', result, hostname, port);
}
