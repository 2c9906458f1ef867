/**
 * The door (line 23 of `cases.ts`): handles, options, ports, limits and clocks that a host gets
 * wrong. Each call answers a Result; none traps, and none harms a connection that is there.
 */
import { expect, test } from 'vitest';
import { ConfigField, Option, Result, Setting, State, UdpOption } from '../../host-web/abi.ts';
import { type Core, createCore, type Limits, setEndpoint } from '../../host-web/core.ts';
import { coreModuleSync } from '../../host-web/wasm.ts';
import { ack, closed, data, established, listening, syn } from '../dsl/index.ts';
import { mapped, octetsOf } from '../dsl/stack.ts';

// Numbers of a host -------------------------------------------------------------------------

const NUMBERS = [0, 1, 2, 0x7fff, 0x8000, 0xffff, 0x1_0000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const GONE = -Result.CONNECTION_DOES_NOT_EXIST;

/** Every call that takes a handle. */
const CALLS: readonly (readonly [string, (core: Core, handle: number) => number])[] = [
  ['connect', (core, handle) => core.connect(handle)],
  ['listen', (core, handle) => core.listen(handle, 8)],
  ['accept', (core, handle) => core.accept(handle)],
  ['send', (core, handle) => core.send(handle, 1)],
  ['urgent', (core, handle) => core.urgent(handle)],
  ['receive', (core, handle) => core.receive(handle, 1)],
  ['close', (core, handle) => core.close(handle)],
  ['abort', (core, handle) => core.abort(handle)],
  ['release', (core, handle) => core.release(handle)],
  ['status', (core, handle) => core.status(handle)],
  ['setOption', (core, handle) => core.setOption(handle, Option.NAGLE, 1)],
  ['udpBind', (core, handle) => core.udpBind(handle)],
  ['udpConnect', (core, handle) => core.udpConnect(handle)],
  ['udpSend', (core, handle) => core.udpSend(handle, 1)],
  ['udpReceive', (core, handle) => core.udpReceive(handle)],
  ['udpMembership', (core, handle) => core.udpMembership(handle, 1)],
  ['udpSetOption', (core, handle) => core.udpSetOption(handle, UdpOption.HOP_LIMIT, 1)],
  ['udpStatus', (core, handle) => core.udpStatus(handle)],
  ['udpClose', (core, handle) => core.udpClose(handle)],
];

test.each(CALLS)('hostile 23d: %s with a handle that is nobody has', (_, call) => {
  const { stack, host, peer } = established();
  const stale = host.another();
  stale.release();
  stack.handles.delete(stale.handle);
  const generation = (host.handle & ~0xf_ffff) >>> 0;
  const theirs = [...stack.handles];
  const wrong = [
    ...NUMBERS,
    stale.handle,
    host.handle + 2 ** 31,
    host.handle + (1 << 20),
    generation + 65,
    generation + 0xf_ffff,
  ].filter((handle) => !theirs.includes(handle));
  expect(wrong.map((handle) => call(stack.core, handle))).toEqual(wrong.map(() => GONE));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

/** What each option takes of `NUMBERS`; the rest are INVALID_ARGUMENT. */
const TAKES: Readonly<Record<string, readonly number[]>> = {
  NAGLE: NUMBERS,
  DELAYED_ACK_MS: [0, 1, 2],
  RECEIVE_BUFFER: [1, 2, 0x7fff, 0x8000, 0xffff, 0x1_0000],
  SEND_BUFFER: [1, 2, 0x7fff, 0x8000, 0xffff, 0x1_0000],
  KEEP_ALIVE: NUMBERS,
  KEEP_ALIVE_IDLE_MS: NUMBERS,
  KEEP_ALIVE_INTERVAL_MS: NUMBERS,
  KEEP_ALIVE_COUNT: [1, 2],
  USER_TIMEOUT_MS: NUMBERS,
  FIN_WAIT_2_MS: NUMBERS,
  DIFFSERV: [0, 1, 2],
  HOP_LIMIT: [1, 2],
  CORK: NUMBERS,
  MAX_SEGMENT_SIZE: [0, 0x7fff, 0x8000],
  REUSE_PORT: NUMBERS,
  BLACK_HOLE_DETECTION: NUMBERS,
  QUICK_ACKS: [0, 1, 2],
  CONGESTION_CONTROL: [0, 1, 2],
  NOT_SENT_LOW_WATER: NUMBERS,
  MAX_PACING_RATE: NUMBERS,
  IPV6_ONLY: NUMBERS,
  ASK: NUMBERS,
  ANY_DESTINATION: NUMBERS,
};

const OPTIONS = Object.keys(Option).filter((name) => Number.isNaN(Number(name)));

test('every option has its row', () => {
  expect(Object.keys(TAKES).sort()).toEqual(OPTIONS.sort());
});

test.each(Object.entries(TAKES))('hostile 23e: option %s', (name, takes) => {
  const { host } = closed();
  const option = Option[name as keyof typeof Option];
  const taken = NUMBERS.filter((value) => host.setOption(option, value) === 0);
  expect(taken).toEqual(takes);
  for (const value of NUMBERS.filter((number) => !takes.includes(number))) {
    expect(host.setOption(option, value)).toBe(-Result.INVALID_ARGUMENT);
  }
});

test('hostile 23e: options and settings there are none of', () => {
  const { stack, host } = established();
  const beyond = [255, ...NUMBERS.filter((number) => number > 0x7ffe)];
  for (const which of [OPTIONS.length, ...beyond]) {
    expect(host.setOption(which as Option, 1)).toBe(-Result.INVALID_ARGUMENT);
  }
  for (const which of [Setting.COUNT, ...beyond]) {
    expect(stack.core.set(which as Setting, 1)).toBe(-Result.INVALID_ARGUMENT);
    expect(stack.core.get(which as Setting)).toBe(0);
  }
});

test('hostile 23e: every setting at every number leaves a stack that carries text', () => {
  for (const [name, which] of Object.entries(Setting)) {
    if (typeof which !== 'number' || name === 'COUNT') continue;
    for (const value of NUMBERS) {
      const { stack, host, peer, listener } = established();
      const before = stack.core.get(which) >>> 0;
      const answer = stack.core.set(which, value);
      expect([0, -Result.INVALID_ARGUMENT]).toContain(answer);
      expect(stack.core.get(which) >>> 0).toBe(answer === 0 ? value : before);
      // No link here fills checksums in.
      stack.core.set(Setting.CHECKSUM_BY_LINK, 0);
      peer.send(data('hello', { seq: 1, ack: 1 }));
      expect(host.read()).toBe('hello');
      host.write('world');
      expect(listener.look('state')).toBe(State.LISTEN);
      stack.wait(5000);
    }
  }
});

test('hostile 23f: ports a host may get wrong', () => {
  const { host } = closed();
  for (const port of [0, 0x1_0000, 2 ** 31, 2 ** 32 - 1]) {
    expect(host.connect('10.0.0.2', port)).toBe(-Result.REMOTE_SOCKET_UNSPECIFIED);
    expect(host.listen(port)).toBe(-Result.INVALID_ARGUMENT);
    if (port === 0) continue;
    expect(host.connect('10.0.0.2', 80, { port })).toBe(-Result.REMOTE_SOCKET_UNSPECIFIED);
  }
  host.expect(State.CLOSED);
  expect(host.listen(0xffff)).toBe(0);
});

test('hostile 23f: prefixes and backlogs a host may get wrong', () => {
  const { stack } = closed();
  setEndpoint(stack.core, mapped(octetsOf('10.9.0.1')), 0, null, 0);
  for (const bits of [33, 0x7fff, 0xffff, 2 ** 31, 2 ** 32 - 1]) {
    expect(stack.core.addAddress(bits)).toBe(-Result.INVALID_ARGUMENT);
  }
  setEndpoint(stack.core, mapped(octetsOf('fd09::1')), 0, null, 0);
  for (const bits of [129, 0xffff, 2 ** 31, 2 ** 32 - 1]) {
    expect(stack.core.addAddress(bits)).toBe(-Result.INVALID_ARGUMENT);
  }
  for (const [i, backlog] of NUMBERS.entries()) {
    const { peer, listener } = listening({ backlog });
    peer.send(syn({ seq: i }));
    peer.send(ack({ seq: i + 1, ack: 1 }));
    expect(listener.accept()).not.toBeNull();
  }
});

const LIMIT_NAMES = Object.keys(ConfigField).filter((name) => !/^(seed|size)/.test(name));

test.each(LIMIT_NAMES)('hostile 23g: %s at every number: a core, or a clear refusal', (name) => {
  const sizes: Limits = { connections: 64, children: 8, timeWaits: 8, pages: 8 };
  for (const value of NUMBERS) {
    let core: Core;
    try {
      core = createCore(coreModuleSync(), { ...sizes, [name]: value }, new Uint8Array(32));
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      expect((error as Error).message).toContain(`${name} can not be ${value >>> 0}: it is`);
      continue;
    }
    core.poll(1000);
    const handle = core.create();
    expect(core.status(handle)).toBe(0);
    expect(core.release(handle)).toBe(0);
    expect(core.init()).toBe(-Result.NOT_INITIALISED);
  }
});

test('hostile 23h: cursors, pools and echo requests', () => {
  const { stack, host, peer } = established();
  for (const number of [...NUMBERS, 0x3fff_ffff, 0x4000_0001, 0x8000_0001, 0xc000_0001]) {
    expect(stack.core.nextStatus(number)).toBeGreaterThanOrEqual(-(2 ** 31));
    expect(stack.core.used(number)).toBeLessThanOrEqual(1024);
    setEndpoint(stack.core, null, 0, mapped(octetsOf('10.0.0.2')), 0);
    const answer = stack.core.ping(number, number);
    // Both headers and the text have to fit into 65,535 octets.
    expect(answer).toBe(number <= 65_507 ? 0 : -Result.INVALID_ARGUMENT);
    stack.pump();
  }
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

test.each([0, -1, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 2 ** 63])(
  'hostile 23i: a clock that says %d stands still, and goes on afterwards',
  (says) => {
    const { stack, host, peer } = established();
    stack.core.poll(says);
    host.write('hello');
    peer.expect(data('hello', { seq: 1 }));
    expect(host.look('timerMs')).toBe(1000);
    stack.wait(999);
    peer.expectNothing();
    stack.wait(1);
    peer.expect(data('hello', { seq: 1 }));
  },
);
