/**
 * A capture of what crosses a link, into a pcapng file or, as `-`, onto standard output.
 *
 * Written in large pieces, and at least every FLUSH_MS, so that a file can be looked at while it
 * grows. It costs a copy and a share of a system call per packet: figures taken with it are lower.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Clock } from '../../host-web/clock.ts';
import type { Link } from '../../host-web/link/link.ts';
import { capture } from '../../host-web/link/pcapng.ts';
import { Failure } from './failure.ts';

export interface Capture {
  /** The link to attach in place of the one recorded. */
  readonly link: Link;
  /** Writes what is left. */
  close(): void;
}

const PIECE = 1 << 20;
const FLUSH_MS = 250;
const STDOUT = 1;

/** Records a link. @throws Failure when the file can not be written */
export function record(file: string, link: Link, name: string, clock: Clock): Capture {
  const fd = open(file);
  const piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  const flush = () => {
    let at = 0;
    while (at < filled) at += writeSync(fd, piece, at, filled - at);
    filled = 0;
  };
  const timer = setInterval(flush, FLUSH_MS).unref();
  const write = (block: Uint8Array) => {
    if (filled + block.length > PIECE) flush();
    // A block is a packet and a little more: it always fits an empty piece.
    piece.set(block, filled);
    filled += block.length;
  };
  return {
    link: capture(link, write, { clock, name }),
    close: () => {
      clearInterval(timer);
      flush();
      if (fd !== STDOUT) closeSync(fd);
    },
  };
}

function open(file: string): number {
  if (file === '-') return STDOUT;
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new Failure(`cannot write the capture: ${(error as Error).message}`, 1, error);
  }
}
