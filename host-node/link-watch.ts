/**
 * Hearing of what becomes of an interface (rtnetlink(7), multicast groups): set down, set up, an
 * address taken away. Nothing is asked in between, so an idle process stays idle.
 *
 * Not here: what the interface is like now (`netlink.ts` asks), and what is to be done about it.
 */
import { closeSync } from 'node:fs';
import { libc, SOCK_CLOEXEC, SOCK_RAW, SystemError } from './libc.ts';
import { splitReplies } from './netlink-message.ts';
import { waitReadable } from './readiness.ts';

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
/** Groups of linux/rtnetlink.h, a bit each: links, and addresses of both families. */
const GROUPS = 0x1 | 0x10 | 0x100;
/** struct sockaddr_nl: family and padding (2 octets each), port, groups. */
const ADDRESS_SIZE = 12;
const MSG_DONTWAIT = 0x40;
const NEWLINK = 16;
const IFF_UP = 1;
const RECEIVE_SIZE = 65_536;

/**
 * Calls back after anything has changed about the interfaces or their addresses.
 *
 * @param onChange told whether this interface has been down meanwhile, even if it is up again
 * @returns a function that ends it
 * @throws SystemError where the kernel tells nobody
 */
export function watchLink(index: number, onChange: (wasDown: boolean) => void): () => void {
  const c = libc();
  const fd = c.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw new SystemError('cannot watch the interfaces', 'socket', c.errno());
  const address = new ArrayBuffer(ADDRESS_SIZE);
  new Uint16Array(address)[0] = AF_NETLINK;
  // Port 0: the kernel chooses one. Without any, it would take us for itself and tell us nothing.
  new Uint32Array(address)[2] = GROUPS;
  if (c.bind(fd, new Uint8Array(address), ADDRESS_SIZE) < 0) {
    const error = new SystemError('cannot watch the interfaces', 'bind', c.errno());
    closeSync(fd);
    throw error;
  }
  const buffer = new Uint8Array(RECEIVE_SIZE);
  const readiness = waitReadable(fd, () => {
    let wasDown = false;
    for (;;) {
      const length = c.recv(fd, buffer, buffer.length, MSG_DONTWAIT);
      if (length <= 0) break;
      for (const message of splitReplies(buffer.subarray(0, length))) {
        const isOurs = message.type === NEWLINK && message.i32(4) === index;
        if (isOurs && (message.u32(8) & IFF_UP) === 0) wasDown = true;
      }
    }
    // In a turn of its own: out of this callback nothing may be thrown.
    setImmediate(() => {
      if (isOpen) onChange(wasDown);
    });
  });
  readiness.unref();
  let isOpen = true;
  return () => {
    if (!isOpen) return;
    isOpen = false;
    readiness.close();
    closeSync(fd);
  };
}
