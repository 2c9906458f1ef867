/**
 * Options of a `dgram` socket's handle: hops, groups, buffers, as `udp_wrap` and libuv have them.
 */
import { Result, UdpOption } from '../../host-web/abi.ts';
import { parseAddress } from '../../host-web/address.ts';
import { codeOf } from '../../host-web/errors.ts';
import type { RawDatagram } from '../../host-web/raw/datagram.ts';
import type { Stack } from '../../host-web/stack.ts';
import { numberOf } from '../net/errno.ts';
import { ANY, type Family, isOwn } from '../net/names.ts';

/** libuv's number of a negated Result. */
export function errnoOf(result: number): number {
  if (result >= 0) return 0;
  // The word that bind(2) has for it.
  if (-result === Result.NO_PORT_AVAILABLE) return numberOf('EADDRINUSE');
  return numberOf(codeOf(-result as Result));
}

/** What a handle has options of. */
export abstract class OptionHandle {
  protected readonly stack: Stack;
  /** What the stack has for it, once it is bound. */
  protected raw: RawDatagram | undefined;
  protected family: Family = 4;

  constructor(stack: Stack) {
    this.stack = stack;
  }

  /** Binds it; answers 0 or libuv's number. */
  protected abstract bindTo(address: string, port: number, flags: number, family: Family): number;

  #set(option: UdpOption, value: number, least = 0, most = 1): number {
    if (value < least || value > most) return numberOf('EINVAL');
    if (this.raw === undefined) return numberOf('EBADF');
    return this.raw.setOption(option, value) ? 0 : numberOf('EINVAL');
  }

  setTTL(hops: number): number {
    return this.#set(UdpOption.HOP_LIMIT, hops, 1, 255);
  }

  setBroadcast(isOn: number): number {
    return this.#set(UdpOption.BROADCAST, Number(isOn));
  }

  setMulticastTTL(hops: number): number {
    return this.#set(UdpOption.GROUP_HOP_LIMIT, hops, 0, 255);
  }

  setMulticastLoopback(isOn: number): number {
    return this.#set(UdpOption.GROUP_LOOP, Number(isOn));
  }

  /** @param given an address of the stack's, perhaps with a zone; any is as the route has it */
  setMulticastInterface(given: string): number {
    const address = withoutZone(given);
    if (parseAddress(address) === undefined) return numberOf('EINVAL');
    if (this.raw === undefined) return numberOf('EBADF');
    if (!isOfFamily(address, this.family)) return numberOf('EINVAL');
    return errnoOf(this.raw.setGroupSource(address));
  }

  addMembership(group: string, on?: string): number {
    return this.#membership(true, group, on);
  }

  dropMembership(group: string, on?: string): number {
    return this.#membership(false, group, on);
  }

  addSourceSpecificMembership(source: string, group: string, on?: string): number {
    return this.#membership(true, group, on, source);
  }

  dropSourceSpecificMembership(source: string, group: string, on?: string): number {
    return this.#membership(false, group, on, source);
  }

  #membership(isJoining: boolean, group: string, on?: string, source?: string): number {
    const family: Family = group.includes(':') ? 6 : 4;
    const status = this.raw === undefined ? this.bindTo(ANY[family], 0, 0, family) : 0;
    if (status !== 0) return status;
    const addresses = [group, ...(source === undefined ? [] : [source])];
    if (addresses.some((one) => parseAddress(one) === undefined)) return numberOf('EINVAL');
    if (on !== undefined && !isOwn(this.stack, withoutZone(on))) return numberOf('ENODEV');
    const raw = this.raw!;
    const result = isJoining ? raw.join(group, source) : raw.leave(group, source);
    if (source === undefined || result === 0) return errnoOf(result);
    // Linux has other words where it is for one source.
    return numberOf(isJoining ? 'EADDRNOTAVAIL' : 'EINVAL');
  }

  /**
   * Asks for the size of a buffer, or with 0, what it is; as Linux it holds twice what is asked
   * for, as records take room too.
   */
  bufferSize(size: number, isReceive: boolean, failure: object): number | undefined {
    const raw = this.raw;
    if (raw === undefined || size > 0x3fff_ffff) {
      const name = raw === undefined ? 'EBADF' : 'EINVAL';
      const syscall = isReceive ? 'uv_recv_buffer_size' : 'uv_send_buffer_size';
      const message = name === 'EBADF' ? 'bad file descriptor' : 'invalid argument';
      Object.assign(failure, { errno: numberOf(name), code: name, message, syscall });
      return undefined;
    }
    const option = isReceive ? UdpOption.RECEIVE_BUFFER : UdpOption.SEND_BUFFER;
    if (size > 0) raw.setOption(option, 2 * size);
    const { rcvbuf, sndbuf } = raw.info()!;
    return isReceive ? rcvbuf : sndbuf;
  }
}

/** Whether an address is one of that family; IPv6's may be a mapped one. */
export function isOfFamily(address: string, family: Family): boolean {
  return parseAddress(address)?.length === (family === 4 ? 4 : 16);
}

/** `fe80::1%tun0`: there is one link. */
export function withoutZone(address: string): string {
  return address.replace(/%.*/, '');
}
