/**
 * A WritableStream that its own maker can close, as its user could.
 *
 * A sink can only make its stream fail. But where a connection has ended as it should,
 * `writer.closed` is to be fulfilled. So the stream keeps the `close` of the writer it has given
 * out. The writer of a pipe can not be had: the pipe is left a turn to close the stream itself, as
 * it does where its source has ended, too.
 */
import { turn } from '../clock.ts';

export class ClosableStream extends WritableStream<Uint8Array> {
  #closeWriter: (() => Promise<void>) | undefined;
  /** What is written now is refused with this; to close is to do nothing. */
  #end: (() => unknown) | undefined;

  override getWriter(): WritableStreamDefaultWriter<Uint8Array> {
    const writer = super.getWriter();
    const write = writer.write.bind(writer);
    const close = writer.close.bind(writer);
    // The platform's error for a stream that is closed has no code, and says nothing of a socket.
    writer.write = (chunk) => this.#end === undefined ? write(chunk) : Promise.reject(this.#end());
    writer.close = () => (this.#end === undefined ? close() : Promise.resolve());
    this.#closeWriter = close;
    return writer;
  }

  override close(): Promise<void> {
    return this.#end === undefined || this.locked ? super.close() : Promise.resolve();
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
