/**
 * Reading the trace ring: what the core did, and why, in the order it did it.
 *
 * The ring overwrites its oldest events; a reader keeps its own place, so it knows how many it
 * missed. Several readers do not disturb each other. `explain` in `errors.ts` has the sentence of a
 * reason.
 */
import { ConfigField, Memory, type Reason, type State, TraceEventField, TraceKind } from './abi.ts';
import type { Core } from './core.ts';

/** One event; `TraceKind` in `abi.ts` says what the four numbers are for each kind. */
export interface TraceEvent {
  /** Microseconds of the stack's clock. */
  readonly at: number;
  /** 0 when the event belongs to no connection. */
  readonly handle: number;
  readonly kind: TraceKind;
  /** State of the connection after the event. */
  readonly state: State;
  readonly reason: Reason;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** A place in the ring. */
export class TraceReader {
  readonly #core: Core;
  readonly #epoch: number;
  #next: number;
  /** Events that were overwritten before they were read, since the reader was made. */
  missed = 0;

  /** @param epoch microseconds the core's clock is ahead of the host's */
  constructor(core: Core, epoch: number) {
    this.#core = core;
    this.#epoch = epoch;
    this.#next = core.traceCount() >>> 0;
  }

  /** Everything since the last read. */
  read(): TraceEvent[] {
    const core = this.#core;
    const capacity = core.view.getUint32(Memory.CONFIG + ConfigField.traceEvents, true);
    const count = core.traceCount() >>> 0;
    let unread = (count - this.#next) >>> 0;
    if (unread > capacity) {
      this.missed += unread - capacity;
      unread = capacity;
    }
    const events: TraceEvent[] = [];
    const base = core.traceBase() >>> 0;
    for (; unread > 0; unread--) {
      const place = ((count - unread) >>> 0) % capacity;
      events.push(readEvent(core.view, base + place * Memory.TRACE_EVENT_SIZE, this.#epoch));
    }
    this.#next = count;
    return events;
  }
}

function readEvent(view: DataView, at: number, epoch: number): TraceEvent {
  return {
    at: u64(view, at + TraceEventField.at) - epoch,
    handle: view.getUint32(at + TraceEventField.handle, true),
    kind: view.getUint8(at + TraceEventField.kind) as TraceKind,
    state: view.getUint8(at + TraceEventField.state) as State,
    reason: view.getUint16(at + TraceEventField.reason, true) as Reason,
    a: view.getUint32(at + TraceEventField.a, true),
    b: view.getUint32(at + TraceEventField.b, true),
    c: view.getUint32(at + TraceEventField.c, true),
    d: view.getUint32(at + TraceEventField.d, true),
  };
}

/** Microseconds since an epoch fit a double exactly, and a BigInt for each event would cost. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + 0x1_0000_0000 * view.getUint32(at + 4, true);
}
