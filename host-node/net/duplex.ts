/**
 * A connection of a stack as a plain `Duplex`, over the raw API: what `http` needs of a socket, by
 * `net.Socket`'s names. Where Node's internals are, `socket.ts` is better.
 *
 * User code runs in turns of its own, and never inside the pump.
 */
import { Duplex } from 'node:stream';
import { clearTimeout, setTimeout } from 'node:timers';
import { END, type RawConnection } from '../../host-web/raw/raw.ts';
import { tune, type TuningOptions } from '../../host-web/raw/tuning.ts';
import type { Stack } from '../../host-web/stack.ts';
import { referencesOf } from './references.ts';

type Done = (error?: Error | null) => void;

export class StackDuplex extends Duplex {
  readonly #stack: Stack;
  #raw: RawConnection | undefined;
  #options: TuningOptions = {};
  #isReading = false;
  #isLooking = false;
  /** Waits until it is connected, or for room in the send buffer. */
  #waiting: (() => void) | undefined;
  #idle = 0;
  #timer: NodeJS.Timeout | undefined;
  connecting = true;

  /** @param allowHalfOpen false: it ends by itself when its peer has */
  constructor(stack: Stack, allowHalfOpen: boolean) {
    super({ allowHalfOpen });
    this.#stack = stack;
    referencesOf(stack).add(this);
  }

  /** Gives it a connection: one accepted, or one being opened, which 'connect' follows. */
  begin(raw: RawConnection): this {
    this.#raw = raw;
    this.#tune(this.#options);
    raw.unhold();
    const turn = (task: () => void) => () => this.#stack.clock.turn(task);
    raw.onReadable = raw.onEnd = () => this.#look();
    raw.onWritable = turn(() => this.#goOn());
    raw.onOpened = turn(() => this.#opened());
    raw.onOver = turn(() => {
      if (this.connecting) return this.#fail(raw.error);
      // Who reads, or writes, hears of a failure there.
      this.#look();
      this.#goOn();
    });
    if (raw.isOpened) this.#opened();
    return this;
  }

  #opened(): void {
    if (this.destroyed) return;
    this.connecting = false;
    this.emit('connect');
    this.#look();
    this.#goOn();
  }

  #goOn(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#stack.clock.turn(() => {
      this.#isLooking = false;
      if (this.#isReading && !this.connecting && !this.destroyed) this.#read(this.#raw!);
    });
  }

  #read(raw: RawConnection): void {
    const octets = raw.read();
    if (octets === 0) return;
    const isFailure = typeof octets === 'number' && octets !== END;
    if (isFailure) {
      this.#fail(raw.failure('read', octets));
      return;
    }
    // Before it is told: a listener may throw.
    this.#look();
    this.#isReading = this.push(typeof octets === 'number' ? null : Buffer.from(octets.buffer));
    this.#touch();
  }

  /** That its stack has been closed is told to those alone who listen for errors. */
  #fail(error: Error | null): void {
    const isUnheard = this.#stack.isClosed && this.listenerCount('error') === 0;
    this.destroy(isUnheard || error === null ? undefined : error);
  }

  override _read(): void {
    this.#isReading = true;
    this.#look();
  }

  override _write(octets: Buffer, encoding: string, done: Done): void {
    const raw = this.#raw;
    const taken = raw === undefined || this.connecting ? 0 : raw.send(octets);
    this.#touch();
    if (raw !== undefined && taken < 0) done(raw.failure('write', taken));
    else if (taken === octets.length) done();
    else this.#waiting = () => this._write(octets.subarray(taken), encoding, done);
  }

  override _final(done: Done): void {
    if (this.connecting) {
      this.#waiting = () => this._final(done);
      return;
    }
    this.#raw?.close();
    done();
  }

  /** Lets go: a FIN behind what was taken, or a RST where text is unread (as close(2)). */
  override _destroy(error: Error | null, done: Done): void {
    const raw = this.#raw;
    this.unref().setTimeout(0);
    this.#waiting = undefined;
    if (raw !== undefined) {
      raw.onReadable = raw.onEnd = raw.onWritable = raw.onOpened = raw.onOver = null;
      raw.release();
    }
    done(error);
  }

  #touch(): void {
    clearTimeout(this.#timer);
    if (this.#idle > 0) this.#timer = setTimeout(() => this.emit('timeout'), this.#idle).unref();
  }

  /** 'timeout' is told where nothing has moved for so many milliseconds; 0 is never. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.#idle = milliseconds;
    if (listener !== undefined) this.once('timeout', listener);
    this.#touch();
    return this;
  }

  setNoDelay(isOn = true): this {
    return this.#tune({ noDelay: isOn });
  }

  setKeepAlive(isOn = false, idle = 0): this {
    return this.#tune({ keepAlive: isOn, ...(idle > 0 ? { keepAliveIdle: idle } : {}) });
  }

  /** Before there is a connection, options wait for it. */
  #tune(options: TuningOptions): this {
    this.#options = { ...this.#options, ...options };
    if (this.#raw !== undefined && this.#raw.handle !== 0) tune(this.#raw, options);
    return this;
  }

  ref(): this {
    if (!this.destroyed) referencesOf(this.#stack).add(this);
    return this;
  }

  unref(): this {
    referencesOf(this.#stack).delete(this);
    return this;
  }

  get remoteAddress(): string | undefined {
    return this.#raw?.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#raw?.remotePort;
  }
}
