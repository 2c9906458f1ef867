/**
 * A TCP socket of the kernel's, by its system calls: Node's `net` has no SO_LINGER, can not bind a
 * port of TIME-WAIT, and reads whether asked or not.
 *
 * Nothing blocks and nothing waits: `look` is called until what is waited for has come.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoName, koffi, libc, SOCK_CLOEXEC, SOCK_STREAM } from '../../host-node/libc.ts';
import { parseAddress } from '../../host-web/address.ts';
import { connectionOf, stateBySs } from './kernel-table.ts';
import { RECEIVE_BUFFER, type Side, type Tuple } from './side.ts';

const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const SO_KEEPALIVE = 9;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
/** Options of a connection that the sequences use (linux/tcp.h). */
export const TcpOption = {
  KEEPIDLE: 4,
  KEEPINTVL: 5,
  KEEPCNT: 6,
  LINGER2: 8,
  USER_TIMEOUT: 18,
  FASTOPEN_CONNECT: 30,
  FASTOPEN_NO_COOKIE: 34,
} as const;

/** Where text is received; nothing stays there. */
const into = Buffer.alloc(65_536);
let shutdown: ((fd: number, how: number) => number) | undefined;

/** `struct sockaddr_in` or `sockaddr_in6`. */
function socketAddress(address: string, port: number): Uint8Array {
  const octets = parseAddress(address)!;
  const is4 = octets.length === 4;
  const result = new Uint8Array(is4 ? 16 : 28);
  new Uint16Array(result.buffer, 0, 1)[0] = is4 ? 2 : 10;
  new DataView(result.buffer).setUint16(2, port);
  result.set(octets, is4 ? 4 : 8);
  return result;
}

function int(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

export class KernelSide implements Side {
  readonly name = 'kernel';
  received = '';
  hasEnded = false;
  error = '';
  isDeaf = false;
  readonly #tuple: Tuple;
  #listener = -1;
  #fd = -1;
  /** What the socket had no room for. */
  #unsent = '';
  #process: ChildProcess | undefined;

  constructor(tuple: Tuple) {
    this.#tuple = tuple;
  }

  listen(): void {
    this.#listener = this.#socket();
    this.#check(libc().listen(this.#listener, 8));
  }

  connect(...options: (keyof typeof TcpOption)[]): void {
    this.renew();
    this.#fd = this.#socket();
    for (const option of options) this.setOption(option, 1);
    const { netcell, netcellPort } = this.#tuple;
    const to = socketAddress(netcell, netcellPort);
    if (libc().connect(this.#fd, to, to.length) !== 0) this.#fail('EINPROGRESS');
  }

  /** Connects from a process of its own, which reads nothing. */
  connectAsProcess(): void {
    const { kernel, kernelPort, netcell, netcellPort } = this.#tuple;
    const from = { localAddress: kernel, localPort: kernelPort };
    const options = JSON.stringify({ host: netcell, port: netcellPort, ...from });
    // Should we end before it, the end of its standard input ends it.
    const script = `require('node:net').connect(${options}).pause();
      process.stdin.resume().on('end', () => process.exit())`;
    this.#process = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 2, 2] });
  }

  /** No last words: SIGKILL. */
  killProcess(): void {
    this.#process?.kill('SIGKILL');
  }

  /** The next connection has nothing of the one before. */
  renew(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    this.received = this.error = this.#unsent = '';
    this.hasEnded = false;
  }

  setOption(option: keyof typeof TcpOption, value: number): void {
    const octets = int(value);
    const name = TcpOption[option];
    this.#check(libc().setsockopt(this.#fd, IPPROTO_TCP, name, octets, octets.length));
  }

  giveUpAfter(milliseconds: number): void {
    this.setOption('USER_TIMEOUT', milliseconds);
  }

  keepAlive(): void {
    this.setOption('KEEPIDLE', 1);
    this.setOption('KEEPINTVL', 1);
    this.setOption('KEEPCNT', 8);
    this.#set(this.#fd, SO_KEEPALIVE, 1);
  }

  orphanFor(milliseconds: number): void {
    this.setOption('LINGER2', milliseconds / 1000);
  }

  get isHolding(): boolean {
    return this.#fd >= 0;
  }

  send(text: string): void {
    this.#unsent += text;
    this.#send();
  }

  #send(): void {
    while (this.#unsent !== '') {
      const octets = Buffer.from(this.#unsent.slice(0, 65_536), 'latin1');
      const sent = libc().send(this.#fd, octets, octets.length, MSG_NOSIGNAL);
      if (sent > 0) this.#unsent = this.#unsent.slice(sent);
      else {
        // EINPROGRESS: Fast Open has made it the text of a SYN.
        if (this.#fail('EAGAIN', 'EINPROGRESS') !== 'EAGAIN') this.#unsent = '';
        return;
      }
    }
  }

  finish(): void {
    shutdown ??= koffi().load(null).func('int shutdown(int fd, int how)');
    this.#check(shutdown(this.#fd, SHUT_WR));
  }

  close(): void {
    closeSync(this.#fd);
    this.#fd = -1;
  }

  reset(): void {
    this.#set(this.#fd, SO_LINGER, 1, 0);
    this.close();
  }

  stopListening(): void {
    if (this.#listener >= 0) closeSync(this.#listener);
    this.#listener = -1;
  }

  sendAfterFin(): string {
    libc().send(this.#fd, Buffer.from('late'), 4, MSG_NOSIGNAL);
    return errnoName(libc().errno());
  }

  look(): void {
    const c = libc();
    if (this.#fd < 0 && this.#listener >= 0) {
      this.#fd = c.accept(this.#listener, null, null);
      // Not inherited from the listener; 4 is F_SETFL.
      if (this.#fd >= 0) c.fcntl(this.#fd, 4, SOCK_NONBLOCK);
    }
    if (this.#fd < 0) return;
    const value = new Uint32Array(1);
    const octets = new Uint8Array(value.buffer);
    c.getsockopt(this.#fd, SOL_SOCKET, SO_ERROR, octets, Uint32Array.of(4));
    if (value[0] !== 0) this.error ||= errnoName(value[0]!);
    this.#send();
    if (!this.isDeaf) this.#receive();
  }

  #receive(): void {
    for (;;) {
      const length = libc().recv(this.#fd, into, into.length, 0);
      if (length < 0) {
        // ENOTCONN: not connected yet, or no more.
        this.#fail('EAGAIN', 'ENOTCONN');
        return;
      }
      if (length === 0) {
        this.hasEnded = true;
        return;
      }
      this.received += into.toString('latin1', 0, length);
    }
  }

  state(): string {
    return connectionOf(this.#tuple.kernelPort, this.#tuple.netcellPort)?.state ?? 'none';
  }

  sendQueue(): number {
    return connectionOf(this.#tuple.kernelPort, this.#tuple.netcellPort)?.sendQueue ?? 0;
  }

  lastWord(): Promise<string> {
    return stateBySs(this.#tuple.kernelPort, this.#tuple.netcellPort);
  }

  dispose(): void {
    this.killProcess();
    this.stopListening();
    if (this.#fd >= 0) this.reset();
  }

  /** A socket on our address and port, which TIME-WAIT does not keep from being bound. */
  #socket(): number {
    const c = libc();
    const from = socketAddress(this.#tuple.kernel, this.#tuple.kernelPort);
    const type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const fd = c.socket(from.length === 16 ? 2 : 10, type, 0);
    this.#check(fd);
    this.#set(fd, SO_REUSEADDR, 1);
    this.#set(fd, SO_RCVBUF, RECEIVE_BUFFER);
    this.#check(c.bind(fd, from, from.length));
    return fd;
  }

  #set(fd: number, option: number, ...values: number[]): void {
    const octets = int(...values);
    this.#check(libc().setsockopt(fd, SOL_SOCKET, option, octets, octets.length));
  }

  #check(result: number): void {
    if (result < 0) throw new Error(`a system call failed: ${errnoName(libc().errno())}`);
  }

  /** Remembers the first error that was not meant to happen. */
  #fail(...meant: string[]): string {
    const errno = libc().errno();
    const code = errno === constants.errno.EAGAIN ? 'EAGAIN' : errnoName(errno);
    if (!meant.includes(code)) this.error ||= code;
    return code;
  }
}
