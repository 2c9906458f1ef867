/**
 * The program every runtime runs: two stacks over a pipe, 1 MiB each way, and a hash of all they
 * did.
 *
 * It imports the package by its name and nothing else, and it runs on a virtual clock with fixed
 * seeds, so what it answers may differ between two runtimes only where one of them is wrong. The
 * transfer is made twice: by callbacks, where every step is a call of ours; and by streams, where
 * the runtime's own streams and promises decide what is called when.
 */
import { createStack, END, pipe, VirtualClock } from 'netcell';

const SIZE = 1 << 20;
const PORT = 7;

/** Octets anybody can make again (xorshift32). */
function makeText(seed) {
  const text = new Uint8Array(SIZE);
  let x = seed;
  for (let i = 0; i < SIZE; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    text[i] = x;
  }
  return text;
}

async function sha256(octets) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', octets));
  return [...digest].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** Two stacks on one clock, joined; every event of theirs is kept. */
async function makePair(clock) {
  const sides = [];
  for (const [i, end] of pipe().entries()) {
    const stack = await createStack({
      address: [`10.0.0.${i + 1}/24`, `fd00::${i + 1}/64`],
      seed: new Uint8Array(32).fill(i + 1),
      limits: { connections: 16, listeners: 4, pages: 2048, traceEvents: 1 << 16 },
      clock,
    });
    stack.attach(end);
    sides.push({ stack, trace: stack.trace() });
  }
  return sides;
}

/** The hash of what both stacks did: every event and its time, every counter, every socket left. */
async function hashOf(sides) {
  const said = sides.map(({ stack, trace }) => {
    const events = trace.read();
    if (trace.missed > 0) throw new Error(`${trace.missed} events were overwritten`);
    // A megabyte is some twenty super-segments each way, and their acknowledgments.
    if (events.length < 80) throw new Error(`only ${events.length} events`);
    const counters = Object.entries(stack.counters()).map(([name, n]) => `${name} ${n}`);
    const sockets = stack.sockets().map(({ state }) => state);
    return [events.map((event) => Object.values(event)), counters, sockets];
  });
  return sha256(new TextEncoder().encode(JSON.stringify(said)));
}

// By callbacks -------------------------------------------------------------------

/** Sends `text`, closes, and receives until the end. */
function exchange(raw, text) {
  const received = new Uint8Array(SIZE);
  const result = { received, length: 0, end: undefined };
  let sent = 0;
  const write = () => {
    if (sent === SIZE) return;
    sent += raw.send(text.subarray(sent));
    if (sent === SIZE) raw.close();
  };
  raw.onOpened = write;
  raw.onWritable = write;
  raw.onReadable = raw.onEnd = () => {
    let n = raw.receive(received.subarray(result.length));
    for (; n > 0; n = raw.receive(received.subarray(result.length))) result.length += n;
    if (n === END) raw.onReadable = raw.onEnd = null;
  };
  raw.onClosed = (error) => {
    result.end = error === null ? 'closed' : error.message;
    raw.release();
  };
  if (raw.isOpened) write();
  return result;
}

async function byCallbacks(texts) {
  const clock = new VirtualClock(1000);
  const sides = await makePair(clock);
  const [a, b] = sides.map(({ stack }) => stack);
  const listener = b.openListener({ port: PORT });
  let far;
  listener.onAcceptable = () => {
    far = exchange(listener.accept(), texts[1]);
  };
  const near = exchange(a.openConnection(`10.0.0.2:${PORT}`), texts[0]);
  while (near.end === undefined || far?.end === undefined) {
    if (!clock.step()) throw new Error('nothing is left to happen');
  }
  const trace = await hashOf(sides);
  return { trace, received: await Promise.all([near, far].map((side) => sha256(side.received))) };
}

// By streams ---------------------------------------------------------------------

/**
 * A clock for comparing runtimes: stacks act only once every promise has settled, for how many
 * steps a stream takes inside is the runtime's own affair.
 */
class SettledClock extends VirtualClock {
  #tasks = [];

  soon(task) {
    this.#tasks.push(task);
  }

  async finish(promise) {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    promise.then(over, over);
    for (;;) {
      await this.run(0);
      if (isOver) return promise;
      if (this.#tasks.length > 0) for (const task of this.#tasks.splice(0)) task();
      else if (!this.step()) throw new Error('nothing is left to happen');
    }
  }
}

/** Reads into an array of ours: how long one of the runtime's would be, it decides itself. */
async function readAll(readable) {
  const text = new Uint8Array(SIZE);
  let length = 0;
  let space = new Uint8Array(1 << 16);
  for (const reader = readable.getReader({ mode: 'byob' }); ; ) {
    const { value, done } = await reader.read(space);
    if (done) break;
    text.set(value, length);
    length += value.length;
    space = new Uint8Array(value.buffer);
  }
  return text;
}

async function writeAll(writable, text) {
  const writer = writable.getWriter();
  for (let at = 0; at < SIZE; at += 1 << 16) await writer.write(text.subarray(at, at + (1 << 16)));
  await writer.close();
}

async function request(socket, text) {
  await writeAll(socket.writable, text);
  const received = await readAll(socket.readable);
  await socket.closed;
  return received;
}

async function answer(socket, text) {
  const received = await readAll(socket.readable);
  await writeAll(socket.writable, text);
  await socket.closed;
  return received;
}

/** One way after the other: of two things done at once, which comes first is the runtime's, too. */
async function byStreams(texts) {
  const clock = new SettledClock(1000);
  const sides = await makePair(clock);
  const [a, b] = sides.map(({ stack }) => stack);
  const halfOpen = { allowHalfOpen: true };
  const listener = b.listen({ port: PORT, ...halfOpen });
  const far = listener.accept().then((socket) => answer(socket, texts[1]));
  const near = request(a.connect(`[fd00::2]:${PORT}`, halfOpen), texts[0]);
  const received = await clock.finish(Promise.all([near, far]));
  return { trace: await hashOf(sides), received: await Promise.all(received.map(sha256)) };
}

/** Runs both; answers hashes of the traces, and of what arrived. */
export async function report() {
  const texts = [makeText(1), makeText(2)];
  const sent = await Promise.all(texts.map(sha256));
  return { sent, callbacks: await byCallbacks(texts), streams: await byStreams(texts) };
}
