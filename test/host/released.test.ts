/** What is known of a connection once its handle is somebody else's. */
import { describe, expect, it } from 'vitest';
import type { RawConnection, SocketError, Stack } from '../../host-web/index.ts';
import { Owners } from '../../host-web/raw/owners.ts';
import { world } from './world.ts';

/** Opens a connection and ends it by a RST; another takes its record. */
async function resetAndReplace(remote: string): Promise<[RawConnection, Stack]> {
  const { a, b, clock } = await world();
  const listener = b.openListener({ port: 7 });
  const raw = a.openConnection(`${remote}:7`, { localPort: 4321 });
  clock.advance(0);
  const server = listener.accept()!;
  server.abort();
  clock.advance(0);
  server.release();
  raw.release();
  for (let i = 0; i < 3; i++) a.openConnection('10.0.0.2:7').info();
  clock.advance(0);
  return [raw, a];
}

describe('a connection that was released', () => {
  for (const [remote, local] of [
    ['10.0.0.2', '10.0.0.1'],
    ['[fd00::2]', 'fd00::1'],
  ] as const) {
    it(`still knows its sockets, and its error names them: ${remote}`, async () => {
      const [raw] = await resetAndReplace(remote);
      const address = remote.replace(/[[\]]/g, '');
      expect(raw.info()).toMatchObject({
        state: 'CLOSED',
        localAddress: local,
        localPort: 4321,
        remoteAddress: address,
        remotePort: 7,
      });
      expect(raw.error).toMatchObject({ code: 'ECONNRESET', syscall: 'read', address, port: 7 });
      expect(raw.error).toBe(raw.error);
      expect(raw.failure('write', -1)).toBe(raw.error);
    });
  }

  it('has the same sockets where they were asked for before', async () => {
    const { a, b, clock } = await world();
    b.openListener({ port: 7 });
    const raw = a.openConnection('10.0.0.2:7');
    const { localPort } = raw;
    raw.release();
    clock.advance(0);
    expect([raw.remoteAddress, raw.localPort]).toEqual(['10.0.0.2', localPort]);
  });
});

describe('an end', () => {
  it('is told with the error that `error` has from then on', async () => {
    const { a, clock } = await world();
    const raw = a.openConnection('10.0.0.2:7');
    let told: SocketError | null = null;
    raw.onClosed = (error) => {
      told = error;
    };
    expect([raw.hasFailed, raw.error]).toEqual([false, null]);
    clock.advance(0);
    expect(told).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
    expect(raw.hasFailed).toBe(true);
    expect(raw.error).toBe(told);
  });

  it('is told in both ways, and without an error where it is normal', async () => {
    const { a, b, clock } = await world();
    const listener = b.openListener({ port: 7 });
    const raw = a.openConnection('10.0.0.2:7');
    clock.advance(0);
    const calls: unknown[] = [];
    raw.onOver = () => calls.push('over');
    raw.onClosed = (error) => calls.push(error);
    raw.close();
    listener.accept()!.close();
    clock.advance(0);
    expect(calls).toEqual(['over', null]);
    expect(raw.hasFailed).toBe(false);
  });
});

describe('owners of handles', () => {
  const owner = (generation: number, index: number) => ({ handle: (generation << 20) | index });

  it('are found by the handle they have, and by no other of that index', () => {
    const owners = new Owners<{ handle: number }>();
    const [first, later, other] = [owner(0, 5), owner(1, 5), owner(0, 2)];
    owners.add(first);
    owners.add(other);
    expect(owners.of(first.handle)).toBe(first);
    for (const stranger of [later.handle, 0, 99]) expect(owners.of(stranger)).toBe(undefined);
    expect(owners.remove(later.handle)).toBe(undefined);
    expect(owners.all()).toEqual([other, first]);
    expect(owners.remove(first.handle)).toBe(first);
    owners.add(later);
    expect([owners.of(first.handle), owners.of(later.handle)]).toEqual([undefined, later]);
    expect(owners.all()).toEqual([other, later]);
  });

  it('get no signal of the connection that had their record before', async () => {
    const { a, b, clock } = await world();
    const listener = b.openListener({ port: 7 });
    const heard: number[] = [];
    for (let i = 0; i < 50; i++) {
      const raw = a.openConnection('10.0.0.2:7');
      raw.onOpened = () => heard.push(i);
      clock.advance(0);
      const server = listener.accept()!;
      if (i % 2 === 0) raw.abort();
      raw.release();
      server.abort();
      server.release();
      clock.advance(0);
    }
    expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect([a.core.used(0), b.core.used(0)]).toEqual([0, 1]);
  });
});
