/**
 * What is sent here is sent in the clear; TLS belongs over a socket. A caller who asks for it, in
 * words that are TLS's, is refused and never served in the clear.
 */

/** Words of TLS in WinterTC's Sockets API, in Workers and in `node:tls`. */
const WORDS = new Set([
  'secureTransport',
  'sni',
  'alpn',
  'tls',
  'secure',
  'secureContext',
  'secureProtocol',
  'ALPNProtocols',
  'SNICallback',
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'ciphers',
  'minVersion',
  'maxVersion',
  'rejectUnauthorized',
  'requestCert',
  'checkServerIdentity',
]);
/** What says that there is none. */
const NONE: readonly unknown[] = [undefined, null, false, 'off', ''];

/** @throws TypeError when options ask for TLS */
export function refuseTls(options: object): void {
  for (const word in options) {
    if (!WORDS.has(word)) continue;
    const value = (options as Record<string, unknown>)[word];
    // Without verification it would still be TLS.
    if (NONE.includes(value) && !(word === 'rejectUnauthorized' && value === false)) continue;
    throw noTls(`the option ${word} asks for it`);
  }
}

/** Options without the words of TLS, for a caller that has asked for none. */
export function withoutTls<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([word]) => !WORDS.has(word))) as T;
}

/** The error of a call whose caller believes that something is secure. */
export function noTls(why: string): TypeError {
  return new TypeError(
    `${why}, but there is no TLS here: all is sent in the clear. ` +
      'Put TLS over the socket, as tls.connect({ socket }) of node:tls does',
  );
}
