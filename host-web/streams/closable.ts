/**
 * A WritableStream that its own maker can close, as its user could.
 *
 * A sink can only make its stream fail. But where a connection has ended as it should,
 * `writer.closed` is to be fulfilled. So the stream keeps the `close` of the writer it has given
 * out. The writer of a pipe can not be had: the pipe is left a turn to close the stream itself, as
 * it does where its source has ended, too.
 *
 * And the platform's streams begin a microtask after they are made. What is asked of this one by
 * then can be done at once all the same, as it would be where it was made long ago.
 */
import { turn } from '../clock.ts';

export class ClosableStream extends WritableStream<Uint8Array> {
  #closeWriter: (() => Promise<void>) | undefined;
  /** What is written now is refused with this; to close is to do nothing. */
  #end: (() => unknown) | undefined;
  /**
   * May do the first write or close itself, and answer what becomes of it; forgotten once the
   * stream has begun.
   */
  onFirst: ((isClose: boolean) => Promise<void> | undefined) | null = null;

  override getWriter(): WritableStreamDefaultWriter<Uint8Array> {
    const writer = super.getWriter();
    const write = writer.write.bind(writer);
    const close = writer.close.bind(writer);
    // The platform's error for a stream that is closed has no code, and says nothing of a socket.
    writer.write = (chunk) =>
      this.#end === undefined ? this.#first(false, write(chunk)) : Promise.reject(this.#end());
    writer.close = () => {
      if (this.#end !== undefined) return Promise.resolve();
      const isOurs = this.locked && this.#closeWriter === close;
      return isOurs ? this.#first(true, close()) : close();
    };
    this.#closeWriter = close;
    return writer;
  }

  override close(): Promise<void> {
    if (this.#end !== undefined && !this.locked) return Promise.resolve();
    const { locked } = this;
    const closed = super.close();
    return locked ? closed : this.#first(true, closed);
  }

  #first(isClose: boolean, done: Promise<void>): Promise<void> {
    const { onFirst } = this;
    this.onFirst = null;
    const early = onFirst?.(isClose);
    if (early === undefined) return done;
    // The stream may fail before it has passed on what is done already.
    done.catch(() => {});
    return early;
  }

  /**
   * Closes the stream.
   *
   * @param error what later writes are refused with
   * @returns a promise that is rejected when only making it fail is left
   */
  async finish(error: () => unknown): Promise<void> {
    this.#end = error;
    try {
      await (this.locked ? this.#closeWriter!() : super.close());
    } catch (refusal) {
      await turn();
      throw refusal;
    }
  }
}
