/** What a stack still does for a program that has ended: `process.exit()` behind a write. */
import { describe, expect, it } from 'vitest';
import { leave } from '../../host-node/run/leave.ts';
import type { RawConnection, SocketError } from '../../host-web/index.ts';
import type { LinkOptions } from '../../host-web/sim/index.ts';
import { world } from './world.ts';

/** 100 Mbit/s and a round trip of 20 ms. */
const LINE: LinkOptions = { delay: '10ms', rate: '100mbit' };
const PIECE = new Uint8Array(65_536).fill(7);

interface Received {
  octets: number;
  ends: number;
  error: SocketError | null | undefined;
}

/** A connection over the line, whose server reads what comes, or nothing. */
async function over(line: LinkOptions, isRead: boolean) {
  const { a, b, clock } = await world(line);
  const received: Received = { octets: 0, ends: 0, error: undefined };
  const listener = b.openListener({ port: 7 });
  const client = a.openConnection('10.0.0.2:7');
  clock.advance(50);
  const server = listener.accept()!;
  const into = new Uint8Array(PIECE.length);
  const read = () => {
    let size = isRead ? server.receive(into) : 0;
    for (; size > 0; size = server.receive(into)) received.octets += size;
  };
  server.onReadable = read;
  server.onEnd = () => received.ends++;
  server.onClosed = (error) => (received.error = error);
  return { a, clock, client, received, wait: () => clock.advance(1) };
}

/** Writes until SEND takes no more; answers how much it has taken. */
function fill(client: RawConnection): number {
  let taken = 0;
  for (let size = 1; size > 0; taken += size) size = Math.max(0, client.send(PIECE));
  return taken;
}

describe('a program that exits', () => {
  it('has all arrive that SEND took, at 100 Mbit/s and 20 ms: fresh', async () => {
    const { a, client, received, wait } = await over(LINE, true);
    const taken = fill(client);
    leave(a, wait);
    expect(received).toEqual({ octets: taken, ends: 1, error: undefined });
  });

  it('has all arrive that SEND took, at 100 Mbit/s and 20 ms: with the line full', async () => {
    const { a, clock, client, received, wait } = await over(LINE, true);
    let taken = 0;
    for (let i = 0; i < 3000; i++) {
      taken += fill(client);
      clock.advance(1);
    }
    taken += fill(client);
    // Some 300 ms of the line.
    expect(taken - received.octets).toBeGreaterThan(3_000_000);
    leave(a, wait);
    expect(received).toEqual({ octets: taken, ends: 1, error: undefined });
  });

  it('waits half a second for a peer that does not read, and resets it', async () => {
    const { a, clock, client, received, wait } = await over(LINE, false);
    for (let i = 0; i < 100; i++) {
      fill(client);
      clock.advance(10);
    }
    const begun = clock.now();
    leave(a, wait);
    expect(clock.now() - begun).toBeGreaterThanOrEqual(500);
    expect(clock.now() - begun).toBeLessThan(560);
    clock.advance(100);
    expect(received).toMatchObject({ octets: 0, ends: 0, error: { code: 'ECONNRESET' } });
  });
});
