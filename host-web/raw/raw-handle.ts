/**
 * What raw connections and listeners have in common: a handle of the core, its sockets, options and
 * state. The API itself stands in `raw.ts`.
 */
import { Memory, type Option, Result, type State, StatusField } from '../abi.ts';
import { formatMapped } from '../address.ts';
import type { Core } from '../core.ts';
import { readStatus, stateName, type TcpInfo, type TcpState } from '../inspect.ts';

/** What a raw connection needs of its stack. */
export interface Host {
  readonly core: Core;
  /** Tells the core the time, before the first call of a batch. */
  refresh(): void;
  /** The stack is to pump once the current task has ended. */
  wake(): void;
  /** The handle has been released: it gets no more signals. */
  forget(handle: number): void;
  /** So many connections more, or fewer, do not keep the process alive by their timers. */
  unhold(connections: number): void;
}

/** Sockets of a connection. */
interface Tuple {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

/** Where STATUS has both sockets: at its beginning. */
const SOCKETS_SIZE = StatusField.remotePort + 4;

/** What connections and listeners have in common: a handle of the core. */
export abstract class RawHandle {
  protected readonly host: Host;
  /** The core's name for it; 0 once released. */
  handle: number;
  #tuple: Tuple | undefined;
  #isUnheld = false;
  /** Both sockets as STATUS had them at the release: most are never written as text. */
  #released: Uint8Array | undefined;

  constructor(host: Host, handle: number) {
    this.host = host;
    this.handle = handle;
  }

  get localAddress(): string {
    return this.tuple().localAddress;
  }

  get localPort(): number {
    return this.tuple().localPort;
  }

  /** Everything the core knows of it; state CLOSED, and zeros, once released. */
  info(): TcpInfo {
    const { core } = this.host;
    this.host.refresh();
    if (core.status(this.handle) !== Result.OK) {
      core.octets.fill(0, Memory.STATUS, Memory.STATUS + StatusField.size);
      return { ...readStatus(core), ...this.tuple() };
    }
    return readStatus(core);
  }

  get state(): TcpState {
    return stateName(this.stateNumber);
  }

  get stateNumber(): State {
    return this.field('state');
  }

  /** One number of STATUS; 0 once released. */
  protected field(name: 'state' | 'receiveQueue' | 'sendQueue' | 'urgentLeft'): number {
    const { core } = this.host;
    if (core.status(this.handle) !== Result.OK) return 0;
    return core.view.getUint32(Memory.STATUS + StatusField[name], true);
  }

  /** Sets an option; answers whether the core takes that value. */
  setOption(option: Option, value: number): boolean {
    this.host.refresh();
    const isSet = this.host.core.setOption(this.handle, option, value) === Result.OK;
    this.host.wake();
    return isSet;
  }

  /** The stack's: what is known of a connection whose OPEN failed at once. */
  name(remoteAddress: string, remotePort: number): void {
    this.#tuple = { localAddress: '', localPort: 0, remoteAddress, remotePort };
  }

  protected tuple(): Tuple {
    if (this.#tuple !== undefined) return this.#tuple;
    const record = this.#released ?? this.#sockets();
    if (record === undefined) {
      return { localAddress: '', localPort: 0, remoteAddress: '', remotePort: 0 };
    }
    const address = (at: number) => formatMapped(record.subarray(at, at + 16));
    const port = (at: number) => record[at]! | (record[at + 1]! << 8);
    this.#tuple = {
      localAddress: address(StatusField.local0),
      localPort: port(StatusField.localPort),
      remoteAddress: address(StatusField.remote0),
      remotePort: port(StatusField.remotePort),
    };
    return this.#tuple;
  }

  /** Both sockets as STATUS has them; undefined where the core knows of none. */
  #sockets(): Uint8Array | undefined {
    const { core } = this.host;
    if (core.status(this.handle) !== Result.OK) return undefined;
    return core.octets.slice(Memory.STATUS, Memory.STATUS + SOCKETS_SIZE);
  }

  /**
   * Its timers do not keep the process alive any more, where they would: its owner sees to that,
   * until it lets go.
   */
  unhold(): void {
    if (this.#isUnheld || this.handle === 0) return;
    this.#isUnheld = true;
    this.host.unhold(1);
  }

  /** Lets go of the handle. */
  release(): void {
    if (this.handle === 0) return;
    if (this.#isUnheld) this.host.unhold(-1);
    if (this.#tuple === undefined) this.#released = this.#sockets();
    const { handle } = this;
    this.host.forget(handle);
    this.handle = 0;
    this.host.refresh();
    this.host.core.release(handle);
    this.host.wake();
  }
}
