/**
 * The users of a simulated host: what they were told to do, and what they do of themselves, as
 * plain data.
 *
 * No promise and no callback: after every event at its host each user looks at its connection and
 * does what it still has to do. So a copy of this state and of the core's memory is a copy of the
 * whole host. Data is never kept: what a user sends is made from its connection's number and the
 * place in the stream, and what it reads is compared with that.
 */
import { Memory, Option, Result } from '../../abi.ts';
import { toMapped } from '../../address.ts';
import { type Core, setEndpoint } from '../../core.ts';
import { codeOf } from '../../errors.ts';
import { changeSetting } from '../../sysctl.ts';
import type { Manners, SocketOptions, UserAction } from '../action.ts';

/** One connection or listener, as its user sees it. */
export interface SocketState {
  /** `A1`, `B:80`. */
  readonly name: string;
  /** Which connection of its host, from 1; 0 for a listener. */
  readonly number: number;
  readonly port: number;
  readonly manners: Manners;
  /** The core's name for it; 0 once released. */
  handle: number;
  /** Octets still to be given to SEND, and given so far. */
  toSend: number;
  sent: number;
  reads: boolean;
  /** Octets read, and how many of them were not what the peer's user sent. */
  received: number;
  strange: number;
  accepts: boolean;
  /** FIN behind what is to be sent; `closes`: let go then. */
  shuts: boolean;
  closes: boolean;
  isShut: boolean;
  /** The peer's FIN has been read. */
  isEnded: boolean;
  isOver: boolean;
}

/** All users of a host. */
export interface AppState {
  readonly sockets: readonly SocketState[];
  readonly count: number;
  readonly nextPort: number;
}

/** Is told what users do and read. */
export interface AppWitness {
  called(text: string, handle: number): void;
  delivered(socket: SocketState, octets: number, strange: number): void;
  signal(socket: SocketState, name: string): void;
}

/** What an address or a host's name stands for. */
export type Resolve = (name: string) => Uint8Array;

const FIRST_PORT = 40_000;
const END = -Result.CONNECTION_CLOSING;
/** The alphabets that connections' data is made of, in turn. */
const ALPHABETS = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789'];
const STREAMS = ALPHABETS.map((alphabet) => {
  const length = Memory.TEXT_SIZE + 26 * 10;
  return Uint8Array.from({ length }, (_, i) => alphabet.charCodeAt(i % alphabet.length));
});

/** What a connection's user sends from a place in its stream on. */
function dataOf(number: number, from: number, length: number): Uint8Array {
  const stream = STREAMS[(number - 1) % STREAMS.length]!;
  const period = ALPHABETS[(number - 1) % STREAMS.length]!.length;
  return stream.subarray(from % period, (from % period) + length);
}

const OPTIONS: Readonly<Record<keyof SocketOptions, Option>> = {
  noDelay: Option.NAGLE,
  delayedAckMs: Option.DELAYED_ACK_MS,
  sendBuffer: Option.SEND_BUFFER,
  receiveBuffer: Option.RECEIVE_BUFFER,
  maxSegmentSize: Option.MAX_SEGMENT_SIZE,
  userTimeoutMs: Option.USER_TIMEOUT_MS,
  keepAliveIdleMs: Option.KEEP_ALIVE_IDLE_MS,
  keepAliveIntervalMs: Option.KEEP_ALIVE_INTERVAL_MS,
  keepAliveCount: Option.KEEP_ALIVE_COUNT,
  keepAlive: Option.KEEP_ALIVE,
};

export class App {
  readonly #core: Core;
  readonly #host: string;
  readonly #resolve: Resolve;
  readonly #witness: AppWitness;
  #sockets: SocketState[] = [];
  #count = 0;
  #nextPort = FIRST_PORT;

  constructor(core: Core, host: string, resolve: Resolve, witness: AppWitness) {
    this.#core = core;
    this.#host = host;
    this.#resolve = resolve;
    this.#witness = witness;
  }

  get state(): AppState {
    const sockets = this.#sockets.map((socket) => ({ ...socket }));
    return { sockets, count: this.#count, nextPort: this.#nextPort };
  }

  set state({ sockets, count, nextPort }: AppState) {
    this.#sockets = sockets.map((socket) => ({ ...socket }));
    this.#count = count;
    this.#nextPort = nextPort;
  }

  /** The user of a handle. */
  ownerOf(handle: number): SocketState | undefined {
    return this.#sockets.find((socket) => socket.handle === handle);
  }

  // Being told --------------------------------------------------------------------

  perform(action: UserAction): void {
    switch (action.do) {
      case 'listen':
        this.#listen(action);
        return;
      case 'connect':
        this.#connect(action);
        return;
      case 'accept': {
        const listener = this.#listener(action.port);
        for (let i = action.count ?? 1; i > 0 && this.#accept(listener); i--);
        return;
      }
      case 'accepting':
        this.#listener(action.port).accepts = action.is;
        return;
      case 'unlisten': {
        const listener = this.#listener(action.port);
        this.#call('stop listening', listener, (handle) => this.#core.close(handle));
        return;
      }
      case 'set':
        changeSetting(this.#core, action.name, action.value);
        this.#witness.called(`set ${action.name} ${action.value}`, 0);
        return;
      default:
        this.#performOn(this.#connection(action.on), action);
    }
  }

  #performOn(socket: SocketState, action: Extract<UserAction, { on?: string }>): void {
    const called = (text: string) => this.#witness.called(text, socket.handle);
    switch (action.do) {
      case 'send':
        called(`send ${action.octets} octets`);
        if (socket.handle !== 0) socket.toSend += action.octets;
        else this.#witness.signal(socket, codeOf(Result.CONNECTION_DOES_NOT_EXIST));
        return;
      case 'read':
        called(`read ${action.octets} octets`);
        this.#read(socket, action.octets);
        return;
      case 'reading':
        called(action.is ? 'read what arrives' : 'stop reading');
        socket.reads = action.is;
        return;
      case 'shutdown':
        called('shutdown: no more text will be sent');
        socket.shuts = true;
        return;
      case 'close':
        called('close');
        socket.closes = true;
        return;
      case 'abort':
        this.#call('abort', socket, (handle) => this.#core.abort(handle));
        return;
    }
  }

  #call(text: string, socket: SocketState, work: (handle: number) => number): void {
    const result = work(socket.handle);
    this.#witness.called(text, socket.handle);
    if (result < 0) this.#witness.signal(socket, codeOf(-result));
  }

  #open(name: string, number: number, port: number, given: SocketOptions & Manners): SocketState {
    const socket: SocketState = {
      name,
      number,
      port,
      manners: manners(given),
      handle: this.#core.create(),
      toSend: 0,
      sent: 0,
      reads: given.reads ?? true,
      received: 0,
      strange: 0,
      accepts: true,
      shuts: false,
      closes: false,
      isShut: false,
      isEnded: false,
      isOver: false,
    };
    for (const [key, option] of Object.entries(OPTIONS)) {
      const value = given[key as keyof SocketOptions];
      if (value === undefined) continue;
      const number = key === 'noDelay' ? Number(!value) : Number(value);
      if (this.#core.setOption(socket.handle, option, number) !== Result.OK) {
        throw new RangeError(`${key} can not be ${value}`);
      }
    }
    this.#sockets.push(socket);
    return socket;
  }

  #listen(action: Extract<UserAction, { do: 'listen' }>): void {
    const { port, backlog = 8, accepts = true } = action;
    const socket = this.#open(`${this.#host}:${port}`, 0, port, action);
    socket.accepts = accepts;
    setEndpoint(this.#core, null, port, null, 0);
    this.#call(`listen ${port}, backlog ${backlog}`, socket, (handle) =>
      this.#core.listen(handle, backlog),
    );
  }

  #connect(action: Extract<UserAction, { do: 'connect' }>): void {
    const number = ++this.#count;
    const from = action.from ?? this.#nextPort++;
    const socket = this.#open(`${this.#host}${number}`, number, from, action);
    setEndpoint(this.#core, null, from, toMapped(this.#resolve(action.to)), action.port);
    const result = this.#core.connect(socket.handle);
    this.#witness.called(`connect ${action.to}:${action.port}`, socket.handle);
    if (result >= 0) return;
    this.#over(socket, -result);
  }

  #listener(port?: number): SocketState {
    const socket = this.#sockets.findLast(
      (one) => one.number === 0 && !one.isOver && (port === undefined || one.port === port),
    );
    if (socket === undefined) throw new RangeError(`${this.#host} does not listen`);
    return socket;
  }

  #connection(name?: string): SocketState {
    const socket = this.#sockets.findLast(
      (one) => one.number > 0 && (name === undefined || one.name === name),
    );
    if (socket === undefined) {
      throw new RangeError(
        `${this.#host} has no connection${name === undefined ? '' : ` ${name}`}`,
      );
    }
    return socket;
  }

  // Of themselves -----------------------------------------------------------------

  /** Every user does what it has to do now; answers whether any did something. */
  react(): boolean {
    let isAnything = false;
    // A connection that is accepted here gets its turn in the same round.
    for (let i = 0; i < this.#sockets.length; i++) {
      const socket = this.#sockets[i]!;
      if (socket.handle === 0) continue;
      isAnything = this.#look(socket) || isAnything;
    }
    return isAnything;
  }

  #look(socket: SocketState): boolean {
    if (socket.number === 0) {
      let isAnything = false;
      while (socket.accepts && this.#accept(socket)) isAnything = true;
      return isAnything;
    }
    let isAnything = socket.reads && this.#read(socket, Number.POSITIVE_INFINITY);
    isAnything = this.#write(socket) || isAnything;
    if (socket.toSend === 0 && socket.closes) {
      this.#release(socket);
      return true;
    }
    if (socket.toSend === 0 && socket.shuts && !socket.isShut) {
      socket.isShut = true;
      this.#core.close(socket.handle);
      isAnything = true;
    }
    // What had arrived before a normal end has been read by now, unless the user will not.
    if (socket.isOver && socket.reads) this.#release(socket);
    return isAnything;
  }

  #accept(listener: SocketState): boolean {
    const handle = this.#core.accept(listener.handle);
    if (handle <= 0) return false;
    const number = ++this.#count;
    const { reads = true, closesAfterPeer = true, echoes = false } = listener.manners;
    const socket: SocketState = {
      ...listener,
      name: `${this.#host}${number}`,
      number,
      handle,
      manners: { reads, closesAfterPeer, echoes },
      reads,
    };
    this.#sockets.push(socket);
    this.#witness.signal(socket, 'accepted');
    return true;
  }

  #read(socket: SocketState, most: number): boolean {
    const { textWindow } = this.#core;
    const wasEnded = socket.isEnded;
    let total = 0;
    let strange = 0;
    while (total < most && !socket.isEnded && socket.handle !== 0) {
      const n = this.#core.receive(socket.handle, Math.min(most - total, Memory.TEXT_SIZE));
      if (n > 0) {
        strange += differences(textWindow, dataOf(socket.number, socket.received + total, n), n);
        total += n;
      } else {
        if (n === END) socket.isEnded = true;
        break;
      }
    }
    if (total > 0) {
      socket.received += total;
      socket.strange += strange;
      if (socket.manners.echoes) socket.toSend += total;
      this.#witness.delivered(socket, total, strange);
    }
    if (!socket.isEnded || wasEnded) return total > 0;
    this.#witness.signal(socket, 'eof');
    if (socket.manners.closesAfterPeer) socket.closes = true;
    return true;
  }

  #write(socket: SocketState): boolean {
    let isAnything = false;
    while (socket.toSend > 0) {
      const length = Math.min(socket.toSend, Memory.TEXT_SIZE);
      this.#core.textWindow.set(dataOf(socket.number, socket.sent, length));
      const taken = this.#core.send(socket.handle, length);
      if (taken < 0) {
        this.#witness.signal(socket, codeOf(-taken));
        socket.toSend = 0;
        break;
      }
      socket.toSend -= taken;
      socket.sent += taken;
      isAnything ||= taken > 0;
      if (taken < length) break;
    }
    return isAnything;
  }

  /** The connection is over, and how. */
  over(handle: number, result: Result): void {
    const socket = this.ownerOf(handle);
    if (socket !== undefined) this.#over(socket, result);
  }

  #over(socket: SocketState, result: Result): void {
    socket.isOver = true;
    // What had arrived before a normal end is still read.
    if (result === Result.OK && socket.reads) this.#read(socket, Number.POSITIVE_INFINITY);
    this.#witness.signal(socket, result === Result.OK ? 'closed' : codeOf(result));
    if (result !== Result.OK) this.#release(socket);
  }

  #release(socket: SocketState): void {
    this.#core.release(socket.handle);
    socket.handle = 0;
  }
}

function manners({ reads = true, closesAfterPeer, echoes = false }: Manners): Manners {
  return closesAfterPeer === undefined ? { reads, echoes } : { reads, closesAfterPeer, echoes };
}

function differences(octets: Uint8Array, expected: Uint8Array, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (octets[i] !== expected[i]) count++;
  return count;
}
