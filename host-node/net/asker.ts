/** Who asks for a connection in the clear: not https, which would then speak HTTP in it. */
import { Agent } from 'node:http';
import { noTls } from '../../host-web/raw/plain.ts';

/** Whether it is https: as its agent, as the options of its request, or as a URL. */
function isOfHttps(asker: unknown): boolean {
  if (asker instanceof URL || asker instanceof Agent) {
    return (asker as { protocol?: string }).protocol === 'https:';
  }
  const { _defaultAgent } = (asker ?? {}) as { _defaultAgent?: unknown };
  return _defaultAgent instanceof Agent && isOfHttps(_defaultAgent);
}

/**
 * @param asker `this` of `createConnection`: an agent, or the options of a request without one
 * @param first its first argument
 * @throws TypeError when it is https
 */
export function refuseHttps(asker: unknown, first: unknown): void {
  if (isOfHttps(asker) || (first instanceof URL && isOfHttps(first))) {
    throw noTls('https asks for it');
  }
}
