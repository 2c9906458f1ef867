/**
 * One device for a program and all the processes and workers it starts: each has a stack of its
 * own, with the next address of the network, and is joined to this by a stream. Packets go where
 * their destination says; what is nobody's here goes to the device. Inner addresses are for these
 * processes alone: what is to them, or from them, is never the device's.
 *
 * It runs in a process of its own: a program that waits for a child, and does nothing meanwhile,
 * must not keep that child from its network.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Memory, PacketFlag } from '../../host-web/abi.ts';
import { formatAddress, parseAddress, samePrefix } from '../../host-web/address.ts';
import type { Link } from '../../host-web/link/link.ts';
import { DeviceTurn } from './device-turn.ts';
import { frameReader, sendFrame, sendMessage } from './frames.ts';
import { ownerOf } from './inner.ts';
import { addressIn, DESTINATION, SOURCE } from './packets.ts';
import { type Member, ProgramPorts, type Said } from './program-ports.ts';
import { resetFor } from './reset.ts';
import type { Given, Shared } from './shared-device.ts';

/** What a process is told that joins, as a line of JSON. */
export interface Welcome {
  /** Its addresses, one of each family, with the prefix of the network. */
  readonly sides: readonly Side[];
  readonly mtu: number;
  /** The device's name. */
  readonly device: string;
  /** Whether packets may be several segments, with checksums left to the device. */
  readonly offload: boolean;
  /** How many were there before it, dead ones too: no two stacks have the same seed. */
  readonly index: number;
  /** Where the device is given, and what is told of it; undefined where it is not. */
  readonly given?: Given;
}

/** A process that has joined. */
interface Joined {
  readonly member: Member;
  readonly socket: Socket;
  hasSpoken: boolean;
}

/** One family of the network. */
export interface Side {
  readonly address: string;
  readonly prefix: number;
  readonly peer: string;
}

/** Addresses that are tried for a process before there is none. */
const MOST = 250;
/** Destinations outside of the network that are asked about. */
const MOST_BEYOND = 64;
/** What is no single host: IPv4's multicast and beyond, IPv6's multicast and of a link. */
const NO_HOSTS: readonly (readonly [string, number])[] = [
  ['224.0.0.0', 3],
  ['ff00::', 8],
  ['fe80::', 10],
];
/** Octets before each window that belong to the link, and of a window. */
const { HEADROOM, PACKET_SIZE } = Memory;
const RECEIVE = HEADROOM;
const TRANSMIT = HEADROOM + PACKET_SIZE + HEADROOM;

export class Switch {
  /** Where processes join: a socket in a folder of this user's. */
  readonly path: string;
  /** Packets for addresses that nobody has. */
  lost = 0;
  readonly #link: Link;
  readonly #sides: readonly Side[];
  readonly #device: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #memory = new ArrayBuffer(2 * (HEADROOM + PACKET_SIZE));
  readonly #octets = new Uint8Array(this.#memory);
  /** Streams by address. */
  readonly #joined = new Map<string, Socket>();
  /** Processes, and their streams, by how many were there before. */
  readonly #members = new Map<number, Joined>();
  readonly #ports = new ProgramPorts();
  /** Hears of a destination outside of the network, once; answers whether of others, too. */
  #onBeyond: ((destination: Uint8Array) => boolean) | undefined;
  readonly #beyond = new Set<string>();
  #count = 0;
  readonly #shared: Shared | undefined;
  readonly #turn: DeviceTurn<Joined> | undefined;

  /**
   * @param link to the device, which is closed with this
   * @param device its name
   * @param shared what gives the device to a process; undefined where all is to go by the link
   * @param onBeyond hears of each destination outside of the network, while it answers true
   */
  constructor(
    link: Link,
    sides: readonly Side[],
    device: string,
    shared?: Shared,
    onBeyond?: (destination: Uint8Array) => boolean,
  ) {
    this.#onBeyond = onBeyond;
    this.#link = link;
    this.#sides = sides;
    this.#device = device;
    this.#folder = mkdtempSync(join(tmpdir(), 'netcell-run-'));
    this.path = join(this.#folder, 'switch');
    this.#server = createServer((socket) => this.#welcome(socket));
    this.#shared = shared;
    if (shared === undefined) return;
    this.#turn = new DeviceTurn<Joined>(
      (who, isIts) => this.#entrust(who, isIts),
      (isOurs) => shared.read(isOurs),
    );
  }

  /** Begins. @throws Error when the socket cannot be made */
  async open(): Promise<void> {
    this.#link.attach({
      memory: this.#memory,
      receiveAt: RECEIVE,
      receiveSize: PACKET_SIZE,
      transmitAt: TRANSMIT,
      input: (length, flags) => {
        this.#deliver(this.#octets.subarray(RECEIVE, RECEIVE + length), flags);
      },
      pump: () => {},
      lost: () => {
        this.lost++;
      },
      ended: () => this.close(),
    });
    this.#link.offload?.();
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(this.path, resolve);
    });
    await this.#shared?.open(this.#folder);
  }

  /** Gives a packet from the device to whose it is. */
  #deliver(packet: Uint8Array, flags: number): void {
    const socket = isInner(packet) ? undefined : this.#joined.get(destinationOf(packet));
    if (socket === undefined || !sendFrame(socket, packet, flags)) this.lost++;
  }

  #entrust({ member }: Joined, isIts: boolean): void {
    // Destinations that are to be told of are seen here alone.
    member.tell({ device: isIts, isForAll: this.#onBeyond === undefined });
  }

  #look(): void {
    this.#turn?.look([...this.#members.values()]);
  }

  #welcome(socket: Socket): void {
    socket.on('error', () => {});
    const addresses = this.#sides.map((side) => this.#freeAddress(side));
    if (addresses.includes(undefined)) {
      socket.destroy();
      return;
    }
    const keys = (addresses as Uint8Array[]).map(keyOf);
    for (const key of keys) this.#joined.set(key, socket);
    const index = this.#count++;
    const member = { index, tell: (message: object) => sendMessage(socket, message) };
    const joined: Joined = { member, socket, hasSpoken: false };
    this.#members.set(index, joined);
    this.#ports.join(member);
    socket.once('close', () => {
      for (const key of keys) this.#joined.delete(key);
      this.#members.delete(index);
      this.#ports.forget(member);
      this.#look();
      for (const other of this.#members.values()) other.member.tell({ gone: index });
    });
    const welcome: Welcome = {
      sides: (addresses as Uint8Array[]).map((octets, i) => {
        return { ...this.#sides[i]!, address: formatAddress(octets) };
      }),
      mtu: this.#link.mtu,
      device: this.#device,
      offload: this.#link.offloads !== undefined && this.#link.offloads.segments > 0,
      index,
      ...(this.#shared && { given: this.#shared.given }),
    };
    this.#look();
    socket.write(`${JSON.stringify(welcome)}\n`);
    const read = frameReader(
      (packet, flags) => {
        if (!this.#switchInner(packet, flags, socket)) this.#switch(packet, flags);
        if (joined.hasSpoken) return;
        joined.hasSpoken = true;
        this.#look();
      },
      (message) => this.#hear(joined, message as Said),
    );
    socket.on('data', (chunk) => {
      try {
        read(chunk);
        this.#link.flush?.();
      } catch {
        // What comes is no packet: there is nobody of ours at the other end.
        socket.destroy();
      }
    });
  }

  #hear(joined: Joined, said: Said): void {
    if (said.say === 'reads') this.#turn?.taken(joined);
    else if (said.say === 'stray') this.#deliver(Buffer.from(said.packet, 'base64'), said.flags);
    else this.#ports.hear(joined.member, said);
  }

  /** The first address from the network's own on that nobody has; undefined when there is none. */
  #freeAddress({ address, prefix, peer }: Side): Uint8Array | undefined {
    const first = parseAddress(address)!;
    for (let n = 0; n < MOST; n++) {
      const octets = following(first, n);
      if (!isHost(octets, first, prefix) || formatAddress(octets) === peer) continue;
      if (!this.#joined.has(keyOf(octets))) return octets;
    }
    return undefined;
  }

  /** As `#switch`, for a packet to an inner address; answers whether it is one. */
  #switchInner(packet: Uint8Array, flags: number, from: Socket): boolean {
    const owner = ownerOf(addressIn(packet, DESTINATION));
    if (owner === undefined) return false;
    const to = this.#members.get(owner)?.socket;
    if (to !== undefined && sendFrame(to, packet, flags)) return true;
    this.lost++;
    const reset = to === undefined ? resetFor(packet) : undefined;
    if (reset !== undefined) sendFrame(from, reset, PacketFlag.CHECKSUM_TRUSTED);
    return true;
  }

  /** Sends a process's packet where it belongs. */
  #switch(packet: Uint8Array, flags: number): void {
    const socket = this.#joined.get(destinationOf(packet));
    if (socket !== undefined) {
      if (!sendFrame(socket, packet, flags)) this.lost++;
      return;
    }
    this.#octets.set(packet, TRANSMIT);
    this.#link.send(packet.length, flags);
    if (this.#onBeyond !== undefined) this.#tellOf(packet);
  }

  /** Tells of a packet's destination where it is a host outside of the network. */
  #tellOf(packet: Uint8Array): void {
    const destination = addressIn(packet, DESTINATION);
    const isIn = (address: string, prefix: number) => {
      return samePrefix(parseAddress(address)!, destination, prefix);
    };
    if (destination.length === 0 || NO_HOSTS.some((range) => isIn(...range))) return;
    if (this.#sides.some(({ address, prefix }) => isIn(address, prefix))) return;
    const key = keyOf(destination);
    if (this.#beyond.has(key)) return;
    this.#beyond.add(key);
    const goesOn = this.#onBeyond!(destination) && this.#beyond.size < MOST_BEYOND;
    if (goesOn) return;
    this.#onBeyond = undefined;
    this.#turn?.again();
  }

  /** Ends it: every process that has joined is without a network. Harmless when repeated. */
  close(): void {
    this.#server.close();
    this.#shared?.close();
    for (const socket of new Set(this.#joined.values())) socket.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
    this.#link.close();
  }
}

function keyOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

/** The destination of a packet, as `keyOf`. */
function destinationOf(packet: Uint8Array): string {
  return keyOf(addressIn(packet, DESTINATION));
}

/** Whether a packet says to be from an inner address. */
function isInner(packet: Uint8Array): boolean {
  return ownerOf(addressIn(packet, SOURCE)) !== undefined;
}

/** The address `n` behind another. */
function following(first: Uint8Array, n: number): Uint8Array {
  const octets = first.slice();
  let carry = n;
  for (let i = octets.length - 1; carry > 0 && i >= 0; i--) {
    carry += octets[i]!;
    octets[i] = carry & 255;
    carry >>= 8;
  }
  return octets;
}

/** Whether an address is a host's in the network of another: IPv4's last is everybody's. */
function isHost(octets: Uint8Array, other: Uint8Array, prefix: number): boolean {
  const hasLast = octets.length === 4 && prefix <= 30;
  const isLast = hasLast && !samePrefix(following(octets, 1), other, prefix);
  return samePrefix(octets, other, prefix) && !isLast;
}
