/**
 * The binding: one instance of `core.wasm`, its windows as views, its exports with their types.
 *
 * Nothing here decides anything. Memory grows once, in `init`, so every view made afterwards stays
 * valid for as long as the instance lives (law 3).
 */
import {
  ConfigField,
  type Decision,
  EndpointField,
  LIMITS,
  Memory,
  RefusalField,
  Result,
  type Setting,
  type UdpOption,
} from './abi.ts';
import { formatAddress, parseInterfaceAddress, toMapped } from './address.ts';
import { Pieces } from './pieces.ts';
import type { WasmMemory, WasmModule } from './platform.ts';
import { describe } from './units.ts';

/**
 * The exports of the core; `assembly/index.ts` documents each. Handles and lengths are u32, results
 * i32.
 */
export interface Exports {
  readonly memory: WasmMemory;
  open(): number;
  init(): number;
  poll(nowMs: number): void;
  time(nowMs: number): void;
  input(length: number, flags: number): number;
  output(): number;
  deadlineMs(): number;
  signal(): number;
  addAddress(prefixLength: number): number;
  set(which: Setting, value: number): number;
  get(which: Setting): number;
  ping(sequence: number, length: number): number;
  create(): number;
  sourceRoute(handle: number, length: number): number;
  connect(handle: number): number;
  listen(handle: number, backlog: number): number;
  accept(handle: number): number;
  asked(handle: number): number;
  decide(decision: Decision): number;
  send(handle: number, length: number): number;
  lend(handle: number, length: number): number;
  commit(handle: number, length: number): number;
  urgent(handle: number): number;
  receive(handle: number, length: number): number;
  peek(handle: number, length: number): number;
  take(handle: number, length: number): number;
  close(handle: number): number;
  abort(handle: number): number;
  release(handle: number): number;
  status(handle: number): number;
  nextStatus(cursor: number): number;
  setOption(handle: number, option: number, value: number): number;
  udpOpen(): number;
  udpBind(handle: number): number;
  udpConnect(handle: number): number;
  udpSend(handle: number, length: number): number;
  udpReceive(handle: number): number;
  udpMembership(handle: number, isMember: number): number;
  udpGroupSource(handle: number): number;
  udpSetOption(handle: number, option: UdpOption, value: number): number;
  udpClose(handle: number): number;
  udpStatus(handle: number): number;
  nextUdpStatus(cursor: number): number;
  traceCount(): number;
  traceBase(): number;
  used(pool: number): number;
}

/** Limits of a core, chosen when it is made; 0 is the default. */
export type Limits = { readonly [Name in keyof typeof LIMITS]?: number };

/** One stack's memory, seen from outside. */
export interface Core extends Exports {
  /** All of linear memory. */
  readonly octets: Uint8Array;
  readonly view: DataView;
  /** The receive, transmit and text windows. */
  readonly receiveWindow: Uint8Array;
  readonly transmitWindow: Uint8Array;
  readonly textWindow: Uint8Array;
  /** Text that `peek` shows. */
  readonly pieces: Pieces;
}

/**
 * Instantiates a compiled core and lays out its memory.
 *
 * @param seed 32 octets nobody can guess; two cores must never share one
 * @throws RangeError when a limit is out of bounds or the engine does not give that much memory
 */
export function createCore(module: WasmModule, limits: Limits, seed: Uint8Array): Core {
  if (seed.length !== 32) throw new RangeError(`a seed has 32 octets, not ${seed.length}`);
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  if (exports.open() !== Result.OK)
    throw new RangeError('the engine gives no memory for the windows');
  const config = new DataView(exports.memory.buffer, Memory.CONFIG);
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(LIMITS, name)) {
      throw new TypeError(`${name} is not a limit; there are ${Object.keys(LIMITS).join(', ')}`);
    }
    if (value === undefined) continue;
    const { least, most } = LIMITS[name as keyof Limits];
    // What does not fit into its field the core would see as another number.
    if (value >>> 0 !== value) throw new RangeError(outOfBounds(name, value, least, most));
    config.setUint32(ConfigField[name as keyof Limits], value, true);
  }
  new Uint8Array(exports.memory.buffer).set(seed, Memory.CONFIG + ConfigField.seed0);
  config.setUint32(ConfigField.seeded, 1, true);
  const result = -exports.init();
  if (result !== Result.OK) throw new RangeError(refused(exports.memory, result));
  const buffer = exports.memory.buffer;
  return {
    ...exports,
    octets: new Uint8Array(buffer),
    view: new DataView(buffer),
    receiveWindow: new Uint8Array(buffer, Memory.RECEIVE, Memory.PACKET_SIZE),
    transmitWindow: new Uint8Array(buffer, Memory.TRANSMIT, Memory.PACKET_SIZE),
    textWindow: new Uint8Array(buffer, Memory.TEXT, Memory.TEXT_SIZE),
    pieces: new Pieces(buffer, Memory.PIECES),
  };
}

function outOfBounds(name: string, value: number, least: number, most: number): string {
  return `${name} can not be ${value}: it is a whole number from ${least} to ${most}`;
}

/** What the core says of limits that it has refused. */
function refused(memory: WasmMemory, result: Result): string {
  const view = new DataView(memory.buffer);
  const u32 = (field: 'limit' | 'least' | 'most') =>
    view.getUint32(Memory.REFUSAL + RefusalField[field], true);
  const u64 = (field: 'octets' | 'part') =>
    view.getBigUint64(Memory.REFUSAL + RefusalField[field], true);
  const offset = u32('limit');
  const names = Object.keys(LIMITS) as (keyof Limits)[];
  const name = names.find((one) => ConfigField[one] === offset)!;
  const value = view.getUint32(Memory.CONFIG + offset, true);
  if (result === Result.INVALID_ARGUMENT) {
    return outOfBounds(name, value, u32('least'), u32('most'));
  }
  const octets = u64('octets');
  const why =
    octets > Memory.MAX_MEMORY
      ? `, more than the ${Memory.MAX_MEMORY} there can be`
      : ' that the engine does not give';
  return `the limits ask for ${octets} octets of memory${why}: ${name} ${value} for ${u64('part')}`;
}

/** Writes the sockets of a call; addresses are 16 octets, all zero for "unspecified". */
export function setEndpoint(
  core: Core,
  local: Uint8Array | null,
  localPort: number,
  remote: Uint8Array | null,
  remotePort: number,
): void {
  const at = Memory.ENDPOINT;
  core.octets.fill(0, at, at + EndpointField.size);
  if (local) core.octets.set(local, at + EndpointField.local0);
  if (remote) core.octets.set(remote, at + EndpointField.remote0);
  core.view.setUint32(at + EndpointField.localPort, localPort, true);
  core.view.setUint32(at + EndpointField.remotePort, remotePort, true);
}

/** Gives a core one more address, with the prefix of its network; answers it without. */
export function giveAddress(core: Core, text: string): string {
  const address = parseInterfaceAddress(text);
  if (address === undefined || address.peer !== undefined) {
    throw new TypeError(`${describe(text)} is not an address with a prefix, such as 10.0.0.1/24`);
  }
  setEndpoint(core, toMapped(address.octets), 0, null, 0);
  const result = -core.addAddress(address.prefix);
  if (result !== Result.OK) throw new RangeError(`${text}: ${Result[result]}`);
  return formatAddress(address.octets);
}
