/**
 * One device for a program and all the processes and workers it starts: each has a stack of its
 * own, with the next address of the network, and is joined to this by a stream. Packets go where
 * their destination says; what is nobody's here goes to the device.
 *
 * It runs in a process of its own: a program that waits for a child, and does nothing meanwhile,
 * must not keep that child from its network.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Memory } from '../../host-web/abi.ts';
import { formatAddress, parseAddress, samePrefix } from '../../host-web/address.ts';
import type { Link } from '../../host-web/link/link.ts';
import { frameReader, sendFrame } from './frames.ts';

/** What a process is told that joins, as a line of JSON. */
export interface Welcome {
  /** Its addresses, one of each family, with the prefix of the network. */
  readonly sides: readonly Omit<Side, 'peer'>[];
  readonly mtu: number;
  /** The device's name. */
  readonly device: string;
  /** Whether packets may be several segments, with checksums left to the device. */
  readonly offload: boolean;
  /** How many were there before it, dead ones too: no two stacks have the same seed. */
  readonly index: number;
}

/** One family of the network. */
interface Side {
  readonly address: string;
  readonly prefix: number;
  readonly peer: string;
}

/** Where the destination stands in the header of each version. */
const DESTINATION: Readonly<Record<number, readonly [from: number, to: number]>> = {
  4: [16, 20],
  6: [24, 40],
};
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
  /** Hears of a destination outside of the network, once; answers whether of others, too. */
  #onBeyond: ((destination: Uint8Array) => boolean) | undefined;
  readonly #beyond = new Set<string>();
  #count = 0;

  /**
   * @param link to the device, which is closed with this
   * @param device its name
   * @param onBeyond hears of each destination outside of the network, while it answers true
   */
  constructor(
    link: Link,
    sides: readonly Side[],
    device: string,
    onBeyond?: (destination: Uint8Array) => boolean,
  ) {
    this.#onBeyond = onBeyond;
    this.#link = link;
    this.#sides = sides;
    this.#device = device;
    this.#folder = mkdtempSync(join(tmpdir(), 'netcell-run-'));
    this.path = join(this.#folder, 'switch');
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  /** Begins. @throws Error when the socket cannot be made */
  async open(): Promise<void> {
    this.#link.attach({
      memory: this.#memory,
      receiveAt: RECEIVE,
      receiveSize: PACKET_SIZE,
      transmitAt: TRANSMIT,
      input: (length, flags) => {
        const packet = this.#octets.subarray(RECEIVE, RECEIVE + length);
        const socket = this.#joined.get(destinationOf(packet));
        if (socket === undefined || !sendFrame(socket, packet, flags)) this.lost++;
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
    socket.once('close', () => {
      for (const key of keys) this.#joined.delete(key);
    });
    const welcome: Welcome = {
      sides: (addresses as Uint8Array[]).map((octets, i) => {
        return { address: formatAddress(octets), prefix: this.#sides[i]!.prefix };
      }),
      mtu: this.#link.mtu,
      device: this.#device,
      offload: this.#link.offloads !== undefined && this.#link.offloads.segments > 0,
      index: this.#count++,
    };
    socket.write(`${JSON.stringify(welcome)}\n`);
    const read = frameReader((packet, flags) => this.#switch(packet, flags));
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

  /** Sends a process's packet where it belongs. */
  #switch(packet: Uint8Array, flags: number): void {
    const socket = this.#joined.get(destinationOf(packet));
    if (socket !== undefined) {
      if (!sendFrame(socket, packet, flags)) this.lost++;
      return;
    }
    this.#octets.set(packet, TRANSMIT);
    this.#link.send(packet.length, flags);
    if (this.#onBeyond !== undefined) this.#look(packet);
  }

  /** Tells of a packet's destination where it is a host outside of the network. */
  #look(packet: Uint8Array): void {
    const destination = packet.subarray(...(DESTINATION[packet[0]! >> 4] ?? [0, 0]));
    const isIn = (address: string, prefix: number) => {
      return samePrefix(parseAddress(address)!, destination, prefix);
    };
    if (destination.length === 0 || NO_HOSTS.some((range) => isIn(...range))) return;
    if (this.#sides.some(({ address, prefix }) => isIn(address, prefix))) return;
    const key = keyOf(destination);
    if (this.#beyond.has(key)) return;
    this.#beyond.add(key);
    const goesOn = this.#onBeyond!(destination) && this.#beyond.size < MOST_BEYOND;
    if (!goesOn) this.#onBeyond = undefined;
  }

  /** Ends it: every process that has joined is without a network. Harmless when repeated. */
  close(): void {
    this.#server.close();
    for (const socket of new Set(this.#joined.values())) socket.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
    this.#link.close();
  }
}

function keyOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

/** The destination of a packet, as `keyOf`; empty where it is no IP. */
function destinationOf(packet: Uint8Array): string {
  const place = DESTINATION[packet[0]! >> 4];
  return place === undefined ? '' : keyOf(packet.subarray(...place));
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
