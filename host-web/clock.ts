/**
 * Time for a stack: one clock to read, alarms to wake by, and a way to do things "soon".
 *
 * `RealClock` is the platform's; `VirtualClock` stands still until a test or a web page moves it,
 * and then runs everything due in order. A stack never reads any other time, so the same program is
 * exact under the one and alive under the other.
 */
import { call } from './callback.ts';

/**
 * A time that never comes; any number at or above it (Infinity, f64.MAX_VALUE) means the same.
 */
export const NEVER = 1e15;

/** Calls back once, at the time last set. */
export interface Alarm {
  /**
   * Sets, or moves, the time; NEVER clears it. Set to now, or to what has passed, it rings behind
   * everything that is due now and the events that have come by then.
   *
   * @param isHeld whether waiting keeps the process alive, where the platform knows of that
   */
  set(at: number, isHeld?: boolean): void;
  clear(): void;
}

/** What a stack needs of time. Milliseconds, with fractions, that never go back. */
export interface Clock {
  now(): number;
  /** An alarm that rings `ring`; it is made once and set many times. */
  alarm(ring: () => void): Alarm;
  /** Runs `task` once what runs now has ended, and before time moves. */
  soon(task: () => void): void;
  /** Runs `task` as an event, in a turn of its own: behind promises, and before time moves. */
  turn(task: () => void): void;
}

type TimerHandle = ReturnType<typeof setTimeout> & { ref?(): void; unref?(): void };

/** The longest a platform's timer waits. */
const LONGEST = 0x7fff_ffff;
/** Milliseconds of soon-tasks before the event loop gets its turn. */
const LONGEST_TURN = 4;
/** And how many of them: in edge runtimes time stands still until the next event. */
const MOST_TASKS = 10_000;

/** Runs `task` in a later turn of the event loop: the fastest way the platform has. */
const laterTurn = ((): ((task: () => void) => void) => {
  const { setImmediate } = globalThis as { setImmediate?: (task: () => void) => void };
  if (setImmediate !== undefined) return (task) => setImmediate(task);
  // In workerd a message overtakes the promises before it, and belongs to one request.
  const isWorkerd = 'WebSocketPair' in globalThis;
  if (isWorkerd || typeof MessageChannel === 'undefined') {
    return (task) => void setTimeout(task, 0);
  }
  const { port1, port2 } = new MessageChannel();
  const tasks: (() => void)[] = [];
  port1.onmessage = () => tasks.shift()?.();
  return (task) => {
    tasks.push(task);
    port2.postMessage(0);
  };
})();

/** Lets everything that waits for a promise run, and the event loop turn once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => laterTurn(resolve));
}

/** The platform's monotonic clock and timers. */
export class RealClock implements Clock {
  /** Until when soon-tasks of this turn are microtasks. */
  #turnEnds = 0;
  /** Soon-tasks that may still be. */
  #tasksLeft = 0;
  #isTurnAwaited = false;
  readonly #postponed: (() => void)[] = [];

  now(): number {
    return performance.now();
  }

  alarm(ring: () => void): Alarm {
    return new RealAlarm(this, ring);
  }

  /** A microtask; but two stacks that feed each other must not keep everybody else from running. */
  soon(task: () => void): void {
    const now = performance.now();
    if (!this.#isTurnAwaited) {
      this.#isTurnAwaited = true;
      this.#turnEnds = now + LONGEST_TURN;
      this.#tasksLeft = MOST_TASKS;
      laterTurn(this.#onTurn);
    }
    if (now < this.#turnEnds && this.#tasksLeft-- > 0) queueMicrotask(task);
    else this.#postponed.push(task);
  }

  turn(task: () => void): void {
    laterTurn(task);
  }

  readonly #onTurn = (): void => {
    this.#isTurnAwaited = false;
    for (const task of this.#postponed.splice(0)) this.soon(task);
  };
}

/**
 * One timer at a time. Moved later, it is left to ring early and look again: that costs nothing
 * now.
 */
class RealAlarm implements Alarm {
  readonly #clock: RealClock;
  readonly #ring: () => void;
  #at = NEVER;
  #timer: TimerHandle | undefined;
  #timerAt = NEVER;
  #isHeld = true;
  /** It is to ring in the next turn. */
  #isTurnAwaited = false;

  constructor(clock: RealClock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(at: number, isHeld = true): void {
    if (!(at < NEVER)) {
      this.#rest();
      return;
    }
    this.#at = at;
    if (this.#timer === undefined || at < this.#timerAt) {
      this.#isHeld = isHeld;
      this.#start();
    } else if (this.#isHeld !== isHeld) {
      this.#isHeld = isHeld;
      if (isHeld) this.#timer.ref?.();
      else this.#timer.unref?.();
    }
  }

  clear(): void {
    this.#at = NEVER;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * A timer that nothing waits for is left to ring in vain, where the process can end before that.
   */
  #rest(): void {
    if (this.#timer?.unref === undefined) {
      this.clear();
      return;
    }
    this.#at = NEVER;
    if (this.#isHeld) this.#timer.unref();
    this.#isHeld = false;
  }

  #start(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = this.#clock.now();
    if (this.#at <= now) {
      // A timer would ring before the events that wait; a turn is behind them.
      if (!this.#isTurnAwaited) laterTurn(this.#onTurn);
      this.#isTurnAwaited = true;
      return;
    }
    const delay = Math.min(Math.ceil(this.#at - now), LONGEST);
    this.#timerAt = now + delay;
    this.#timer = setTimeout(this.#onTimer, delay) as TimerHandle;
    if (!this.#isHeld) this.#timer.unref?.();
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#look();
  };

  readonly #onTurn = (): void => {
    this.#isTurnAwaited = false;
    this.#look();
  };

  #look(): void {
    if (this.#at > this.#clock.now()) {
      if (this.#at < NEVER && this.#timer === undefined) this.#start();
      return;
    }
    this.#at = NEVER;
    this.#ring();
  }
}

/**
 * A clock that stands still until it is moved.
 *
 * `advance` and `step` are synchronous: alarms and soon-tasks run, promises do not. `run` and
 * `runUntil` are for programs with promises: between two events everything that waits for a promise
 * runs too. Both give the same order each time.
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #alarms = new Set<VirtualAlarm>();
  #tasks: (() => void)[] = [];
  /** Events that have not had their turn yet. */
  #events = 0;

  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  alarm(ring: () => void): Alarm {
    return new VirtualAlarm(this.#alarms, ring, this, () => ++this.#order);
  }

  soon(task: () => void): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1) queueMicrotask(this.#runTasks);
  }

  turn(task: () => void): void {
    this.#events++;
    laterTurn(() => {
      this.#events--;
      task();
    });
  }

  /**
   * Moves time by so many milliseconds and runs nothing: the program stood still, or the machine
   * slept. What was due meanwhile is due now.
   */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Moves time by so many milliseconds and runs everything due on the way. */
  advance(ms: number): void {
    const until = this.#now + ms;
    this.#runTasks();
    while (this.nextAt() <= until) this.step();
    this.#now = until;
  }

  /** When the next alarm rings; NEVER when none is set. */
  nextAt(): number {
    return this.#earliest()?.at ?? NEVER;
  }

  /**
   * Runs what is to run soon, then moves to the next alarm and rings it; false when there is none.
   */
  step(): boolean {
    this.#runTasks();
    const alarm = this.#earliest();
    if (alarm === undefined) return false;
    this.#now = Math.max(this.#now, alarm.at);
    alarm.clear();
    alarm.ring();
    this.#runTasks();
    return true;
  }

  /** As `advance`, for programs with promises. */
  async run(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await this.#quiet();
      if (!(this.nextAt() <= until)) break;
      this.step();
    }
    this.#now = until;
  }

  /**
   * Moves time until `predicate` holds; for programs with promises.
   *
   * @returns whether it came to hold: false when nothing is left to happen, or `limitMs` has passed
   */
  async runUntil(predicate: () => boolean, limitMs = NEVER): Promise<boolean> {
    const until = this.#now + limitMs;
    for (;;) {
      await this.#quiet();
      if (predicate()) return true;
      if (!(this.nextAt() < NEVER) || this.nextAt() > until) return false;
      this.step();
    }
  }

  /** Promises and events have run. */
  async #quiet(): Promise<void> {
    do await turn();
    while (this.#events > 0);
  }

  #earliest(): VirtualAlarm | undefined {
    let first: VirtualAlarm | undefined;
    for (const alarm of this.#alarms) {
      if (first === undefined || alarm.at < first.at) first = alarm;
      else if (alarm.at === first.at && alarm.order < first.order) first = alarm;
    }
    return first;
  }

  readonly #runTasks = (): void => {
    while (this.#tasks.length > 0) {
      const tasks = this.#tasks;
      this.#tasks = [];
      for (const task of tasks) call(task);
    }
  };
}

class VirtualAlarm implements Alarm {
  at = NEVER;
  order = 0;
  readonly ring: () => void;
  readonly #set: Set<VirtualAlarm>;
  readonly #clock: VirtualClock;
  readonly #nextOrder: () => number;

  constructor(
    set: Set<VirtualAlarm>,
    ring: () => void,
    clock: VirtualClock,
    nextOrder: () => number,
  ) {
    this.#set = set;
    this.ring = ring;
    this.#clock = clock;
    this.#nextOrder = nextOrder;
  }

  set(time: number): void {
    if (!(time < NEVER)) {
      this.clear();
      return;
    }
    const at = Math.max(time, this.#clock.now());
    // Setting the same time again does not change the order.
    if (at !== this.at) this.order = this.#nextOrder();
    this.at = at;
    this.#set.add(this);
  }

  clear(): void {
    this.at = NEVER;
    this.#set.delete(this);
  }
}
