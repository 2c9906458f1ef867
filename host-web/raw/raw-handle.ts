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
}

/** Sockets of a connection. */
interface Tuple {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

/** What connections and listeners have in common: a handle of the core. */
export abstract class RawHandle {
  protected readonly host: Host;
  /** The core's name for it; 0 once released. */
  handle: number;
  #tuple: Tuple | undefined;

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
    const { core } = this.host;
    if (core.status(this.handle) !== Result.OK) {
      return { localAddress: '', localPort: 0, remoteAddress: '', remotePort: 0 };
    }
    const at = Memory.STATUS;
    const address = (offset: number) =>
      formatMapped(core.octets.subarray(at + offset, at + offset + 16));
    this.#tuple = {
      localAddress: address(StatusField.local0),
      localPort: core.view.getUint32(at + StatusField.localPort, true),
      remoteAddress: address(StatusField.remote0),
      remotePort: core.view.getUint32(at + StatusField.remotePort, true),
    };
    return this.#tuple;
  }

  /** Lets go of the handle. */
  release(): void {
    if (this.handle === 0) return;
    this.tuple();
    const { handle } = this;
    this.handle = 0;
    this.host.forget(handle);
    this.host.refresh();
    this.host.core.release(handle);
    this.host.wake();
  }
}
