/** What can be seen of sockets of UDP: a row of `ss -uan` each. */
import { Memory, State, StatusField } from './abi.ts';
import { formatMapped } from './address.ts';
import type { Core } from './core.ts';

/** One socket of UDP. */
export interface UdpInfo {
  /** As ss(8) has it: whether it is connected. */
  state: 'ESTAB' | 'UNCONN';
  handle: number;
  localAddress: string;
  localPort: number;
  /** Empty, and 0, when it is connected to nobody. */
  remoteAddress: string;
  remotePort: number;
  /** Octets received and not read, with their records of 48; octets that wait to be sent. */
  receiveQueue: number;
  sendQueue: number;
  rcvbuf: number;
  sndbuf: number;
  /** Datagrams received, sent, and dropped because the buffer was full. */
  datagrams_in: number;
  datagrams_out: number;
  drops: number;
}

/** Reads what STATUS has of a socket of UDP. */
export function readUdpStatus(core: Core): UdpInfo {
  const u32 = (field: keyof typeof StatusField) =>
    core.view.getUint32(Memory.STATUS + StatusField[field], true);
  const address = (field: 'local0' | 'remote0') => {
    const at = Memory.STATUS + StatusField[field];
    return formatMapped(core.octets.subarray(at, at + 16));
  };
  const isConnected = u32('state') === State.ESTABLISHED;
  return {
    state: isConnected ? 'ESTAB' : 'UNCONN',
    handle: u32('handle'),
    localAddress: address('local0'),
    localPort: u32('localPort'),
    remoteAddress: isConnected ? address('remote0') : '',
    remotePort: u32('remotePort'),
    receiveQueue: u32('receiveQueue'),
    sendQueue: u32('sendQueue'),
    rcvbuf: u32('rcvBuf'),
    sndbuf: u32('sndBuf'),
    datagrams_in: u32('segsIn'),
    datagrams_out: u32('segsOut'),
    drops: u32('lost'),
  };
}

/** Every socket of UDP. */
export function readUdpSockets(core: Core): UdpInfo[] {
  const found: UdpInfo[] = [];
  for (let at = core.nextUdpStatus(0); at !== 0; at = core.nextUdpStatus(at)) {
    found.push(readUdpStatus(core));
  }
  return found;
}

/** The text of an address in the core's memory, written anew only where it is another. */
export class AddressCache {
  #first = 0;
  #second = 0;
  #third = 0;
  #fourth = 0;
  #text: string | undefined;

  read(core: Core, at: number): string {
    const { view } = core;
    const first = view.getInt32(at);
    const second = view.getInt32(at + 4);
    const third = view.getInt32(at + 8);
    const fourth = view.getInt32(at + 12);
    const isSame =
      fourth === this.#fourth &&
      third === this.#third &&
      second === this.#second &&
      first === this.#first;
    if (isSame && this.#text !== undefined) return this.#text;
    this.#first = first;
    this.#second = second;
    this.#third = third;
    this.#fourth = fourth;
    this.#text = formatMapped(core.octets.subarray(at, at + 16));
    return this.#text;
  }
}
