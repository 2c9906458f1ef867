/**
 * What fuzzing has found, each as the shortest exchange that showed it. They stay here for good.
 */
import { expect, test } from 'vitest';
import { Memory, Option, Setting, State, StatusField } from '../../host-web/abi.ts';
import { ACK, aimed, FIN, SYN, synOptions } from './peer.ts';
import { at, leaks, send, Variant } from './scene.ts';
import { Aim, LOCAL_PORT } from './world.ts';
import { setEndpoint } from '../../host-web/core.ts';

test('keep-alive turned on in TIME-WAIT arms no timer', () => {
  const world = at('TIME-WAIT');
  world.core.setOption(world.main, Option.KEEP_ALIVE, 1);
  world.core.setOption(world.main, Option.KEEP_ALIVE_IDLE_MS, 1_000);
  world.core.setOption(world.main, Option.KEEP_ALIVE_INTERVAL_MS, 1_000);
  let packets = 0;
  world.tell = (arrow) => {
    if (arrow === '>') packets++;
  };
  world.wait(200_000, 1_000);
  expect(packets).toBe(0);
  expect(leaks(world)).toBe('');
});

test('a handle let go of in TIME-WAIT is not given to two connections', () => {
  const world = at('TIME-WAIT');
  world.core.setOption(world.main, Option.KEEP_ALIVE, 1);
  world.core.release(world.main);
  world.forget(world.main);
  world.wait(10 * 3_600_000, 1_000);
  const handles = new Set<number>();
  for (let i = 0; i < 11; i++) handles.add(world.core.create());
  expect(handles.size).toBe(11);
  for (const handle of handles) expect(world.core.release(handle)).toBe(0);
  expect(leaks(world)).toBe('');
});

test('a window that closes and opens during recovery does not stall the sender', () => {
  const world = at('ESTABLISHED, recovering', Variant.V4_SACK);
  for (const wnd of [0, 16_000]) {
    aimed(world, ACK);
    world.writer.ack = world.aim[Aim.una]!;
    world.writer.wnd = wnd;
    send(world);
  }
  let packets = 0;
  world.tell = (arrow) => {
    if (arrow === '>') packets++;
  };
  world.wait(2_000, 20);
  expect(packets).toBeGreaterThan(0);
  expect(leaks(world)).toBe('');
});

test('a receive buffer made smaller does not move the right edge left (SHLD-14)', () => {
  const world = at('ESTABLISHED, scaled', Variant.V4_SACK);
  aimed(world, ACK, 1_219);
  send(world);
  world.core.setOption(world.main, Option.RECEIVE_BUFFER, 65_535);
  aimed(world, ACK | FIN);
  // The oracle in `world.ts` watches the edge.
  send(world);
  expect(leaks(world)).toBe('');
});

test('hostile 9c: an ACK 2^31 away is none, whatever the window was (RFC 5961 §5.2)', () => {
  const world = at('SYN-RECEIVED, crossing');
  const una = world.aim[Aim.nxt]!;
  aimed(world, ACK);
  world.writer.wnd = 0;
  send(world);
  for (const distance of [0x7fff_ffff, 0x8000_0000, 0x8000_0001]) {
    aimed(world, ACK, 10);
    world.writer.ack = (una + distance) >>> 0;
    send(world);
    expect(world.aim[Aim.una]).toBe(una);
  }
});

test('the shift of the SYN,ACK holds, whatever happens to the listener (RFC 7323)', () => {
  for (const [before, after] of [
    [12_000, 500_000],
    [500_000, 12_000],
  ] as const) {
    const world = at('CLOSED', Variant.V4_ALL);
    const listener = world.core.create();
    world.remember(listener);
    setEndpoint(world.core, null, LOCAL_PORT, null, 0);
    world.core.setOption(listener, Option.RECEIVE_BUFFER, before);
    expect(world.core.listen(listener, 4)).toBe(0);
    aimed(world, SYN);
    synOptions(world, 7);
    send(world);
    const shift = world.emitted.shift;
    world.aim[Aim.nxt] = (world.emitted.seq + 1) >>> 0;
    world.aim[Aim.rcvNxt] = world.emitted.ack;
    world.aim[Aim.flags] = 7;
    world.core.setOption(listener, Option.RECEIVE_BUFFER, after);
    aimed(world, ACK);
    send(world);
    const handle = world.core.accept(listener);
    expect(handle).toBeGreaterThan(0);
    world.remember(handle);
    world.core.status(handle);
    expect(world.field(StatusField.rcvShift)).toBe(shift);
    expect(leaks(world)).toBe('');
  }
});

test('text held with a SYN is not more than a listener made smaller can offer', () => {
  const world = at('LISTEN');
  aimed(world, SYN, 1_000);
  send(world);
  world.aim[Aim.nxt] = (world.emitted.seq + 1) >>> 0;
  world.aim[Aim.rcvNxt] = world.emitted.ack;
  world.core.setOption(world.listener, Option.RECEIVE_BUFFER, 100);
  aimed(world, ACK);
  send(world);
  const handle = world.core.accept(world.listener);
  world.remember(handle);
  world.core.status(handle);
  expect(world.field(StatusField.state)).toBe(State.ESTABLISHED);
  expect(world.field(StatusField.rcvWnd)).toBeLessThanOrEqual(12_000);
  expect(leaks(world)).toBe('');
});

test.each([0, 1, 255, 0xffff_ffff])('SYN_ACK_RETRIES set to %i still ends an entry', (retries) => {
  const world = at('SYN-RECEIVED, an entry');
  world.wait(8_000, 10);
  world.core.set(Setting.SYN_ACK_RETRIES, retries);
  world.wait(24 * 3_600_000, 2_000);
  expect(world.used(1)).toBe(0);
  expect(leaks(world)).toBe('');
});

test('fragments that never become whole are forgotten by themselves (RFC 1122 §3.3.2)', () => {
  const world = at('CLOSED');
  world.writer.ip(17, 16);
  world.octets[Memory.RECEIVE + 6] = 0x20;
  world.writer.ipChecksum();
  world.input(world.writer.length);
  world.settle();
  expect(world.used(10)).toBe(1);
  expect(world.core.deadlineMs()).toBeLessThan(1e15);
  world.wait(61_000, 10);
  expect(world.used(10)).toBe(0);
});
