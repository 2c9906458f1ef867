/**
 * The stack: one core, its clock, its link, its users, and the pump that joins them.
 *
 * What is here is doors into the core, one call each, and who owns which handle. Not here: the pump
 * and its alarm (`pump.ts`), what a link may throw (`link/attachment.ts`), and streams and promises
 * (`streams/`), which stand on `openConnection` and `openListener` like anybody else.
 */
import { Result } from './abi.ts';
import {
  checkPort,
  formatAddress,
  isHostName,
  octetsOf,
  parseEndpoint,
  type SocketAddress,
  toMapped,
} from './address.ts';
import { type Clock, turn } from './clock.ts';
import { type Core, giveAddress, setEndpoint } from './core.ts';
import type { SocketError } from './errors.ts';
import { readCounters, readSockets, type TcpInfo } from './inspect.ts';
import { readUdpSockets, type UdpInfo } from './inspect-udp.ts';
import { Attachment, linkOf, sharePorts } from './link/attachment.ts';
import type { Link, Linkable, LinkOwner } from './link/link.ts';
import type { PacketStreams } from './link/streams.ts';
import { type PingOptions, type PingReply, Pings } from './ping.ts';
import type { WasmModule } from './platform.ts';
import { EPOCH, Pump, PumpAlarm, type Pumped } from './pump.ts';
import { isDatagramHandle, type RawDatagram, RawDatagrams } from './raw/datagram.ts';
import { failure, noAddress, notFound } from './raw/failure.ts';
import { openRawListener } from './raw/listen.ts';
import { Owners } from './raw/owners.ts';
import { PassivePorts } from './raw/passive-ports.ts';
import { type Host, RawConnection, RawListener } from './raw/raw.ts';
import {
  checkOptions,
  type OpenListenerOptions,
  type OpenOptions,
  openAlong,
  sourceRouteOption,
  type StackOptions,
  tuneFirst,
} from './raw/tuning.ts';
import { type UdpOptions, UdpSocket } from './streams/datagrams.ts';
import { Listener, type ListenOptions } from './streams/listener.ts';
import { asyncDispose } from './streams/settle.ts';
import { connectSocket, type ConnectOptions, type Socket } from './streams/socket.ts';
import { changeSetting, createTuned, readSetting } from './sysctl.ts';
import type { SysctlName, SysctlValue, Triple, TripleName } from './sysctl.ts';
import { TraceReader } from './trace.ts';

export type { TcpInfo } from './inspect.ts';
export type { OpenListenerOptions, OpenOptions, StackOptions } from './raw/tuning.ts';

/** A TCP/IP stack. */
export class Stack implements Host {
  /** The core's door: for tests and tools. */
  readonly core: Core;
  readonly clock: Clock;
  readonly #pump: Pump;
  readonly #alarm: PumpAlarm;
  readonly #owners = new Owners<RawConnection | RawListener>();
  readonly #datagrams = new RawDatagrams(this);
  readonly #pings: Pings;
  readonly #addresses: string[] = [];
  readonly #mtu: number | undefined;
  #attachment: Attachment | null = null;
  readonly #ports: PassivePorts;
  /** Listeners, and connections whose owners see to it themselves whether the process goes on. */
  #unheld = 0;
  #isClosed = false;
  /** A pump is under way, once what runs now has ended. */
  #isAwake = false;
  #isBatch = false;

  constructor(module: WasmModule, clock: Clock, options: StackOptions) {
    const limits = options.limits ?? {};
    const sysctl = options.sysctl ?? {};
    const mtu = options.mtu ?? (sysctl['mtu'] as number | undefined);
    const seed = options.seed ?? crypto.getRandomValues(new Uint8Array(32));
    const all = mtu === undefined ? limits : { ...limits, mtu };
    this.core = createTuned(module, all, sysctl, seed);
    this.clock = clock;
    this.#mtu = mtu;
    this.#pump = new Pump(this.core, this.#pumped);
    this.#alarm = new PumpAlarm(clock, this.#pump, () => this.#attachment?.receive());
    this.#ports = new PassivePorts((seed[0]! << 8) | seed[1]!);
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

  /** Does everything there is to do now, for the link and users; timers wait for their alarm. */
  pump(): void {
    if (this.#isClosed) return;
    this.#isAwake = false;
    this.#pump.pump();
  }

  /** As `pump`, timers too: for a host whose event loop has ended. */
  poll(): void {
    if (!this.#isClosed) this.#pump.ring();
  }

  /** Does work that may wake the stack often: it pumps once, at the end. */
  batch(work: () => void): void {
    this.#isBatch = true;
    try {
      work();
    } finally {
      this.#isBatch = false;
      if (this.#isAwake) this.pump();
    }
  }

  wake(): void {
    if (this.#pump.again() || this.#isAwake) return;
    this.#isAwake = true;
    if (!this.#isBatch) this.clock.soon(this.#onSoon);
  }

  refresh(): void {
    this.#pump.refresh();
  }

  forget(handle: number): void {
    this.#owners.remove(handle);
  }

  unhold(connections: number): void {
    this.#unheld += connections;
  }

  #input(length: number, flags: number): number {
    const unclaimed = this.#pump.input(length, flags);
    if (this.#pings.waiting > 0) this.#pings.look();
    return unclaimed;
  }

  readonly #onSoon = (): void => {
    if (this.#isAwake) this.pump();
  };

  /** What the pump asks of a stack. */
  readonly #pumped: Pumped = {
    now: () => this.clock.now(),
    rang: () => {
      this.#attachment?.advise(this.core);
      this.#pings.expire();
    },
    signal: (handle, events, result, reason) => {
      if (isDatagramHandle(handle)) this.#datagrams.signal(handle, events, result, reason);
      else this.#owners.of(handle)?.signal(events, result, reason);
    },
    transmit: () => {
      const attachment = this.#attachment;
      // Without a link packets go nowhere, as on a wire that is cut.
      if (attachment === null) while (this.core.output() !== 0);
      else attachment.transmit(this.core);
      if (this.#pings.waiting > 0) this.#pings.look();
    },
    rested: () => {
      this.#isAwake = false;
      if (this.#pump.isUnfinished) this.wake();
      const { deadline } = this.#pump;
      if (this.#pings.waiting > 0) {
        this.#alarm.set(Math.min(deadline, this.#pings.deadline), true);
      } else {
        // What only waits for its peer's FIN, of which nobody will hear, is no reason to go on.
        const busy = this.core.used(0) - this.core.used(11);
        this.#alarm.set(deadline, busy > this.#unheld);
      }
    },
  };

  // The link -----------------------------------------------------------------------

  /**
   * Joins the stack to what carries its packets; a stack has one link at a time.
   *
   * @param owner is told what the link throws, and that it is over by itself
   * @returns a function that takes the link away again, and closes it
   */
  attach(device: Link | Linkable | PacketStreams, owner: LinkOwner = {}): () => void {
    this.#check();
    checkOptions(owner);
    if (this.#attachment !== null) throw new TypeError('the stack has a link already');
    const link = linkOf(device);
    changeSetting(this.core, 'mtu', Math.min(link.mtu, this.#mtu ?? link.mtu));
    if (link.share !== undefined) sharePorts(this.core, link.share);
    const leave = () => {
      if (this.#attachment === attachment) this.#attachment = null;
    };
    const attachment = new Attachment(link, owner, {
      clock: this.clock,
      memory: this.core.memory.buffer as ArrayBuffer,
      input: (length, flags) => this.#input(length, flags),
      pump: () => this.pump(),
      ended: leave,
    });
    this.#attachment = attachment;
    try {
      attachment.open();
    } catch (error) {
      leave();
      throw error;
    }
    this.wake();
    return () => {
      leave();
      attachment.close();
    };
  }

  /** The link the stack is joined to. */
  get link(): Link | null {
    return this.#attachment?.link ?? null;
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
    checkOptions(options);
    const remote = parseEndpoint(address);
    if (remote === undefined) return this.#refused(noAddress('connect', address));
    const { localAddress } = options;
    const local = localAddress === undefined ? null : toMapped(octetsOf(localAddress));
    const localPort = checkPort(options.localPort ?? 0);
    const sourceRoute = sourceRouteOption(options, remote.octets);
    this.refresh();
    const handle = this.core.create();
    const raw = new RawConnection(this, Math.max(handle, 0), false);
    raw.isPatient = options.patient ?? false;
    if (handle > 0) tuneFirst(raw, options);
    setEndpoint(this.core, local, localPort, toMapped(remote.octets), remote.port);
    const result = -(handle > 0 ? openAlong(this.core, handle, sourceRoute) : handle) as Result;
    if (result !== Result.OK) {
      raw.release();
      const hostname = formatAddress(remote.octets);
      return this.#refused(failure(this.core, 'connect', result, hostname, remote.port));
    }
    this.#owners.add(raw);
    this.wake();
    return raw;
  }

  /** A connection that nothing comes of; its user hears so once it has been returned. */
  #refused(error: SocketError): RawConnection {
    const raw = new RawConnection(this, 0, false);
    raw.name(error.address ?? '', error.port ?? 0);
    this.clock.soon(() => raw.end(() => error));
    return raw;
  }

  /**
   * Listens (passive OPEN, RFC 9293 §3.10.1).
   *
   * @throws SocketError EADDRINUSE, EADDRNOTAVAIL, ENOBUFS, ENOTFOUND
   */
  openListener(options: OpenListenerOptions): RawListener {
    this.#check();
    checkOptions(options);
    const raw = openRawListener(this, this.#ports, options, this.#adopt);
    this.#owners.add(raw);
    raw.unhold();
    return raw;
  }

  /** A socket of UDP that is bound to nothing. @throws SocketError ENOBUFS */
  openDatagram(): RawDatagram {
    this.#check();
    return this.#datagrams.open();
  }

  readonly #adopt = (handle: number): RawConnection => {
    const raw = new RawConnection(this, handle, true);
    this.#owners.add(raw);
    return raw;
  };

  // Streams ------------------------------------------------------------------------

  /** Connects; what happens is told by the socket's promises, so this returns at once. */
  connect(address: string | SocketAddress, options: ConnectOptions = {}): Socket {
    return connectSocket(this, address, options);
  }

  /** Listens; what happens is told by the listener's promises. */
  listen(options: ListenOptions): Listener {
    return new Listener(this, options);
  }

  /** A socket of UDP, as streams of datagrams. */
  udp(options: UdpOptions = {}): UdpSocket {
    return new UdpSocket(this, options);
  }

  // Looking ------------------------------------------------------------------------

  /** Every connection, listener, SYN-queue entry and TIME-WAIT record: `ss -tan`. */
  sockets(): TcpInfo[] {
    this.refresh();
    this.wake();
    return readSockets(this.core);
  }

  /** Every socket of UDP: `ss -uan`. */
  udpSockets(): UdpInfo[] {
    return readUdpSockets(this.core);
  }

  /** Counters since the stack was made, by the names of `nstat`. */
  counters(): Readonly<Record<string, bigint>> {
    return readCounters(this.core);
  }

  /** Changes a setting by the name of its sysctl: `tcp_sack`; `SETTINGS` has each. */
  set(name: SysctlName, value: SysctlValue): void {
    changeSetting(this.core, name, value);
  }

  /** A setting. */
  get(name: TripleName): Triple;
  get(name: SysctlName): number;
  get(name: SysctlName): number | Triple {
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
    checkOptions(options);
    if (isHostName(host)) throw notFound('ping', host);
    const octets = octetsOf(host);
    this.refresh();
    const reply = this.#pings.send(octets, host, options);
    this.wake();
    return reply;
  }

  // The end ------------------------------------------------------------------------

  /** Ends everything: connections by a RST, listeners, pings; then closes the link. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const owners = this.#owners.all();
    this.refresh();
    for (const raw of owners) raw instanceof RawListener ? raw.close() : raw.abort();
    this.#datagrams.close();
    this.#pings.close();
    this.pump();
    // A pump that this was called from has signals still to hand out. Microtasks may run inside it
    // (Node runs them whenever a native callback returns); a turn is surely outside.
    while (this.#pump.isRunning) await turn();
    this.#isClosed = true;
    this.#alarm.clear();
    const attachment = this.#attachment;
    this.#attachment = null;
    attachment?.close();
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
