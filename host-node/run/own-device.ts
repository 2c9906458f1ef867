/**
 * The device in the hands of one process of a program, while no other one speaks: its packets go to
 * the kernel and come from it without the switch between.
 *
 * What is another process's still goes by the switch, both ways: that one may begin to speak, or be
 * spoken to, before the switch has taken the device back.
 */
import { parseAddress, samePrefix } from '../../host-web/address.ts';
import type { LinkPort } from '../../host-web/link/link.ts';
import { type TunFacts, tunOf } from '../tun.ts';
import type { TunLink } from '../tun-link.ts';
import { takeDescriptor } from '../tun-share.ts';
import { ownerOf } from './inner.ts';
import { DESTINATION } from './packets.ts';
import type { Side } from './switch.ts';

/** One family of the network, in octets. */
interface Network {
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
  readonly prefix: number;
}

export class OwnDevice {
  /** Whether packets to any destination may go by it, and not those to the kernel's side alone. */
  isForAll = false;
  readonly #link: TunLink;
  readonly #octets: Uint8Array;
  readonly #transmitAt: number;
  readonly #networks: readonly Network[];
  #isOn = false;

  /**
   * @param stray gets what has come and is another's
   * @returns undefined where the device is not given
   */
  static take(
    path: string,
    facts: TunFacts,
    sides: readonly Side[],
    port: LinkPort,
    stray: (packet: Uint8Array, flags: number) => void,
  ): OwnDevice | undefined {
    try {
      const fd = takeDescriptor(path);
      const link = fd === undefined ? undefined : tunOf(fd, facts).link();
      return link && new OwnDevice(link, sides, port, stray);
    } catch {
      // This machine has no koffi for this Node: all goes on by the switch.
      return undefined;
    }
  }

  private constructor(
    link: TunLink,
    sides: readonly Side[],
    port: LinkPort,
    stray: (packet: Uint8Array, flags: number) => void,
  ) {
    this.#link = link;
    this.#octets = new Uint8Array(port.memory);
    this.#transmitAt = port.transmitAt;
    this.#networks = sides.map(({ address, peer, prefix }) => {
      return { own: parseAddress(address)!, peer: parseAddress(peer)!, prefix };
    });
    const { receiveAt } = port;
    link.attach({
      ...port,
      input: (length, flags) => {
        if (this.#isAnothers(receiveAt)) {
          stray(this.#octets.subarray(receiveAt, receiveAt + length), flags);
        } else port.input(length, flags);
      },
    });
    this.#isOn = true;
  }

  /** Whether it is read, and written, by this process. */
  get isOn(): boolean {
    return this.#isOn;
  }

  set isOn(isOn: boolean) {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    if (isOn) this.#link.resume();
    else this.#link.pause();
  }

  /** Whether the packet to send is for the device, and not for another process or the switch. */
  takes(): boolean {
    if (!this.#isOn) return false;
    const network = this.#networkAt(this.#transmitAt);
    if (network !== undefined) return this.#isTo(this.#transmitAt, network.peer);
    return this.isForAll && ownerOf(this.#destinationAt(this.#transmitAt)) === undefined;
  }

  send(length: number, flags: number): boolean {
    return this.#link.send(length, flags);
  }

  receive(): void {
    this.#link.receive();
  }

  #isAnothers(at: number): boolean {
    const network = this.#networkAt(at);
    return network !== undefined && !this.#isTo(at, network.own);
  }

  /** The network of the stack's that a packet's destination is in. */
  #networkAt(at: number): Network | undefined {
    for (const network of this.#networks) {
      const { own, peer, prefix } = network;
      if (own.length !== lengthAt(this.#octets, at)) continue;
      if (this.#isTo(at, own) || this.#isTo(at, peer)) return network;
      return samePrefix(own, this.#destinationAt(at), prefix) ? network : undefined;
    }
    return undefined;
  }

  /** Compared in place: this is asked of each packet. */
  #isTo(at: number, address: Uint8Array): boolean {
    const from = at + (address.length === 4 ? DESTINATION[4]![0] : DESTINATION[6]![0]);
    for (let i = address.length - 1; i >= 0; i--) {
      if (this.#octets[from + i] !== address[i]) return false;
    }
    return true;
  }

  #destinationAt(at: number): Uint8Array {
    const [from, to] = DESTINATION[this.#octets[at]! >> 4] ?? [0, 0];
    return this.#octets.subarray(at + from, at + to);
  }

  ref(): void {
    this.#link.ref();
  }

  unref(): void {
    this.#link.unref();
  }

  close(): void {
    this.#link.close();
  }
}

/** Octets of an address of the packet there. */
function lengthAt(octets: Uint8Array, at: number): number {
  return octets[at]! >> 4 === 6 ? 16 : 4;
}
