/**
 * The stack under test, as the user of one of its connections sees it.
 *
 * A `Host` holds one handle. `accept` and `another` give further ones on the same stack. `expect`
 * looks at the state and at what must be true in it.
 */
import { Memory, type Option, Result, Signal, State } from '../../host-web/abi.ts';
import { setEndpoint } from '../../host-web/core.ts';
import { stateName } from './ladder.ts';
import { pattern } from './segment.ts';
import { mapped, octetsOf, Stack, type Status } from './stack.ts';

const LATIN1 = new TextDecoder('latin1');

/** The tuple of a connection, as STATUS shows it. */
export interface Ports {
  localPort: number;
  remotePort: number;
}

export class Host {
  readonly stack: Stack;
  handle: number;
  /** Octets written and read so far: where the pattern goes on. */
  written = 0;
  readonly #ports: Ports | undefined;

  /** `ports` name a record without a handle: in the SYN queue, TIME-WAIT, or let go by its user. */
  constructor(stack: Stack, handle = 0, ports?: Ports) {
    this.stack = stack;
    this.handle = handle;
    this.#ports = ports;
    if (handle !== 0) stack.handles.add(handle);
  }

  /** Another user of the same stack, with a fresh connection in CLOSED. */
  another(): Host {
    return new Host(this.stack).create();
  }

  create(): this {
    this.handle = this.#answer('create', this.stack.core.create());
    this.stack.handles.add(this.handle);
    return this;
  }

  // User calls: each answers what the core answers ---------------------------------

  #answer(call: string, answer: number): number {
    this.stack.note(`${call} answers ${answer < 0 ? Result[-answer] : answer}`);
    this.stack.pump();
    return answer;
  }

  listen(
    port: number,
    { address, backlog = 8 }: { address?: string; backlog?: number } = {},
  ): number {
    setEndpoint(this.stack.core, address ? mapped(octetsOf(address)) : null, port, null, 0);
    return this.#answer(`listen ${port}`, this.stack.core.listen(this.handle, backlog));
  }

  connect(address: string, port: number, from: { address?: string; port?: number } = {}): number {
    const local = from.address ? mapped(octetsOf(from.address)) : null;
    setEndpoint(this.stack.core, local, from.port ?? 0, mapped(octetsOf(address)), port);
    return this.#answer(`connect ${address}:${port}`, this.stack.core.connect(this.handle));
  }

  /** Asks for a source route: the octets of the IP option. */
  sourceRoute(option: readonly number[]): number {
    this.stack.core.textWindow.set(option);
    return this.#answer(
      `sourceRoute ${option.join(' ')}`,
      this.stack.core.sourceRoute(this.handle, option.length),
    );
  }

  /** The oldest connection of this listener; null when there is none. */
  accept(): Host | null {
    const handle = this.#answer('accept', this.stack.core.accept(this.handle));
    return handle > 0 ? new Host(this.stack, handle) : null;
  }

  /** Text, or so many octets of the pattern; answers octets taken or a negated Result. */
  write(text: string | number): number {
    const octets = typeof text === 'string' ? text : pattern(1 + this.written, text);
    for (let i = 0; i < octets.length; i++) this.stack.core.textWindow[i] = octets.charCodeAt(i);
    const taken = this.#answer(
      `write ${octets.length}`,
      this.stack.core.send(this.handle, octets.length),
    );
    if (taken > 0) this.written += taken;
    return taken;
  }

  /** Text received, at most so many octets; a Result (negative) where there is an error. */
  read(length: number = Memory.TEXT_SIZE): string | number {
    const taken = this.#answer(`read ${length}`, this.stack.core.receive(this.handle, length));
    return taken < 0 ? taken : LATIN1.decode(this.stack.core.textWindow.slice(0, taken));
  }

  close(): number {
    return this.#answer('close', this.stack.core.close(this.handle));
  }

  abort(): number {
    return this.#answer('abort', this.stack.core.abort(this.handle));
  }

  release(): number {
    return this.#answer('release', this.stack.core.release(this.handle));
  }

  setOption(option: Option, value: number): number {
    return this.#answer(
      `setOption ${option} ${value}`,
      this.stack.core.setOption(this.handle, option, value),
    );
  }

  wait(ms: number): void {
    this.stack.wait(ms);
  }

  // Observation ------------------------------------------------------------------

  /** STATUS of the connection; null when there is no record of it. */
  status(): Status | null {
    if (this.handle !== 0 && this.stack.core.status(this.handle) === 0)
      return this.stack.readStatus();
    const ports = this.#ports;
    if (!ports) return null;
    return (
      this.stack
        .records()
        .find(
          (record) =>
            record.localPort === ports.localPort && record.remotePort === ports.remotePort,
        ) ?? null
    );
  }

  /** A number of STATUS; fails where there is no record. */
  look<Field extends keyof Status>(field: Field): number {
    return this.status()?.[field] ?? this.stack.fail(`no record to look up ${field} in`);
  }

  state(): State {
    return this.status()?.state ?? State.CLOSED;
  }

  /** Checks the state and what must be true in it. */
  expect(state: State): void {
    const status = this.status();
    const actual = status?.state ?? State.CLOSED;
    if (actual !== state)
      this.stack.fail(`the host is in ${stateName(actual)}, expected ${stateName(state)}`);
    if (status && this.handle !== 0) this.#expectCanonical(status);
  }

  #expectCanonical(status: Status): void {
    const must = (holds: boolean, what: string) => {
      if (!holds) this.stack.fail(`in ${stateName(status.state)}: ${what}`);
    };
    const { state } = status;
    if (state === State.CLOSED || state === State.LISTEN) {
      must(status.timer === 0, `no timer may run, but ${status.timer} does`);
      return;
    }
    const outstanding = (status.sndNxt - status.sndUna) | 0;
    must(outstanding >= 0, 'SND.UNA =< SND.NXT');
    must(((status.sndUna - status.iss) | 0) >= 0, 'ISS =< SND.UNA');
    if (state === State.SYN_SENT) return;
    must(((status.rcvNxt - status.irs) | 0) > 0, 'RCV.NXT lies beyond IRS');
    if (state === State.TIME_WAIT) return;
    must(outstanding === 0 || status.timer !== 0, 'something is outstanding, so a timer must run');
    if (state === State.SYN_RECEIVED) return;
    // CLOSE leads from SYN-RECEIVED to FIN-WAIT-1 (and on to CLOSING) with our SYN unacknowledged.
    const closedEarly = state === State.FIN_WAIT_1 || state === State.CLOSING;
    must(closedEarly || ((status.sndUna - status.iss) | 0) > 0, 'our SYN is acknowledged');
    const finQueued = (status.flags & 32) !== 0;
    const mayHaveFin = state !== State.ESTABLISHED && state !== State.CLOSE_WAIT;
    must(finQueued === mayHaveFin, `our FIN is ${finQueued ? '' : 'not '}queued`);
    if (state === State.FIN_WAIT_2) must(outstanding === 0, 'our FIN is acknowledged');
    must(status.sndUna === status.iss || status.cwnd >= status.smss, 'cwnd holds a segment');
  }

  /** Expects a signal of that kind since the last look, with that result; forgets it. */
  expectSignal(signal: Signal, result?: Result): void {
    const signals = this.stack.signals.get(this.handle);
    if (!signals || (signals.events & signal) === 0) {
      this.stack.fail(
        `no signal ${Signal[signal]}; there is ${signals ? this.#names(signals.events) : 'none'}`,
      );
    }
    if (result !== undefined && signals.result !== result) {
      const said = Result[signals.result];
      this.stack.fail(`${Signal[signal]} says ${said}, expected ${Result[result]}`);
    }
    signals.events &= ~signal;
  }

  expectNoSignal(signal: Signal): void {
    const events = this.stack.signals.get(this.handle)?.events ?? 0;
    if (events & signal) this.stack.fail(`an unexpected signal: ${this.#names(events & signal)}`);
  }

  #names(events: number): string {
    return [...Array(9).keys()]
      .filter((bit) => events & (1 << bit))
      .map((bit) => Signal[1 << bit])
      .join(', ');
  }
}
