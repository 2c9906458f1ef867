/**
 * The stack: one core, its clock, its link, and the pump that joins them.
 *
 * `pump` is the whole host: tell the time, let packets out until none is left, hand out the news,
 * wake at the deadline. Everything else here is doors into the core, one call each. Not here:
 * streams and promises (`streams/`), which stand on `openConnection` and
 * `openListener` like anybody else.
 */
import { Memory, NewsField, type Reason, Result, RouteAdviceField } from './abi.ts';
import {
  checkPort,
  describeEndpoint,
  formatAddress,
  formatMapped,
  parseAddress,
  parseEndpoint,
  type SocketAddress,
  toMapped,
} from './address.ts';
import { type Alarm, type Clock, NEVER, turn } from './clock.ts';
import { type Core, giveAddress, setEndpoint } from './core.ts';
import { readCounters, readSockets, type TcpInfo } from './inspect.ts';
import type { Link, LinkPort } from './link/link.ts';
import { type PacketStreams, streamsLink } from './link/streams.ts';
import { type PingOptions, type PingReply, Pings } from './ping.ts';
import type { WasmModule } from './platform.ts';
import { failure } from './raw/failure.ts';
import { type Host, RawConnection, RawListener } from './raw/raw.ts';
import {
  type OpenListenerOptions,
  type OpenOptions,
  openAlong,
  routeOption,
  type StackOptions,
  tuneFirst,
} from './raw/tuning.ts';
import { Listener, type ListenOptions } from './streams/listener.ts';
import { asyncDispose } from './streams/settle.ts';
import { connectSocket, type ConnectOptions, type Socket } from './streams/socket.ts';
import { changeSetting, createTuned, readSetting, type SysctlName } from './sysctl.ts';
import { TraceReader } from './trace.ts';

export type { TcpInfo } from './inspect.ts';
export type { OpenListenerOptions, OpenOptions, StackOptions } from './raw/tuning.ts';

/** Milliseconds the core's clock is ahead of the host's: there, zero means "never". */
const EPOCH = 1000;
/** Times a pump goes round before others get their turn. */
const ROUNDS = 16;
const EPHEMERAL_FIRST = 49_152;
const EPHEMERAL_COUNT = 16_384;

/** A TCP/IP stack. */
export class Stack implements Host {
  /** The core's door: for tests and tools. */
  readonly core: Core;
  readonly clock: Clock;
  readonly #alarm: Alarm;
  readonly #owners = new Map<number, RawConnection | RawListener>();
  readonly #pings: Pings;
  readonly #addresses: string[] = [];
  readonly #mtu: number | undefined;
  #link: Link | null = null;
  #listeners = 0;
  #nextPort: number;
  #isClosed = false;
  #isAwake = false;
  #isPumping = false;
  #isPumpedAgain = false;
  /** The core knows the time: a link's batch is being taken in. */
  #isTold = false;
  #advices = 0;

  constructor(module: WasmModule, clock: Clock, options: StackOptions) {
    const { limits = {}, sysctl = {} } = options;
    const mtu = options.mtu ?? (sysctl['mtu'] as number | undefined);
    const seed = options.seed ?? crypto.getRandomValues(new Uint8Array(32));
    const all = mtu === undefined ? limits : { ...limits, mtu };
    this.core = createTuned(module, all, sysctl, seed);
    this.clock = clock;
    this.#mtu = mtu;
    this.#alarm = clock.alarm(() => this.pump());
    this.#nextPort = (seed[0]! << 8) | seed[1]!;
    this.#pings = new Pings(this.core, clock, (seed[2]! << 8) | seed[3]!);
    for (const address of [options.address ?? []].flat()) this.addAddress(address);
  }

  /** Gives the stack one more address, with the prefix of its network: `'10.0.0.1/24'`. */
  addAddress(text: string): void {
    this.#addresses.push(giveAddress(this.core, text));
  }

  /** Its own addresses, in the order they were given: `'10.0.0.1'`. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  // The pump -----------------------------------------------------------------------

  /**
   * Does everything there is to do now. Links and clocks call it; within itself it goes round
   * again.
   */
  pump(): void {
    this.#isPumpedAgain = this.#isPumping;
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    try {
      let rounds = ROUNDS;
      do {
        this.#isAwake = false;
        this.#isPumpedAgain = false;
        this.core.poll(this.clock.now() + EPOCH);
        this.#advise();
        // News first: what users read now, the acknowledgment's window tells at once. And after:
        // what was for ourselves has come back by then.
        this.#deliver();
        this.#transmit();
        this.#deliver();
      } while (this.#isPumpedAgain && --rounds > 0);
    } finally {
      this.#isPumping = false;
      this.#isTold = false;
    }
    if (this.#isPumpedAgain) this.wake();
    const at = this.core.deadlineMs();
    const isHeld = this.core.used(0) > this.#listeners;
    this.#alarm.set(at < NEVER ? Math.round(1000 * (at - EPOCH)) / 1000 : NEVER, isHeld);
  }

  #transmit(): void {
    const { core } = this;
    const link = this.#link;
    // Without a link packets go nowhere, as on a wire that is cut.
    if (link === null) while (core.output() !== 0);
    else {
      for (let length = core.output(); length !== 0; length = core.output()) link.send(length);
      link.flush?.();
    }
    if (this.#pings.waiting > 0) this.#pings.look();
  }

  /** IP has been advised against a route: who may know better is the link. */
  #advise(): void {
    const { view, octets } = this.core;
    const at = Memory.ROUTE_ADVICE;
    const count = view.getUint32(at + RouteAdviceField.count, true);
    if (count === this.#advices) return;
    this.#advices = count;
    this.#link?.advise?.(formatMapped(octets.subarray(at, at + 16)));
  }

  #deliver(): void {
    const { view } = this.core;
    for (let handle = this.core.signal(); handle !== 0; handle = this.core.signal()) {
      const events = view.getUint32(Memory.NEWS + NewsField.events, true);
      const result = view.getUint32(Memory.NEWS + NewsField.result, true) as Result;
      const reason = view.getUint32(Memory.NEWS + NewsField.reason, true) as Reason;
      this.#owners.get(handle)?.tell(events, result, reason);
    }
  }

  wake(): void {
    if (this.#isPumping) this.#isPumpedAgain = true;
    else if (!this.#isAwake) {
      this.#isAwake = true;
      this.clock.soon(this.#onSoon);
    }
  }

  refresh(): void {
    if (!this.#isPumping && !this.#isTold) this.core.poll(this.clock.now() + EPOCH);
  }

  forget(handle: number): void {
    if (this.#owners.get(handle) instanceof RawListener) this.#listeners--;
    this.#owners.delete(handle);
  }

  readonly #onSoon = (): void => {
    if (this.#isAwake) this.pump();
  };

  readonly #input = (length: number, flags: number): void => {
    // Once for a batch: `pump` ends it. A user's call tells the time for itself alone, for what it
    // makes the stack do may wait for a turn, and packets may come before that.
    this.refresh();
    this.#isTold = true;
    this.core.input(length, flags);
    if (this.#pings.waiting > 0) this.#pings.look();
  };

  // The link -----------------------------------------------------------------------

  /**
   * Joins the stack to what carries its packets; a stack has one link at a time.
   *
   * @returns a function that takes the link away again, and closes it
   */
  attach(device: Link | PacketStreams): () => void {
    this.#check();
    if (this.#link !== null) throw new TypeError('the stack has a link already');
    const link = 'readable' in device ? streamsLink(device) : device;
    const { buffer } = this.core.memory;
    const port: LinkPort = {
      memory: buffer as ArrayBuffer,
      receiveAt: Memory.RECEIVE,
      receiveSize: Memory.PACKET_SIZE,
      transmitAt: Memory.TRANSMIT,
      input: this.#input,
      pump: () => this.pump(),
    };
    changeSetting(this.core, 'mtu', Math.min(link.mtu, this.#mtu ?? link.mtu));
    this.#link = link;
    link.attach(port);
    this.wake();
    return () => {
      if (this.#link !== link) return;
      this.#link = null;
      link.close();
    };
  }

  /** The link the stack is joined to. */
  get link(): Link | null {
    return this.#link;
  }

  // Raw connections and listeners --------------------------------------------------

  /**
   * OPENs a connection (RFC 9293 §3.10.1): `onOpened` or `onClosed` follows, never both before the
   * current task has ended.
   *
   * @throws TypeError or RangeError for arguments that make no sense; all else goes to `onClosed`
   */
  openConnection(address: string | SocketAddress, options: OpenOptions = {}): RawConnection {
    this.#check();
    const remote = parseEndpoint(address);
    if (remote === undefined) {
      throw new TypeError(
        `${describeEndpoint(address)} is not an address and a port, such as 10.0.0.2:80`,
      );
    }
    const local = options.localAddress === undefined ? null : this.#octets(options.localAddress);
    const localPort = checkPort(options.localPort ?? 0);
    const route = routeOption(options, remote.octets);
    this.refresh();
    const handle = this.core.create();
    const raw = new RawConnection(this, Math.max(handle, 0), false);
    raw.isPatient = options.patient ?? false;
    if (handle > 0) tuneFirst(raw, options);
    setEndpoint(this.core, local, localPort, toMapped(remote.octets), remote.port);
    const result = -(handle > 0 ? openAlong(this.core, handle, route) : handle) as Result;
    if (result === Result.OK) {
      this.#owners.set(handle, raw);
    } else {
      const hostname = formatAddress(remote.octets);
      raw.release();
      raw.name(hostname, remote.port);
      const error = failure(this.core, 'connect', result, hostname, remote.port);
      this.clock.soon(() => raw.end(error));
    }
    this.wake();
    return raw;
  }

  /**
   * Listens (passive OPEN, RFC 9293 §3.10.1).
   *
   * @throws SocketError EADDRINUSE, EADDRNOTAVAIL, ENOBUFS
   */
  openListener(options: OpenListenerOptions): RawListener {
    this.#check();
    const { hostname = '::', backlog = 511 } = options;
    const octets = this.#octets(hostname);
    const port = checkPort(options.port);
    this.refresh();
    const handle = this.core.create();
    if (handle <= 0) throw failure(this.core, 'listen', -handle, hostname, port);
    const raw = new RawListener(this, handle, this.#adopt);
    tuneFirst(raw, options);
    let result: Result;
    let left = port === 0 ? EPHEMERAL_COUNT : 1;
    do {
      setEndpoint(this.core, octets, port === 0 ? this.#ephemeralPort() : port, null, 0);
      result = -this.core.listen(handle, Math.min(Math.max(backlog, 1), 0xffff_ffff));
    } while (result === Result.ADDRESS_IN_USE && --left > 0);
    if (result !== Result.OK) {
      raw.release();
      throw failure(this.core, 'listen', result, hostname, port);
    }
    this.#owners.set(handle, raw);
    this.#listeners++;
    return raw;
  }

  readonly #adopt = (handle: number): RawConnection => {
    const raw = new RawConnection(this, handle, true);
    this.#owners.set(handle, raw);
    return raw;
  };

  #ephemeralPort(): number {
    this.#nextPort = (this.#nextPort + 1) % EPHEMERAL_COUNT;
    return EPHEMERAL_FIRST + this.#nextPort;
  }

  #octets(text: string): Uint8Array {
    const octets = parseAddress(text);
    if (octets === undefined) throw new TypeError(`${text} is not an address`);
    return toMapped(octets);
  }

  // Streams ------------------------------------------------------------------------

  /** Connects; what happens is told by the socket's promises, so this returns at once. */
  connect(address: string | SocketAddress, options: ConnectOptions = {}): Socket {
    return connectSocket(this, address, options);
  }

  /** Listens; what happens is told by the listener's promises. */
  listen(options: ListenOptions): Listener {
    return new Listener(this, options);
  }

  // Looking ------------------------------------------------------------------------

  /** Every connection, listener, child in SYN-RECEIVED and TIME-WAIT: `ss -tan`. */
  sockets(): TcpInfo[] {
    this.refresh();
    this.wake();
    return readSockets(this.core);
  }

  /** Counters since the stack was made, by the names of `nstat`. */
  counters(): Readonly<Record<string, bigint>> {
    return readCounters(this.core);
  }

  /** Changes a setting by the name of its sysctl: `tcp_sack`; `SETTINGS` has each. */
  set(name: SysctlName, value: number | boolean): void {
    changeSetting(this.core, name, value);
  }

  /** A setting. */
  get(name: SysctlName): number {
    return readSetting(this.core, name);
  }

  /** Turns the trace ring on, and reads it from here on. */
  trace(): TraceReader {
    this.set('trace', 1);
    return new TraceReader(this.core, 1000 * EPOCH);
  }

  /** Sends an ICMP echo request and waits for its reply. Rejects with ETIMEDOUT, ENETUNREACH. */
  async ping(host: string, options: PingOptions = {}): Promise<PingReply> {
    this.#check();
    const octets = parseAddress(host);
    if (octets === undefined) throw new TypeError(`${host} is not an address`);
    this.refresh();
    const reply = this.#pings.send(octets, host, options);
    this.wake();
    return reply;
  }

  // The end ------------------------------------------------------------------------

  /** Ends everything: connections by a RST, listeners, pings; then closes the link. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const owners = [...this.#owners.values()];
    this.refresh();
    for (const raw of owners) raw instanceof RawListener ? raw.close() : raw.abort();
    this.#pings.close();
    this.pump();
    // Called from within a pump, that one has the news still to hand out. Microtasks may run inside
    // it (Node runs them whenever a native callback returns), so only a turn of its own is surely
    // outside.
    while (this.#isPumping) await turn();
    this.#isClosed = true;
    this.#alarm.clear();
    this.#link?.close();
    this.#link = null;
  }

  /** Whether `close` has been called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(): void {
    if (this.#isClosed) throw new TypeError('the stack is closed');
  }
}
