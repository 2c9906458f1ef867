/**
 * The descriptor of a device on its way to another process of the same user, over a unix socket
 * (SCM_RIGHTS, unix(7)). Both have the same queue of the device then, and may read and write it in
 * turn. It ends with the last of them.
 */
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { type Libc, libc, SOCK_CLOEXEC, SOCK_STREAM } from './libc.ts';

/** Generic Linux numbers (asm-generic/socket.h, linux/socket.h). */
const AF_UNIX = 1;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
/** struct sockaddr_un: the family, and a path with its end. */
const PATH_SIZE = 108;
/** struct msghdr, struct iovec and struct cmsghdr with one descriptor, of 64 bits. */
const MSGHDR_SIZE = 56;
const [IOV, IOV_COUNT, CONTROL, CONTROL_SIZE] = [16, 24, 32, 40];
const IOVEC_SIZE = 16;
const CMSG_LENGTH = 20;
const CMSG_SPACE = 24;
const [CMSG_LEVEL, CMSG_TYPE, CMSG_DATA] = [8, 12, 16];
/** How long the giver may take, milliseconds. */
const PATIENCE = 250;

/** A message of one octet, with room for a descriptor beside it. */
class Message {
  readonly header = Buffer.alloc(MSGHDR_SIZE);
  readonly control = new DataView(new ArrayBuffer(CMSG_SPACE));
  readonly #octet = Buffer.alloc(1);
  readonly #vector = new BigUint64Array(IOVEC_SIZE / 8);

  constructor(c: Libc) {
    const view = new DataView(this.header.buffer, this.header.byteOffset);
    const put = (at: number, value: number) => view.setBigUint64(at, BigInt(value), isLittle);
    this.#vector.set([BigInt(c.address(this.#octet)), 1n]);
    put(IOV, c.address(this.#vector));
    put(IOV_COUNT, 1);
    put(CONTROL, c.address(this.control));
    put(CONTROL_SIZE, CMSG_SPACE);
  }
}

/** The latest one: what C is given by its address has to stay. */
let kept: Message | undefined;

function makeMessage(c: Libc): Message {
  kept = new Message(c);
  return kept;
}

const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Gives a descriptor to who has connected; answers whether it is on its way. */
export function giveDescriptor(socket: Socket, fd: number): boolean {
  const { fd: to } = (socket as unknown as { _handle: { fd: number } })._handle;
  const c = libc();
  const { header, control } = makeMessage(c);
  control.setBigUint64(0, BigInt(CMSG_LENGTH), isLittle);
  control.setInt32(CMSG_LEVEL, SOL_SOCKET, isLittle);
  control.setInt32(CMSG_TYPE, SCM_RIGHTS, isLittle);
  control.setInt32(CMSG_DATA, fd, isLittle);
  return c.sendmsg(to, header, MSG_NOSIGNAL) === 1;
}

/** Takes the descriptor that is given at a path; undefined where none comes. */
export function takeDescriptor(path: string): number | undefined {
  const c = libc();
  const socket = c.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return undefined;
  try {
    const address = Buffer.alloc(2 + PATH_SIZE);
    new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX;
    address.write(path, 2, PATH_SIZE - 1);
    // struct timeval.
    const patience = new Uint8Array(BigInt64Array.of(0n, BigInt(PATIENCE * 1000)).buffer);
    c.setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, patience, patience.length);
    if (c.connect(socket, address, address.length) < 0) return undefined;
    const { header, control } = makeMessage(c);
    if (c.recvmsg(socket, header, MSG_CMSG_CLOEXEC) !== 1) return undefined;
    const isOne = Number(control.getBigUint64(0, isLittle)) === CMSG_LENGTH;
    const isRights = isOne && control.getInt32(CMSG_TYPE, isLittle) === SCM_RIGHTS;
    return isRights ? control.getInt32(CMSG_DATA, isLittle) : undefined;
  } finally {
    closeSync(socket);
  }
}
