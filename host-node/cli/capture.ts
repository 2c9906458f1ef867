/**
 * A capture of what crosses a link, into a pcapng file or, as `-`, onto standard output.
 *
 * Written in large pieces, and at least every FLUSH_MS, so that a file can be looked at while it
 * grows. It costs a copy and a share of a system call per packet: figures taken with it are lower.
 *
 * The capture is never the job: a full disk ends it with a sentence, the file cut behind its last
 * whole packet, and a reader that is slow misses packets; the link carries on in either case.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Clock } from '../../host-web/clock.ts';
import type { Link } from '../../host-web/link/link.ts';
import { capture } from '../../host-web/link/pcapng.ts';
import { Exit, Failure, reasonOf } from './failure.ts';
import { watchOutput } from './output.ts';

export interface Capture {
  /** The link to attach in place of the one recorded. */
  readonly link: Link;
  /** Writes what is left, as far as it can be written. Never rejects. */
  close(): Promise<void>;
}

const PIECE = 1 << 20;
const FLUSH_MS = 250;
/** Octets a pipe's reader may lag behind before packets are left out. */
const LAG = 16 << 20;
/** How long a pipe's reader has for the rest at the end, milliseconds. */
const PATIENCE = 2000;

/** Where pieces go. What throws, or calls `fail`, ends the capture. */
interface Sink {
  /** Takes a piece, which is written over afterwards. */
  write(piece: Buffer): void;
  /** Whether a piece would be taken now. */
  hasRoom(): boolean;
  close(): Promise<void>;
}

export interface RecordOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Segments are recorded one by one, as a wire carries them. */
  readonly split?: boolean;
}

/** Records a link. @throws Failure when the file can not be written */
export function record(file: string, link: Link, options: RecordOptions): Capture {
  const where = file === '-' ? 'standard output' : file;
  let missing = 0;
  let timer: NodeJS.Timeout | undefined;
  let sink: Sink | undefined;
  const fail = (error: unknown) => {
    if (sink === undefined) return;
    const ended = sink;
    sink = undefined;
    clearInterval(timer);
    // Closing fails for the same reason, if it does.
    ended.close().catch(() => {});
    console.error(`  the capture ends here: cannot write to ${where}: ${reasonOf(error)}`);
  };
  sink = openSink(file, fail);
  const piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  const flush = () => {
    if (filled === 0 || sink?.hasRoom() !== true) return;
    const octets = piece.subarray(0, filled);
    filled = 0;
    try {
      sink.write(octets);
    } catch (error) {
      fail(error);
    }
  };
  timer = setInterval(flush, FLUSH_MS).unref();
  const write = (block: Uint8Array) => {
    if (sink === undefined) return;
    if (filled + block.length > PIECE) flush();
    if (filled + block.length > PIECE) {
      missing++;
      return;
    }
    piece.set(block, filled);
    filled += block.length;
  };
  return {
    link: capture(link, write, options),
    close: async () => {
      clearInterval(timer);
      flush();
      // A disk across a network may tell only now that it is full.
      await sink?.close().catch(fail);
      if (sink !== undefined && missing > 0) {
        console.error(`  the capture lacks ${missing} packets: its reader was too slow`);
      }
      sink = undefined;
    },
  };
}

function openSink(file: string, fail: (error: unknown) => void): Sink {
  if (file === '-') {
    const stop = watchOutput((failure) => fail(failure?.cause ?? new Error('its reader is gone')));
    return streamSink(process.stdout, () => stop());
  }
  const fd = open(file);
  if (!fstatSync(fd).isFIFO()) return new FileSink(fd);
  const pipe = new Socket({ fd, readable: false, writable: true });
  pipe.on('error', fail);
  return streamSink(pipe, () => pipe.destroy());
}

function open(file: string): number {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants;
  try {
    // Without waiting: a named pipe that nobody reads would stop everything, signals included.
    return openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0o666);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') {
      const help = `start its reader first\n  tcpdump -r ${file}`;
      throw new Failure(`cannot write the capture: nobody reads ${file}; ${help}`);
    }
    throw Failure.while(`cannot write the capture to ${file}`, error, Exit.FAILED);
  }
}

/** A pipe: what its reader does not take in time waits in the stream, up to a bound. */
function streamSink(stream: Writable, closed: () => void): Sink {
  return {
    write: (piece) => void stream.write(Buffer.from(piece)),
    hasRoom: () => stream.writableLength < LAG,
    close: async () => {
      for (
        const end = performance.now() + PATIENCE;
        stream.writableLength > 0 && !stream.destroyed && performance.now() < end;
      ) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      closed();
    },
  };
}

/** A file on a disk, written at once. */
class FileSink implements Sink {
  #fd: number;
  /** Octets of whole blocks in the file. */
  #whole = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  hasRoom(): boolean {
    return true;
  }

  write(piece: Buffer): void {
    let at = 0;
    try {
      while (at < piece.length) at += writeSync(this.#fd, piece, at);
      this.#whole += at;
    } catch (error) {
      this.#whole += wholeBlocks(piece, at);
      this.#cut();
      throw error;
    }
  }

  /** Takes away the block that is there in part: readers refuse a file that ends inside one. */
  #cut(): void {
    try {
      ftruncateSync(this.#fd, this.#whole);
    } catch {
      // A device is not cut.
    }
  }

  async close(): Promise<void> {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    closeSync(fd);
  }
}

/** Octets of the blocks that lie wholly before `end`; the second word of each is its length. */
function wholeBlocks(piece: Buffer, end: number): number {
  let at = 0;
  while (at + 8 <= end) {
    const next = at + piece.readUInt32LE(at + 4);
    if (next > end) break;
    at = next;
  }
  return at;
}
