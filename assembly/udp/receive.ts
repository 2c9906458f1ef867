/**
 * RECEIVE of a socket of UDP (RFC 1122 §4.1.4): the oldest datagram it has, whole, with whom it
 * came from and to which address.
 */
import { Received } from '../abi';
import { RECEIVED, TEXT } from '../memory';
import { pages } from '../pools';
import { clearChain, dropChain, readChain } from '../store/chain';
import { RECORD_SIZE } from './arrives';
import { accountPages, UdpEndpoint } from './endpoint';

/**
 * Takes the oldest datagram of an endpoint: its text lies in TEXT, what is known of it in RECEIVED.
 *
 * @returns 1; 0 when there is none (Signal.READABLE will follow)
 */
export function receiveDatagram(endpoint: UdpEndpoint): i32 {
  const chain = endpoint.chain;
  const start = chain.start;
  if (endpoint.end == start) return 0;
  const before = pages().used;
  readChain(pages(), chain, start, RECEIVED, RECORD_SIZE);
  const length = changetype<Received>(RECEIVED).length;
  readChain(pages(), chain, start + RECORD_SIZE, TEXT, length);
  const next = start + RECORD_SIZE + length;
  if (next == endpoint.end) clearChain(pages(), chain, next);
  else dropChain(pages(), chain, next);
  accountPages(before);
  return 1;
}
