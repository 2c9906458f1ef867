/**
 * netcell: a TCP/IP stack in one WebAssembly module, for any runtime with web standards.
 *
 * ```ts
 * const stack = await createStack({ address: '10.0.0.1/24' })
 * stack.attach(device)
 * const socket = stack.connect('10.0.0.2:80')
 * ```
 */
import { RealClock } from './clock.ts';
import type { WasmModule } from './platform.ts';
import { checkOptions } from './raw/tuning.ts';
import { Stack, type StackOptions } from './stack.ts';
import { coreModule, coreModuleSync } from './wasm.ts';

export interface CreateStackOptions extends StackOptions {
  /**
   * The compiled core, for runtimes that do not compile: `import wasm from 'netcell/core.wasm'`.
   */
  module?: WasmModule;
}

/** Stacks that are given no clock share one, and with it their turns. */
const realClock = new RealClock();

/** Makes a stack. */
export async function createStack(options: CreateStackOptions = {}): Promise<Stack> {
  checkOptions(options);
  return makeStack(options.module ?? (await coreModule()), options);
}

/**
 * Makes a stack without waiting: where the platform compiles synchronously, or `module` is given.
 */
export function createStackSync(options: CreateStackOptions = {}): Stack {
  checkOptions(options);
  return makeStack(options.module ?? coreModuleSync(), options);
}

function makeStack(module: WasmModule, options: CreateStackOptions): Stack {
  return new Stack(module, options.clock ?? realClock, options);
}

export {
  LIMITS,
  Option,
  PacketFlag,
  Reason,
  REASONS,
  Result,
  SETTINGS,
  State,
  TraceKind,
  UdpOption,
} from './abi.ts';
export {
  formatAddress,
  formatEndpoint,
  isIP,
  parseAddress,
  parseEndpoint,
  parseInterfaceAddress,
} from './address.ts';
export type { InterfaceAddress, SocketAddress } from './address.ts';
export { type Alarm, type Clock, NEVER, RealClock, VirtualClock } from './clock.ts';
export type { Limits } from './core.ts';
export { explain, SocketError } from './errors.ts';
export { stateName, type TcpInfo, type TcpState } from './inspect.ts';
export type { Link, Linkable, LinkOwner, LinkPort, Offloads } from './link/link.ts';
export { pipe } from './link/pipe.ts';
export { relay } from './link/relay.ts';
export type { PacketStreams } from './link/streams.ts';
export {
  webSocketLink,
  type WebSocketLike,
  type WebSocketLinkOptions,
} from './link/websocket.ts';
export type { UdpInfo } from './inspect-udp.ts';
export type { PingOptions, PingReply } from './ping.ts';
export { type Datagram, RawDatagram } from './raw/datagram.ts';
export { END, RawConnection, RawListener } from './raw/raw.ts';
export type { RawSyn } from './raw/syn.ts';
export type { TuningOptions } from './raw/tuning.ts';
export { Stack } from './stack.ts';
export type { OpenListenerOptions, OpenOptions, StackOptions } from './stack.ts';
export type {
  OutgoingDatagram,
  UdpOpened,
  UdpOptions,
  UdpSocket,
} from './streams/datagrams.ts';
export type { Listener, ListenerAddress, ListenerInfo, ListenOptions } from './streams/listener.ts';
export type { ConnectOptions, Socket, SocketInfo } from './streams/socket.ts';
export {
  parseSysctl,
  type Sysctl,
  type SysctlName,
  type SysctlValue,
  type Triple,
  type TripleName,
} from './sysctl.ts';
export { type TraceEvent, TraceReader } from './trace.ts';
