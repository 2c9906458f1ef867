/**
 * SEND and RECEIVE by address (RFC 9293 §3.10.2, §3.10.3): text is read where it lies, and written
 * where it will. Each call answers what the one by the text window does, in every state.
 */
import { describe, expect, it } from 'vitest';
import { Memory, PieceField, Result, Signal } from '../../host-web/abi.ts';
import type { Host } from '../dsl/host.ts';
import * as dsl from '../dsl/index.ts';
import { ack, data, fin, pattern, rst } from '../dsl/index.ts';

const PAGE = 4096;
/** Window scaling, and room for more than a text window. */
const LARGE = { wscale: 7, receiveBuffer: 1 << 20, limits: { sendBuffer: 1 << 20 } };

/** Pieces that make up so many octets, as the core lists them. */
function pieces({ stack: { core } }: Host, octets: number): { at: number; length: number }[] {
  const found = [];
  for (let i = Memory.PIECES, left = octets; left > 0; i += PieceField.size) {
    const at = core.view.getUint32(i + PieceField.at, true);
    const length = core.view.getUint32(i + PieceField.length, true);
    found.push({ at, length });
    left -= length;
  }
  return found;
}

/** Writes text where `lend` gives room, and commits so much of it. */
function write(host: Host, text: string, committed = text.length): number {
  const { core } = host.stack;
  const lent = core.lend(host.handle, text.length);
  if (lent < 0) return lent;
  let written = 0;
  for (const { at, length } of pieces(host, lent)) {
    core.octets.set(Buffer.from(text.slice(written, written + length), 'latin1'), at);
    written += length;
  }
  const taken = core.commit(host.handle, Math.min(committed, lent));
  host.stack.pump();
  return taken;
}

/** Reads text where it lies. */
function look(host: Host, length = 1 << 20): string | number {
  const { core } = host.stack;
  const shown = core.peek(host.handle, length);
  if (shown < 0) return shown;
  const parts = pieces(host, shown).map(({ at, length: size }) => core.octets.slice(at, at + size));
  return Buffer.concat(parts).toString('latin1');
}

describe('in every state', () => {
  const states = Object.entries({
    closed: dsl.closed,
    listening: dsl.listening,
    synSent: dsl.synSent,
    established: dsl.established,
    finWait1: dsl.finWait1,
    finWait2: dsl.finWait2,
    closing: dsl.closing,
    timeWait: dsl.timeWait,
    closeWait: dsl.closeWait,
    lastAck: dsl.lastAck,
  });

  it.each(states)('%s: the answers are those by the text window', (_, make) => {
    const [one, other] = [make().host, make().host];
    const { core } = one.stack;
    expect(core.peek(one.handle, 100)).toBe(other.stack.core.receive(other.handle, 100));
    expect(core.take(one.handle, 100)).toBe(other.stack.core.receive(other.handle, 100));
    expect(core.lend(one.handle, 100)).toBe(other.stack.core.send(other.handle, 100));
    const lent = core.lend(one.handle, 100);
    expect(core.commit(one.handle, 100)).toBe(lent);
  });

  it('of a connection that was reset: what it ended with', () => {
    const { host, peer } = dsl.established();
    peer.send(rst({ seq: 1 }));
    const { core } = host.stack;
    for (const answer of [
      core.peek(host.handle, 1),
      core.take(host.handle, 1),
      core.lend(host.handle, 1),
      core.commit(host.handle, 0),
    ]) {
      expect(answer).toBe(-Result.CONNECTION_RESET);
    }
  });
});

describe('RECEIVE', () => {
  it('shows text where it lies until it is taken, and RCV.WND opens only then', () => {
    const { host, peer } = dsl.established();
    peer.send(data(pattern(1, 100), { seq: 1, ack: 1 }));
    expect(look(host, 60)).toBe(pattern(1, 60));
    expect(look(host)).toBe(pattern(1, 100));
    expect(host.stack.core.take(host.handle, 60)).toBe(60);
    expect(look(host)).toBe(pattern(61, 40));
    expect(host.stack.core.take(host.handle, 1000)).toBe(40);
    expect(host.stack.core.peek(host.handle, 1)).toBe(0);
  });

  it('shows the end only behind all text', () => {
    const { host, peer } = dsl.established();
    peer.send(fin({ seq: 1, ack: 1, text: 'the end' }));
    expect(look(host)).toBe('the end');
    expect(host.stack.core.take(host.handle, 7)).toBe(7);
    expect(look(host)).toBe(-Result.CONNECTION_CLOSING);
    expect(host.stack.core.take(host.handle, 7)).toBe(-Result.CONNECTION_CLOSING);
  });

  it('takes nothing where nothing is asked for', () => {
    const { host, peer } = dsl.established();
    peer.send(fin({ seq: 1, ack: 1, text: 'x' }));
    const { core } = host.stack;
    expect([core.peek(host.handle, 0), core.take(host.handle, 0)]).toEqual([0, 0]);
    expect(core.receive(host.handle, 0)).toBe(0);
    expect(host.read()).toBe('x');
  });

  it('lists a text window of text, however it lies in its pages, and no more', () => {
    const { host, peer } = dsl.established(LARGE);
    const total = 70_000;
    for (let sent = 0; sent < total; sent += 1000) {
      peer.send(data(pattern(1 + sent, 1000), { seq: 1 + sent, ack: 1 }));
    }
    expect(host.read(100)).toBe(pattern(1, 100));
    const shown = host.stack.core.peek(host.handle, 1 << 20);
    expect(shown).toBe(Memory.TEXT_SIZE);
    const found = pieces(host, shown);
    expect(found.length).toBe(17);
    expect(found.length).toBeLessThan(Memory.MAX_PIECES);
    for (const { at } of found.slice(1)) expect(at % PAGE).toBe(0);
    expect(look(host)).toBe(pattern(101, shown));
    expect(host.stack.core.take(host.handle, 0xffff_ffff)).toBe(total - 100);
  });
});

describe('SEND', () => {
  it('takes what was written where it lent room', () => {
    const { host, peer } = dsl.established();
    expect(write(host, pattern(1, 300))).toBe(300);
    peer.expect(data(pattern(1, 300), { seq: 1, ack: 1 }));
  });

  it('sends nothing of what was written before it is committed, and only so much of it', () => {
    const { host, peer } = dsl.established();
    expect(write(host, pattern(1, 300), 0)).toBe(0);
    peer.expectNothing();
    expect(write(host, pattern(1, 300), 200)).toBe(200);
    peer.expect(data(pattern(1, 200), { seq: 1, ack: 1 }));
    peer.send(ack({ seq: 1, ack: 201 }));
    expect(write(host, pattern(201, 10))).toBe(10);
    peer.expect(data(pattern(201, 10), { seq: 201, ack: 1 }));
  });

  it('goes on behind what it has taken by the text window, and before', () => {
    const { host, peer } = dsl.established({ mss: 500 });
    expect(host.write(pattern(1, 100))).toBe(100);
    expect(write(host, pattern(101, 100))).toBe(100);
    expect(host.write(pattern(201, 100))).toBe(100);
    peer.expect(data(pattern(1, 100), { seq: 1, ack: 1 }));
    peer.send(ack({ seq: 1, ack: 101 }));
    peer.expect(data(pattern(101, 200), { seq: 101, ack: 1 }));
  });

  it('lends no more than the buffer has room for, and says when it has again', () => {
    const { host, peer, stack } = dsl.established({ limits: { sendBuffer: 5000 } });
    expect(write(host, pattern(1, 20_000))).toBe(5000);
    expect(stack.core.lend(host.handle, 1)).toBe(0);
    peer.take();
    peer.send(ack({ seq: 1, ack: 5001 }));
    host.expectSignal(Signal.WRITABLE);
    expect(write(host, pattern(5001, 10))).toBe(10);
  });

  it('refuses to commit what it never lent, or gave away since', () => {
    const { host, stack } = dsl.established();
    const { core } = stack;
    expect(core.commit(host.handle, 1)).toBe(-Result.INVALID_ARGUMENT);
    expect(core.commit(host.handle, 0xffff_ffff)).toBe(-Result.INVALID_ARGUMENT);
    expect(core.lend(host.handle, Memory.TEXT_SIZE + 1)).toBe(-Result.INVALID_ARGUMENT);
    expect(core.lend(host.handle, 10)).toBe(10);
    expect(core.commit(host.handle, 2 * PAGE)).toBe(-Result.INVALID_ARGUMENT);
    host.abort();
    expect(core.commit(host.handle, 10)).toBe(-Result.CONNECTION_ABORTED);
  });

  it('gives what was lent and never committed back with the connection', () => {
    const { host, stack } = dsl.established(LARGE);
    const before = [stack.core.used(5), stack.core.used(10)];
    expect(stack.core.lend(host.handle, 60_000)).toBe(60_000);
    expect(stack.core.used(5)).toBeGreaterThan(before[0]!);
    host.abort();
    host.release();
    stack.pump();
    expect([stack.core.used(5), stack.core.used(10)]).toEqual(before);
  });
});
