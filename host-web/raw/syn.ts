/** A SYN that a listener's user decides about, by `onSyn`. */
import { Decision, EndpointField, Memory, Result } from '../abi.ts';
import { formatMapped } from '../address.ts';
import { setEndpoint } from '../core.ts';
import type { Host } from './raw-handle.ts';

/**
 * Somebody asks for a connection. Nothing has been answered, and the peer takes that for a long
 * way: it waits, and asks again, for a minute or two. Undecided for 63 s, a SYN is dropped.
 */
export class RawSyn {
  readonly #host: Host;
  readonly #local: Uint8Array;
  readonly #remote: Uint8Array;
  /** Where the peer wants to go to. */
  readonly localPort: number;
  readonly remotePort: number;

  /** Reads the sockets of the ENDPOINT window. */
  constructor(host: Host) {
    const { octets, view } = host.core;
    const at = Memory.ENDPOINT;
    const address = (from: number) => octets.slice(at + from, at + from + 16);
    this.#host = host;
    this.#local = address(EndpointField.local0);
    this.#remote = address(EndpointField.remote0);
    this.localPort = view.getUint32(at + EndpointField.localPort, true);
    this.remotePort = view.getUint32(at + EndpointField.remotePort, true);
  }

  get localAddress(): string {
    return formatMapped(this.#local);
  }

  get remoteAddress(): string {
    return formatMapped(this.#remote);
  }

  /** Its SYN,ACK goes out: a connection follows. False when it waits no more, as of all three. */
  accept(): boolean {
    return this.#decide(Decision.ACCEPT);
  }

  /** A RST answers it, as where nobody listens. */
  refuse(): boolean {
    return this.#decide(Decision.REFUSE);
  }

  /** Nothing answers it; sent again, it is asked about again. */
  drop(): boolean {
    return this.#decide(Decision.DROP);
  }

  #decide(decision: Decision): boolean {
    const { core } = this.#host;
    this.#host.refresh();
    setEndpoint(core, this.#local, this.localPort, this.#remote, this.remotePort);
    const isDone = core.decide(decision) === Result.OK;
    this.#host.wake();
    return isDone;
  }
}
