/**
 * The pump: what moves packets and signals between a core, its users and its link. There is one,
 * for stacks on any clock and for the simulator's machines.
 *
 * A round hands out the signals, lets packets out until there is none, and hands out the signals
 * that packets to ourselves have brought. What users do meanwhile asks for another round. Timers
 * are apart: `pump` runs none, and `ring` is called once all that has arrived has been put in, so
 * that an acknowledgment which waits in a device is never taken for a lost one.
 */
import { EchoReplyField, Memory, SignalRecordField, type Reason, type Result } from './abi.ts';
import { type Alarm, type Clock, NEVER } from './clock.ts';
import type { Core } from './core.ts';

/** Milliseconds the core's clock is ahead of the host's: there, zero means "never". */
export const EPOCH = 1000;
/** Times a pump goes round before others get their turn. */
const ROUNDS = 16;
/** Turns that events get, before a timer is believed, where each turn brings packets. */
const TURNS = 8;

/** Whom a pump works for. */
export interface Pumped {
  /** The time, in milliseconds. */
  now(): number;
  /** Timers have run. */
  rang(): void;
  /** Hands out one signal; `events` are bits of Signal. */
  signal(handle: number, events: number, result: Result, reason: Reason): void;
  /**
   * All signals of this round have been handed out: users that act of themselves have their turn.
   *
   * @returns whether one of them did something
   */
  act?(): boolean;
  /** Sends all the core has to send: each packet that `output` leaves in the transmit window. */
  transmit(): void;
  /** The pump stands still, whatever has happened. */
  rested(): void;
}

export class Pump {
  readonly #core: Core;
  readonly #host: Pumped;
  #isRunning = false;
  #isWantedAgain = false;
  /** The core knows the time: a batch of packets is being put in. */
  #isTold = false;
  /** Packets put in so far, modulo 2^32. */
  arrived = 0;

  constructor(core: Core, host: Pumped) {
    this.#core = core;
    this.#host = host;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** It has gone round often enough for once, and there is more to do. */
  get isUnfinished(): boolean {
    return this.#isWantedAgain;
  }

  /** When `ring` is due; NEVER when no timer is set. */
  get deadline(): number {
    const at = this.#core.deadlineMs();
    return at < NEVER ? Math.round(1000 * (at - EPOCH)) / 1000 : NEVER;
  }

  /** Tells the core the time, before a user's call. */
  refresh(): void {
    if (!this.#isRunning && !this.#isTold) this.#core.time(this.#host.now() + EPOCH);
  }

  /**
   * Puts in the packet of the receive window; what it brings about waits for `pump`.
   *
   * @returns what the core does: not 0 when the packet may be another stack's
   */
  input(length: number, flags: number): number {
    // The time is told once for a batch, which `pump` ends. A user's call tells it for itself, as
    // its pump comes later, and packets may come before that.
    this.refresh();
    this.#isTold = true;
    this.arrived = (this.arrived + 1) | 0;
    return this.#core.input(length, flags);
  }

  /** There will be more to do once this round is over; answers whether there is a round. */
  again(): boolean {
    this.#isWantedAgain ||= this.#isRunning;
    return this.#isRunning;
  }

  /** Does everything there is to do but timers. Within itself it goes round again. */
  pump(): void {
    this.#run(false);
  }

  /** Runs the timers that are due, and does what follows. */
  ring(): void {
    this.#run(true);
  }

  #run(hasRung: boolean): void {
    if (this.again()) return;
    this.#isRunning = true;
    const host = this.#host;
    try {
      if (hasRung) {
        this.#core.poll(host.now() + EPOCH);
        host.rang();
      }
      let rounds = ROUNDS;
      do {
        this.#isWantedAgain = false;
        this.#core.time(host.now() + EPOCH);
        // Signals first, so that acknowledgments offer the window that users' reads have opened.
        // And again after the packets, for those to ourselves have come back.
        this.#signal();
        host.act?.();
        this.#transmit();
        this.#signal();
        if (host.act?.()) this.#isWantedAgain = true;
      } while (this.#isWantedAgain && --rounds > 0);
    } finally {
      this.#isRunning = false;
      this.#isTold = false;
      host.rested();
    }
  }

  #signal(): void {
    const core = this.#core;
    const { view } = core;
    for (let handle = core.signal(); handle !== 0; handle = core.signal()) {
      const events = view.getUint32(Memory.SIGNAL + SignalRecordField.events, true);
      const result = view.getUint32(Memory.SIGNAL + SignalRecordField.result, true) as Result;
      const reason = view.getUint32(Memory.SIGNAL + SignalRecordField.reason, true) as Reason;
      this.#host.signal(handle, events, result, reason);
    }
  }

  #transmit(): void {
    const { view } = this.#core;
    // It stops for each echo reply that we have sent to ourselves.
    do this.#host.transmit();
    while (view.getUint32(Memory.ECHO_REPLY + EchoReplyField.more, true) !== 0);
  }
}

/**
 * A pump's alarm, on the clock of its host.
 *
 * When a timer is due the program may have stood still, and what the timer waits for may have
 * arrived long ago. So the link is asked first, and what comes by events gets turns until one of
 * them has brought nothing; only then the pump rings.
 */
export class PumpAlarm {
  readonly #clock: Clock;
  readonly #pump: Pump;
  readonly #receive: () => void;
  readonly #alarm: Alarm;
  /** Turns the timer that is due has waited, and the packets there were at the latest. */
  #turns = 0;
  #heard = 0;

  /** @param receive puts in what the link has */
  constructor(clock: Clock, pump: Pump, receive: () => void) {
    this.#clock = clock;
    this.#pump = pump;
    this.#receive = receive;
    this.#alarm = clock.alarm(() => this.#ring());
  }

  /** @param isHeld whether waiting keeps the process alive */
  set(at: number, isHeld: boolean): void {
    // What was due has been put off meanwhile, by what has arrived.
    if (this.#turns > 0 && at > this.#clock.now()) this.#turns = 0;
    this.#alarm.set(at, isHeld);
  }

  clear(): void {
    this.#alarm.clear();
  }

  #ring(): void {
    const { arrived } = this.#pump;
    const isQuiet = this.#turns > 0 && arrived === this.#heard;
    if (isQuiet || this.#turns === TURNS) {
      this.#turns = 0;
      this.#pump.ring();
      return;
    }
    this.#turns++;
    this.#heard = arrived;
    this.#receive();
    this.#alarm.set(this.#clock.now(), true);
  }
}
