/**
 * The C library, through koffi.
 *
 * Here is every native function the Node host calls, declared once, and the translation of `errno`
 * into an Error. What is not here: anything Node already does (open, close, readlink: `node:fs`
 * reports their errors better than we could), and any knowledge of TUN or netlink.
 *
 * koffi is loaded by the first call of `libc()`, not by importing this file: loading its addon
 * costs 5 ms, and most importers (the command line's `--help`, a type checker, a test that will
 * skip) never open a device. That needs a synchronous `require`, which `createRequire` supplies in
 * an ES module.
 */
import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/** An address in this process, or a view of memory; koffi takes either for a pointer. */
export type Pointer = number | bigint | ArrayBufferView | null;

/** koffi calls back with `(error, result)` once a worker thread has returned from the function. */
export type PollAsync = (
  fds: Uint8Array,
  count: number,
  timeoutMs: number,
  done: (error: Error | null, result: number) => void,
) => void;

/**
 * What the host needs of C. Each call returns what C returns, -1 for an error; `errno()` then says
 * which, provided no other native call came between.
 */
export interface Libc {
  /** Whether lengths are sane is the caller's business: koffi checks no bounds. */
  read(fd: number, to: Pointer, length: number): number;
  write(fd: number, from: Pointer, length: number): number;
  /** `vectors` are struct iovec: an address and a length, 64 bits each. */
  writev(fd: number, vectors: Pointer, count: number): number;
  ioctl(fd: number, request: number, argument: Pointer): number;
  /** The same function, for the requests whose argument is the value itself. */
  ioctlValue(fd: number, request: number, value: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  accept(fd: number, address: null, length: null): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: Uint32Array,
  ): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  send(fd: number, from: Pointer, length: number, flags: number): number;
  recv(fd: number, to: Pointer, length: number, flags: number): number;
  /** `message` is a struct msghdr. */
  sendmsg(fd: number, message: Pointer, flags: number): number;
  recvmsg(fd: number, message: Pointer, flags: number): number;
  if_nametoindex(name: string): number;
  unshare(flags: number): number;
  mount(
    source: string | null,
    target: string,
    type: string | null,
    flags: number,
    data: null,
  ): number;
  execve(path: string, argv: (string | null)[], environment: (string | null)[]): number;
  strerror(errno: number): string;
  /** poll(2) on a worker thread. The caller keeps `fds` alive until `done`: koffi does not. */
  pollAsync: PollAsync;
  errno(): number;
  /** Where a view's first octet lies, as a number: user addresses stay below 2^53 everywhere. */
  address(view: ArrayBufferView): number;
}

/** Generic Linux numbers (asm-generic/fcntl.h, bits/socket.h); Node's constants lack them. */
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0o2000000;

/** fcntl(2): set the descriptor's flags; FD_CLOEXEC is the only one there is. */
export const F_SETFD = 2;

/** unshare(2): a new network namespace, and a new mount namespace, for the calling thread. */
export const CLONE_NEWNET = 0x40000000;
export const CLONE_NEWNS = 0x00020000;

/** mount(2): what is mounted from here on is seen by nobody outside. */
export const MS_REC = 0x4000;
export const MS_PRIVATE = 0x40000;

const require = createRequire(import.meta.url);
let koffiModule: typeof Koffi | undefined;
let bindings: Libc | undefined;

/**
 * Load koffi (once) and return it.
 *
 * @throws Error with code ERR_DLOPEN_FAILED or MODULE_NOT_FOUND when koffi has no binary here.
 */
export function koffi(): typeof Koffi {
  koffiModule ??= require('koffi') as typeof Koffi;
  return koffiModule;
}

/** Return the C library, loading it on the first call. */
export function libc(): Libc {
  bindings ??= bindLibc();
  return bindings;
}

function bindLibc(): Libc {
  const ffi = koffi();
  // Node itself is linked with the C library, so its symbols are found without naming a file:
  // one line for glibc and musl alike.
  const c = ffi.load(null);
  const poll = c.func('int poll(void *fds, ulong count, int timeout)');
  return {
    // `int` results and lengths: no packet is larger, and a `long` could come back as a BigInt.
    read: c.func('int read(int fd, void *to, size_t length)'),
    write: c.func('int write(int fd, const void *from, size_t length)'),
    writev: c.func('int writev(int fd, const void *vectors, int count)'),
    // Variadic in C. The Linux calling conventions koffi supports pass such an argument as any
    // other.
    ioctl: c.func('int ioctl(int fd, ulong request, void *argument)'),
    ioctlValue: c.func('int ioctl(int fd, ulong request, ulong value)'),
    fcntl: c.func('int fcntl(int fd, int command, long argument)'),
    socket: c.func('int socket(int family, int type, int protocol)'),
    bind: c.func('int bind(int fd, const void *address, uint length)'),
    connect: c.func('int connect(int fd, const void *address, uint length)'),
    listen: c.func('int listen(int fd, int backlog)'),
    accept: c.func('int accept(int fd, void *address, void *length)'),
    setsockopt: c.func(
      'int setsockopt(int fd, int level, int name, const void *value, uint length)',
    ),
    getsockopt: c.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
    getsockname: c.func('int getsockname(int fd, void *address, void *length)'),
    send: c.func('int send(int fd, const void *from, size_t length, int flags)'),
    recv: c.func('int recv(int fd, void *to, size_t length, int flags)'),
    sendmsg: c.func('int sendmsg(int fd, const void *message, int flags)'),
    recvmsg: c.func('int recvmsg(int fd, void *message, int flags)'),
    if_nametoindex: c.func('uint if_nametoindex(const char *name)'),
    unshare: c.func('int unshare(int flags)'),
    mount: c.func(
      'int mount(const char *from, const char *to, const char *type, ulong flags, void *data)',
    ),
    execve: c.func('int execve(const char *path, const char **argv, const char **environment)'),
    strerror: c.func('const char *strerror(int errno)'),
    pollAsync: poll.async as PollAsync,
    errno: () => ffi.errno(),
    address: (view) => Number(ffi.address(view)),
  };
}

/**
 * A native call failed. `code` is the name of errno, as in Node's own errors; the message is one
 * sentence that ends with the system's words and that name.
 */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  /** @param what what could not be done, to stand before a colon: `cannot set the MTU of tun0` */
  constructor(what: string, syscall: string, errno: number, detail?: string) {
    const code = errnoName(errno);
    super(`${what}: ${detail ?? libc().strerror(errno)} (${code})`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** Name an errno: 1 is EPERM. Node's own table lacks some that a TUN device answers (EBADFD). */
export function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(koffi().os.errno)) {
    if (value === errno) return name;
  }
  return `errno ${errno}`;
}
