/**
 * The stacks on the queues of one TUN device, each in a thread of its own: who is there, and how
 * one asks the others about a packet that is none of its own.
 *
 * The kernel spreads flows over queues by their addresses and ports, and keeps a flow on the queue
 * that last wrote of it. So a connection that was accepted stays where its SYN came. What has no
 * ports to go by (fragments, ICMP, pings), or follows three seconds of silence on a connection that
 * was opened from here, may come by another queue, whose stack does not know it. That one asks its
 * siblings, and answers only what none of them takes: a RST would end a sibling's connection.
 *
 * ```
 *   queue 0: packet, unclaimed ── ask ──► queue 1: takes it, or not
 *            answered if nobody ◄─ answer ── queue 1
 * ```
 *
 * Asking is for the few. A flood of strays must not cost every sibling what it costs one, so there
 * are bounds in a batch, in a second and at a time; what is beyond them is dropped, and counted.
 *
 * A sibling that is merely busy may be slow to answer, and what it was asked about is then dropped,
 * for its sender to send again. One that is gone is never waited for twice: its thread is looked
 * for. Not here: packets (`tun-link.ts`), and the queue itself (`tun.ts`).
 */
import { existsSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';

/** Packets asked about at the end of one batch, and their octets. */
const MOST_PACKETS = 64;
const MOST_OCTETS = 1 << 20;
/** Batches asked about and not yet answered. */
const MOST_ASKED = 16;
/**
 * Packets a second that nobody takes, on average: a hundredth of what a stack can process. What a
 * sibling takes is its own, and costs it no more than if it had come by its queue.
 */
const MOST_A_SECOND = 8192;
/** How long an answer may take before who owes it is looked for, milliseconds. */
const PATIENCE = 250;

/** What threads share about a device's queues; may be posted to another thread. */
export interface Sharing {
  /** Which queue this is, of how many. */
  readonly index: number;
  readonly queues: number;
  /** The thread that has each queue, by the kernel's number of it; 0 where none has. */
  readonly holders: SharedArrayBuffer;
  /** Name of the channel the siblings talk over. */
  readonly channel: string;
}

/** A packet, and what is known of it, as PacketFlag. */
export interface Stray {
  readonly packet: Uint8Array;
  readonly flags: number;
}

/** What a stack does for its siblings. */
export interface Sibling {
  /** Takes those of another's packets that are its own; answers which, by their numbers. */
  offer(strays: readonly Stray[]): number[];
  /** Nobody took these: they are answered as strays are. */
  refused(strays: readonly Stray[]): void;
}

interface Leave {
  readonly kind: 'leave';
}

interface Ask {
  readonly kind: 'ask';
  readonly from: number;
  readonly id: number;
  readonly strays: readonly Stray[];
}

interface Answer {
  readonly kind: 'answer';
  readonly from: number;
  readonly to: number;
  readonly id: number;
  readonly taken: readonly number[];
}

type Message = Ask | Answer | Leave;

/** A batch that was asked about. */
interface Asked {
  readonly left: Set<Stray>;
  readonly strays: readonly Stray[];
  readonly owing: Set<number>;
  readonly timer: NodeJS.Timeout;
}

export class Siblings {
  readonly index: number;
  readonly queues: number;
  /** Packets that siblings were asked about, those they took, and those dropped unasked. */
  asked = 0;
  taken = 0;
  dropped = 0;
  readonly #holders: Int32Array;
  readonly #thread: number;
  readonly #channel: BroadcastChannel;
  #own: Sibling | undefined;
  #strays: Stray[] = [];
  #octets = 0;
  #budget = MOST_PACKETS;
  #budgetAt = performance.now();
  #nextId = 0;
  readonly #waiting = new Map<number, Asked>();

  readonly #onLeave: () => void;

  /**
   * @param onLeave the process ends: no callback of a native handle may be due in this thread then
   * @returns undefined when another living thread has that queue
   */
  static join(sharing: Sharing, onLeave: () => void): Siblings | undefined {
    const holders = new Int32Array(sharing.holders);
    const thread = ownThread();
    const before = Atomics.load(holders, sharing.index);
    if (before !== 0 && isAlive(before)) return undefined;
    if (Atomics.compareExchange(holders, sharing.index, before, thread) !== before) {
      return undefined;
    }
    return new Siblings(sharing, holders, thread, onLeave);
  }

  private constructor(
    { index, queues, channel }: Sharing,
    holders: Int32Array,
    thread: number,
    onLeave: () => void,
  ) {
    this.index = index;
    this.queues = queues;
    this.#holders = holders;
    this.#thread = thread;
    this.#onLeave = onLeave;
    this.#channel = new BroadcastChannel(channel);
    this.#channel.onmessage = (event) => this.#hear((event as { data: Message }).data);
    this.#channel.unref();
    atExit.add(this.#leave);
  }

  /** Who answers for this queue; until then it has nothing that siblings could ask for. */
  serve(own: Sibling): void {
    this.#own = own;
  }

  /** Whether there is anybody to ask. */
  get isAny(): boolean {
    for (let i = 0; i < this.queues; i++) if (this.#isThere(i)) return true;
    return false;
  }

  #isThere(index: number): boolean {
    return index !== this.index && Atomics.load(this.#holders, index) !== 0;
  }

  /** Keeps a copy of a packet that is none of ours, for `ask`; or drops it. */
  keep(packet: Uint8Array, flags: number): void {
    const isMuch =
      this.#strays.length >= MOST_PACKETS ||
      this.#octets + packet.length > MOST_OCTETS ||
      this.#waiting.size >= MOST_ASKED;
    if (isMuch || !this.#mayAsk()) {
      this.dropped++;
      return;
    }
    this.#octets += packet.length;
    this.#strays.push({ packet: packet.slice(), flags });
  }

  #mayAsk(): boolean {
    if (this.#budget < 1) {
      const now = performance.now();
      const more = ((now - this.#budgetAt) * MOST_A_SECOND) / 1000;
      this.#budget = Math.min(this.#budget + more, MOST_PACKETS);
      this.#budgetAt = now;
    }
    if (this.#budget < 1) return false;
    this.#budget--;
    return true;
  }

  /** Asks the others about what was kept. */
  ask(): void {
    if (this.#strays.length === 0) return;
    const strays = this.#strays;
    this.#strays = [];
    this.#octets = 0;
    this.asked += strays.length;
    const owing = new Set<number>();
    for (let i = 0; i < this.queues; i++) if (this.#isThere(i)) owing.add(i);
    if (owing.size === 0) {
      this.#own?.refused(strays);
      return;
    }
    const id = this.#nextId++;
    const timer = setTimeout(() => this.#look(id), PATIENCE).unref();
    this.#waiting.set(id, { strays, left: new Set(strays), owing, timer });
    this.#channel.postMessage({ kind: 'ask', from: this.index, id, strays } satisfies Ask);
  }

  #hear(message: Message): void {
    if (message.kind === 'leave') {
      this.#leave();
      return;
    }
    if (message.kind === 'ask') {
      const { from: to, id, strays } = message;
      const taken = this.#own?.offer(strays) ?? [];
      const from = this.index;
      this.#channel.postMessage({ kind: 'answer', from, to, id, taken } satisfies Answer);
      return;
    }
    const asked = message.to === this.index ? this.#waiting.get(message.id) : undefined;
    if (asked === undefined) return;
    for (const i of message.taken) if (asked.left.delete(asked.strays[i]!)) this.#wasTaken();
    asked.owing.delete(message.from);
    this.#settle(message.id, asked);
  }

  #wasTaken(): void {
    this.taken++;
    this.#budget = Math.min(this.#budget + 1, MOST_PACKETS);
  }

  /** All have answered, or all that is left to ask about was taken. */
  #settle(id: number, asked: Asked): void {
    if (asked.owing.size > 0 && asked.left.size > 0) return;
    clearTimeout(asked.timer);
    this.#waiting.delete(id);
    if (asked.left.size > 0) this.#own?.refused([...asked.left]);
  }

  /** An answer is late: whoever owes it is gone, or busy and may yet have that connection. */
  #look(id: number): void {
    const asked = this.#waiting.get(id);
    if (asked === undefined) return;
    for (const index of asked.owing) {
      const thread = Atomics.load(this.#holders, index);
      if (thread !== 0 && isAlive(thread)) continue;
      asked.owing.delete(index);
      Atomics.compareExchange(this.#holders, index, thread, 0);
    }
    if (asked.owing.size === 0) {
      this.#settle(id, asked);
      return;
    }
    this.#waiting.delete(id);
    this.dropped += asked.left.size;
  }

  readonly #leave = (): void => {
    this.#onLeave();
    this.close();
  };

  /** Leaves. Harmless when repeated. */
  close(): void {
    atExit.delete(this.#leave);
    this.#own = undefined;
    Atomics.compareExchange(this.#holders, this.index, this.#thread, 0);
    Atomics.notify(this.#holders, this.index);
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#channel.close();
  }
}

/** What each of this thread's queues does when the thread ends. */
const atExit = new Set<() => void>();
process.once('exit', () => {
  for (const leave of atExit) leave();
});

/** What this thread has begun to share with others. */
const begun = new Set<Sharing>();

/**
 * Begins to share: this thread, which the others may not outlive, ends their waiting with its own.
 *
 * A poll handle whose callback is due as its thread is ended from outside aborts the process (koffi
 * 3.3.4, napi_throw in `PollHandle::OnPoll`), and the end of the main thread ends all others so.
 */
export function begin(sharing: Sharing): void {
  if (begun.size === 0) process.once('exit', sayFarewell);
  begun.add(sharing);
}

function sayFarewell(): void {
  const end = performance.now() + PATIENCE;
  for (const { channel } of begun) {
    const out = new BroadcastChannel(channel);
    out.postMessage({ kind: 'leave' } satisfies Leave);
    out.close();
  }
  for (const { holders, queues } of begun) {
    const all = new Int32Array(holders);
    for (let i = 0; i < queues; i++) {
      const thread = Atomics.load(all, i);
      const left = end - performance.now();
      if (thread === 0 || thread === ownThread() || left <= 0 || !isAlive(thread)) continue;
      Atomics.wait(all, i, thread, left);
    }
  }
}

/** The kernel's number of the thread this runs on. */
function ownThread(): number {
  return Number(basename(readlinkSync('/proc/thread-self')));
}

function isAlive(thread: number): boolean {
  return existsSync(`/proc/self/task/${thread}`);
}
