/**
 * Capture files, read back by a reader of the format written here, and by tcpdump where there is
 * one.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStack, pipe, VirtualClock } from '../../host-web/index.ts';
import { capture, PcapngWriter, tap } from '../../host-web/link/pcapng.ts';
import { coreModule } from '../core-module.ts';

interface Block {
  type: number;
  body: DataView;
}

/** The blocks of a file; checks that each is as long at its end as at its beginning. */
function blocksOf(file: Uint8Array): Block[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const blocks: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    blocks.push({
      type: view.getUint32(at, true),
      body: new DataView(file.buffer, file.byteOffset + at + 8, length - 12),
    });
    at += length;
  }
  return blocks;
}

function optionsOf(body: DataView, from: number): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  for (let at = from; at < body.byteLength; ) {
    const [code, length] = [body.getUint16(at, true), body.getUint16(at + 2, true)];
    if (code === 0) break;
    options.set(code, new Uint8Array(body.buffer, body.byteOffset + at + 4, length));
    at += 4 + ((length + 3) & ~3);
  }
  return options;
}

function file(blocks: Uint8Array[]): Uint8Array {
  return Uint8Array.from(blocks.flatMap((block) => [...block]));
}

const textOf = (octets: Uint8Array | undefined) => new TextDecoder().decode(octets);

describe('a capture', () => {
  it('has a section, an interface of raw IP, and packets with comments', () => {
    const written: Uint8Array[] = [];
    const writer = new PcapngWriter((block) => written.push(block), { name: 'tün0' });
    const at = 1_700_000_000_123.456;
    writer.packet(Uint8Array.of(0x45, 1, 2, 3, 4), at, { direction: 'out', comment: 'why' });
    writer.packet(Uint8Array.of(0x60), at);
    const [section, description, first, second] = blocksOf(file(written));
    expect([section!.type, section!.body.getUint32(0, true)]).toEqual([0x0a0d0d0a, 0x1a2b3c4d]);
    expect([description!.type, description!.body.getUint16(0, true)]).toEqual([1, 101]);
    expect(textOf(optionsOf(description!.body, 8).get(2))).toBe('tün0');
    expect(optionsOf(description!.body, 8).get(9)).toEqual(Uint8Array.of(6));
    expect(first!.type).toBe(6);
    const [high, low] = [first!.body.getUint32(4, true), first!.body.getUint32(8, true)];
    expect((BigInt(high) << 32n) | BigInt(low)).toBe(1_700_000_000_123_456n);
    expect([first!.body.getUint32(12, true), first!.body.getUint32(16, true)]).toEqual([5, 5]);
    const options = optionsOf(first!.body, 28);
    expect([textOf(options.get(1)), options.get(2)![0]]).toEqual(['why', 2]);
    expect(optionsOf(second!.body, 24).size).toBe(0);
  });

  it('counts nanoseconds, and cuts packets, when asked', () => {
    const written: Uint8Array[] = [];
    const writer = new PcapngWriter((block) => written.push(block), {
      resolution: 'ns',
      snapLength: 2,
    });
    writer.packet(Uint8Array.of(0x45, 1, 2, 3), 1.5);
    const [, description, packet] = blocksOf(file(written));
    expect(optionsOf(description!.body, 8).get(9)).toEqual(Uint8Array.of(9));
    expect(packet!.body.getUint32(8, true)).toBe(1_500_000);
    expect([packet!.body.getUint32(12, true), packet!.body.getUint32(16, true)]).toEqual([2, 4]);
  });
});

async function captured(): Promise<Uint8Array> {
  const clock = new VirtualClock();
  const written: Uint8Array[] = [];
  const [one, other] = pipe();
  const stack = (host: number) =>
    createStack({
      address: `10.0.0.${host}/24`,
      clock,
      module: coreModule,
      seed: new Uint8Array(32).fill(host),
    });
  const [a, b] = [await stack(1), await stack(2)];
  a.attach(
    capture(one, (block) => written.push(block), {
      clock,
      epochMs: 0,
      comment: (_, direction) => (direction === 'out' ? 'ours' : undefined),
    }),
  );
  b.attach(other);
  const listener = b.openListener({ port: 7 });
  const raw = a.openConnection('10.0.0.2:7');
  clock.advance(1000);
  raw.send(new TextEncoder().encode('hello'));
  clock.advance(1000);
  raw.abort();
  clock.advance(1000);
  listener.close();
  return file(written);
}

describe('a tap', () => {
  it('records both directions and changes nothing', async () => {
    const packets = blocksOf(await captured()).slice(2);
    const directions = packets.map(({ body }) => {
      const length = body.getUint32(12, true);
      return optionsOf(body, 20 + ((length + 3) & ~3)).get(2)![0];
    });
    expect(directions).toEqual([2, 1, 2, 2, 1, 2]);
  });

  it('passes everything else through', () => {
    const calls: string[] = [];
    const note = (name: string) => () => void calls.push(name);
    const link = tap(
      {
        mtu: 1234,
        attach: note('attach'),
        send: () => true,
        flush: note('flush'),
        close: note('close'),
        ref: note('ref'),
        unref: note('unref'),
      },
      new PcapngWriter(() => {}),
      { clock: new VirtualClock() },
    );
    expect(link.mtu).toBe(1234);
    link.flush?.();
    link.ref?.();
    link.unref?.();
    link.close();
    expect(calls).toEqual(['flush', 'ref', 'unref', 'close']);
  });

  it('writes what tcpdump reads', async (context) => {
    try {
      execFileSync('tcpdump', ['--version'], { stdio: 'ignore' });
    } catch {
      context.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'netcell-'));
    try {
      writeFileSync(join(folder, 'a.pcapng'), await captured());
      const lines = execFileSync('tcpdump', ['-nn', '-r', join(folder, 'a.pcapng')], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
        .trim()
        .split('\n');
      expect(lines).toHaveLength(6);
      expect(lines[3]).toContain('Flags [P.], seq 1:6, ack 1');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
