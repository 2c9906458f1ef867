/**
 * Clients without keep-alive at full speed, as `ab` and `wrk` are: each question has a connection
 * of its own, which the server closes first, so that it is the server that has to wait. After a
 * few seconds it has more waits than there are records for; nobody may be refused for that.
 */
import { Counter, Memory, Signal, SignalRecordField } from '../../host-web/abi.ts';
import type { Limits } from '../../host-web/core.ts';
import { eventsOf, LISTENERS, TEXT, TwoCores } from './two-cores.ts';

/** Connections that are open at once. */
const WIDTH = 64;
/** Octets of an answer. */
const ANSWER = 1_000;
const LIMITS: Limits = { connections: 4_096, listeners: LISTENERS };
/** Parts of the time, to see whether it goes as fast in the end as in the beginning. */
const PARTS = 4;

class Clients {
  readonly cores: TwoCores;
  answered = 0;
  refused = 0;
  damaged = 0;
  #next = 0;
  #open = 0;

  constructor(module: WebAssembly.Module) {
    this.cores = new TwoCores(module, LIMITS);
    this.cores.server.textWindow.set(Array.from({ length: ANSWER }, (_, i) => i & 255));
  }

  /** Opens as many as may be open, and sees them through. */
  round(): void {
    for (; this.#open < WIDTH; this.#open++) {
      if (this.cores.connect(this.#next++ % LISTENERS) > 0) continue;
      this.refused++;
      break;
    }
    while (this.#open > 0) {
      const { packets } = this.cores;
      this.cores.settle();
      this.#serve();
      this.#ask();
      if (this.cores.packets === packets && this.#open > 0) throw new Error('nothing moves');
    }
  }

  #serve(): void {
    const { server } = this.cores;
    for (let handle = server.signal(); handle !== 0; handle = server.signal()) {
      const events = eventsOf(server);
      if (events & Signal.ACCEPTABLE) while (server.accept(handle) > 0);
      if ((events & Signal.READABLE) === 0) continue;
      // The answer lies in TEXT, beyond what a question covers.
      if (server.receive(handle, TEXT) !== TEXT) this.damaged++;
      server.send(handle, ANSWER);
      server.close(handle);
      server.release(handle);
    }
  }

  #ask(): void {
    const { client } = this.cores;
    for (let handle = client.signal(); handle !== 0; handle = client.signal()) {
      const events = eventsOf(client);
      const isRefused = (events & Signal.CLOSED) !== 0 && resultOf(client.view) !== 0;
      if (isRefused) this.refused++;
      else if (events & Signal.OPENED) client.send(handle, TEXT);
      else if (events & Signal.CONNECTION_CLOSING) this.#check(handle);
      else if ((events & Signal.CLOSED) === 0) continue;
      if (events & Signal.OPENED && !isRefused) continue;
      client.close(handle);
      client.release(handle);
      this.#open--;
    }
  }

  /** The whole answer, and that it is the one that was given. */
  #check(handle: number): void {
    const { client } = this.cores;
    const isWhole = client.receive(handle, Memory.TEXT_SIZE) === ANSWER;
    // Behind the beginning, over which the server has read the question.
    let at = TEXT;
    while (at < ANSWER && client.textWindow[at] === (at & 255)) at++;
    if (isWhole && at === ANSWER) this.answered++;
    else this.damaged++;
  }
}

function resultOf(view: DataView): number {
  return view.getUint32(Memory.SIGNAL + SignalRecordField.result, true);
}

function counterOf(cores: TwoCores, counter: Counter): bigint {
  return cores.server.view.getBigUint64(Memory.COUNTERS + 8 * counter, true);
}

/** Runs clients for so many minutes of this machine's time, and prints what became of them. */
export function closeAtFullSpeed(module: WebAssembly.Module, minutes: number): void {
  const clients = new Clients(module);
  const { cores } = clients;
  const rates: number[] = [];
  const begun = performance.now();
  for (let part = 1; part <= PARTS; part++) {
    const [before, since] = [clients.answered, performance.now()];
    const end = begun + (minutes * 60_000 * part) / PARTS;
    for (let now = since; now < end; now = performance.now()) {
      cores.pass(now + 1_001 - begun - cores.now);
      clients.round();
    }
    rates.push(((clients.answered - before) * 1_000) / (performance.now() - since));
  }
  const answered = clients.answered.toLocaleString('en');
  const quarters = rates.map((rate) => rate.toFixed(0)).join(', ');
  console.log(`\nA connection for each answer of ${ANSWER} octets, full speed, ${minutes} minutes`);
  console.log(`  ${answered} answered; by quarters of the time, a second: ${quarters}`);
  console.log(`  ${clients.refused} refused, ${clients.damaged} damaged`);
  const waiting = cores.server.used(2).toLocaleString('en');
  const overflow = counterOf(cores, Counter.TcpExtTCPTimeWaitOverflow).toLocaleString('en');
  console.log(`  the server: ${waiting} in TIME-WAIT, TCPTimeWaitOverflow ${overflow}`);
}
