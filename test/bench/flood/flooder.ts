/**
 * The flooder, a process of its own: `flooder.ts ADDRESS RATE SECONDS`.
 *
 * SYNs with right checksums from two times 65,536 addresses and any port, each another, through a
 * raw socket. Many leave by one call, so that the flooder takes little of the machine it shares.
 */
import { SOCK_RAW, koffi, libc } from '../../../host-node/libc.ts';
import { parseAddress } from '../../../host-web/address.ts';
import { stayOn } from '../core.ts';
import { comeFirst } from '../loss/processes.ts';
import { announce, conclude } from '../process.ts';
import { AF_INET, check, socketAddress } from '../sockets.ts';
import { PORT } from '../place.ts';
import type { Flooded } from './place.ts';

/** The protocol of a socket that only sends, and writes IP's header itself (raw(7)). */
const IPPROTO_RAW = 255;
const IP_HEADER = 20;
const MSS = 1460;
/** A header, and the MSS behind it. */
const SEGMENT = 24;
const PACKET = IP_HEADER + SEGMENT;
/** Packets in one call. */
const GROUP = 64;
/** struct mmsghdr, and struct iovec. */
const MESSAGE = 64;
const VECTOR = 16;
/** Milliseconds slept at a time; what is later than some of them is let go. */
const NAP = 1;
const LATEST = 4;
/** The benchmark network, 198.18.0.0/15. */
const NETWORK = (198 << 24) | (18 << 16);

/** A group of SYNs and the call that sends it. */
class Volley {
  readonly #packets = new DataView(new ArrayBuffer(GROUP * PACKET));
  readonly #messages = new BigUint64Array((GROUP * MESSAGE) / 8);
  readonly #vectors = new BigUint64Array((GROUP * VECTOR) / 8);
  /** The checksum's words that all have in common. */
  readonly #common: number;
  #random = 1;

  constructor(destination: Uint8Array) {
    const { address } = libc();
    const packets = address(this.#packets);
    const vectors = address(this.#vectors);
    for (let i = 0; i < GROUP; i++) {
      this.#vectors.set([BigInt(packets + i * PACKET), BigInt(PACKET)], 2 * i);
      this.#messages.set([0n, 0n, BigInt(vectors + i * VECTOR), 1n], 8 * i);
      this.#writeHeaders(i * PACKET, destination);
    }
    const view = new DataView(destination.buffer, destination.byteOffset, 4);
    const words = [view.getUint16(0), view.getUint16(2), 6, SEGMENT, PORT];
    words.push(0x6002, 0xffff, 0x0204, MSS);
    this.#common = words.reduce((a, b) => a + b);
  }

  #writeHeaders(at: number, destination: Uint8Array): void {
    const view = this.#packets;
    view.setUint16(at, 0x4500);
    view.setUint16(at + 2, PACKET);
    view.setUint8(at + 8, 64);
    view.setUint8(at + 9, 6);
    for (const [i, octet] of destination.entries()) view.setUint8(at + 16 + i, octet);
    const segment = at + IP_HEADER;
    view.setUint16(segment + 2, PORT);
    view.setUint16(segment + 12, 0x6002);
    view.setUint16(segment + 14, 0xffff);
    view.setUint16(segment + 20, 0x0204);
    view.setUint16(segment + 22, MSS);
  }

  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random;
  }

  /** Gives the first packets of the group other sources. */
  #renew(count: number): void {
    const view = this.#packets;
    for (let at = 0; at < count * PACKET; at += PACKET) {
      const source = (NETWORK | (this.#next() >>> 15)) >>> 0;
      const port = 1024 + (this.#next() >>> 17);
      const seq = this.#next();
      let sum = this.#common + (source >>> 16) + (source & 0xffff) + port;
      sum += (seq >>> 16) + (seq & 0xffff);
      sum = (sum & 0xffff) + (sum >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      view.setUint32(at + 12, source);
      view.setUint16(at + IP_HEADER, port);
      view.setUint32(at + IP_HEADER + 4, seq);
      view.setUint16(at + IP_HEADER + 16, ~sum);
    }
  }

  /** Sends so many; answers how many have left. */
  send(call: (messages: number, count: number) => number, count: number): number {
    this.#renew(count);
    return Math.max(0, call(libc().address(this.#messages), count));
  }
}

async function flood(address: string, rate: number, seconds: number): Promise<Flooded> {
  const c = libc();
  const fd = check(c.socket(AF_INET, SOCK_RAW, IPPROTO_RAW), c, 'socket');
  const to = socketAddress(address, 0);
  check(c.connect(fd, to, to.length), c, 'connect');
  const native = koffi().load(null);
  const sendmmsg = native.func('int sendmmsg(int fd, void *messages, uint count, int flags)');
  const call = (messages: number, count: number) => sendmmsg(fd, messages, count, 0) as number;
  const volley = new Volley(parseAddress(address)!);
  const never = new Int32Array(new SharedArrayBuffer(4));
  await announce();
  const startedAt = performance.now();
  let sent = 0;
  let missed = 0;
  for (let now = 0; now < seconds * 1000; now = performance.now() - startedAt) {
    const due = Math.floor((now * rate) / 1000) - missed;
    missed += Math.max(0, due - sent - Math.ceil((LATEST * rate) / 1000));
    for (let left = due - sent; left > 0; left -= GROUP) {
      sent += volley.send(call, Math.min(left, GROUP));
    }
    Atomics.wait(never, 0, 0, NAP);
  }
  return { sent };
}

// The flooded side has the first core.
stayOn(1);
comeFirst();
const [address = '', rate, seconds] = process.argv.slice(2);
conclude(await flood(address, Number(rate), Number(seconds)));
