/** Datagrams as octets, and a user of UDP on the stack under test. */
import {
  EndpointField,
  Memory,
  ReceivedField,
  Result,
  StatusField,
  type UdpOption,
} from '../../host-web/abi.ts';
import { setEndpoint } from '../../host-web/core.ts';
import type { Ends } from './ip.ts';
import { UDP } from './ip.ts';
import { onesSum, openPacket, packetOf, pseudoHeaderSum } from './segment.ts';
import { mapped, octetsOf, type Stack } from './stack.ts';

const LATIN1 = new TextDecoder('latin1');

/** What a datagram is made of; without `checksum` that is right. */
export interface Made {
  from?: number;
  to?: number;
  text?: string | Uint8Array;
  checksum?: number;
  /** What it says of its length. */
  length?: number;
}

function octets(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? Uint8Array.from(text, (c) => c.charCodeAt(0)) : text;
}

/** A packet with a datagram. */
export function datagram(ends: Ends, made: Made = {}): Uint8Array {
  const text = octets(made.text ?? 'hello');
  const bytes = new Uint8Array(8 + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, made.from ?? 9000);
  view.setUint16(2, made.to ?? 7);
  view.setUint16(4, made.length ?? bytes.length);
  bytes.set(text, 8);
  const [source, destination] = [octetsOf(ends.from), octetsOf(ends.to)];
  const pseudo = pseudoHeaderSum(source, destination, UDP, bytes.length);
  view.setUint16(6, made.checksum ?? (0xffff - onesSum(bytes, pseudo) || 0xffff));
  return packetOf(bytes, UDP, source, destination);
}

/** Reads a datagram of ours; fails when its length or checksum is wrong. */
export function readDatagram(packet: Uint8Array) {
  const { payload, protocol, source, destination } = openPacket(packet);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (protocol !== UDP) throw new Error(`protocol ${protocol}, not UDP`);
  if (view.getUint16(4) !== payload.length) throw new Error(`length ${view.getUint16(4)}`);
  const sum = onesSum(payload, pseudoHeaderSum(source, destination, UDP, payload.length));
  if (sum !== 0xffff) throw new Error('the checksum is wrong');
  const isIpv4 = source.length === 4;
  return {
    source,
    destination,
    from: view.getUint16(0),
    to: view.getUint16(2),
    checksum: view.getUint16(6),
    text: LATIN1.decode(payload.slice(8)),
    hopLimit: packet[isIpv4 ? 8 : 7]!,
    diffserv: isIpv4 ? packet[1]! : ((packet[0]! << 4) | (packet[1]! >> 4)) & 0xff,
  };
}

/** What a user has received. */
export interface Read {
  text: string;
  from: string;
  port: number;
  to: string;
  hopLimit: number;
  diffserv: number;
}

function addressAt(stack: Stack, at: number): string {
  const bytes = stack.core.octets.slice(at, at + 16);
  if (bytes.slice(0, 10).every((octet) => octet === 0) && bytes[10] === 255) {
    return bytes.slice(12).join('.');
  }
  return Buffer.from(bytes).toString('hex').replace(/(.{4})(?!$)/g, '$1:');
}

/** The address of a text in the form that `Read` has. */
export function written(address: string): string {
  const bytes = octetsOf(address);
  return bytes.length === 4
    ? bytes.join('.')
    : Buffer.from(bytes).toString('hex').replace(/(.{4})(?!$)/g, '$1:');
}

/** A user of UDP: each call answers what the core does. */
export class DatagramUser {
  readonly stack: Stack;
  handle: number;

  constructor(stack: Stack) {
    this.stack = stack;
    this.handle = stack.core.udpOpen();
    if (this.handle > 0) stack.handles.add(this.handle);
  }

  /** @param address any address of both families, when it is left out */
  bind(port: number, address?: string): number {
    const local = address === undefined ? null : mapped(octetsOf(address));
    setEndpoint(this.stack.core, local, port, null, 0);
    return this.stack.core.udpBind(this.handle);
  }

  connect(address: string, port: number): number {
    setEndpoint(this.stack.core, null, 0, mapped(octetsOf(address)), port);
    return this.stack.core.udpConnect(this.handle);
  }

  disconnect(): number {
    setEndpoint(this.stack.core, null, 0, null, 0);
    return this.stack.core.udpConnect(this.handle);
  }

  /** Sends to where it is connected, or to a remote socket; nothing leaves before `pump`. */
  send(text: string | Uint8Array, address?: string, port = 9000): number {
    const bytes = octets(text);
    const { core } = this.stack;
    const remote = address === undefined ? null : mapped(octetsOf(address));
    setEndpoint(core, null, 0, remote, address === undefined ? 0 : port);
    core.textWindow.set(bytes.subarray(0, Memory.TEXT_SIZE));
    return core.udpSend(this.handle, bytes.length);
  }

  /** The oldest datagram; null when there is none. */
  read(): Read | null {
    const { core } = this.stack;
    if (core.udpReceive(this.handle) !== 1) return null;
    const at = Memory.RECEIVED;
    const word = (field: 'length' | 'sourcePort' | 'hopLimit' | 'diffserv') =>
      core.view.getUint32(at + ReceivedField[field], true);
    return {
      text: LATIN1.decode(core.textWindow.slice(0, word('length'))),
      from: addressAt(this.stack, at + ReceivedField.source0),
      port: word('sourcePort'),
      to: addressAt(this.stack, at + ReceivedField.destination0),
      hopLimit: word('hopLimit'),
      diffserv: word('diffserv'),
    };
  }

  /** The texts of all datagrams there are. */
  texts(): string[] {
    const all: string[] = [];
    for (let one = this.read(); one !== null; one = this.read()) all.push(one.text);
    return all;
  }

  /** Joins a group, of all sources or of one. */
  join(group: string, source?: string): number {
    return this.#membership(group, source, 1);
  }

  leave(group: string, source?: string): number {
    return this.#membership(group, source, 0);
  }

  #membership(group: string, source: string | undefined, isMember: number): number {
    const local = source === undefined ? null : mapped(octetsOf(source));
    setEndpoint(this.stack.core, local, 0, mapped(octetsOf(group)), 0);
    return this.stack.core.udpMembership(this.handle, isMember);
  }

  /** The address of ours that datagrams to groups leave from. */
  groupSource(address: string): number {
    const { core } = this.stack;
    core.octets.fill(0, Memory.ENDPOINT, Memory.ENDPOINT + EndpointField.size);
    core.octets.set(mapped(octetsOf(address)), Memory.ENDPOINT + EndpointField.local0);
    return core.udpGroupSource(this.handle);
  }

  set(option: UdpOption, value: number): number {
    return this.stack.core.udpSetOption(this.handle, option, value);
  }

  close(): number {
    return this.stack.core.udpClose(this.handle);
  }

  /** A number of STATUS. */
  look(field: keyof typeof StatusField): number {
    if (this.stack.core.udpStatus(this.handle) !== Result.OK) return -1;
    return this.stack.core.view.getUint32(Memory.STATUS + StatusField[field], true);
  }

  get port(): number {
    return this.look('localPort');
  }

  /** Signals since the last look, as bits, with the result of the latest. */
  signals(): { events: number; result: number } {
    this.stack.pump();
    const found = this.stack.signals.get(this.handle);
    this.stack.signals.delete(this.handle);
    return { events: found?.events ?? 0, result: found?.result ?? 0 };
  }
}

/** Datagrams that the stack has sent since the last look, but for what else it says. */
export function sent(stack: Stack): ReturnType<typeof readDatagram>[] {
  stack.pump();
  const packets = stack.strays.splice(0);
  return packets.filter((packet) => openPacket(packet).protocol === UDP).map(readDatagram);
}
