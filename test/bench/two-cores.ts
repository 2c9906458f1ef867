/**
 * Two cores in one thread, joined at their doors alone: whatever a host would add is not there.
 *
 * The clock moves as the bench says, so that a timer runs out by what was done and not by how fast
 * this machine is.
 */
import { Memory, Option, Signal, SignalRecordField } from '../../host-web/abi.ts';
import { parseAddress, toMapped } from '../../host-web/address.ts';
import {
  type Core,
  createCore,
  giveAddress,
  type Limits,
  setEndpoint,
} from '../../host-web/core.ts';

/** Ports the server listens on: 28,232 connections can go to each. */
export const LISTENERS = 64;
const FIRST_LISTENER = 1000;
const SERVER = toMapped(parseAddress('10.0.0.2')!);
/** Connections opened, or closed, before packets are carried: as many as come in one batch. */
const BATCH = 64;

/** Milliseconds an acknowledgment may be delayed at most. */
const LONGEST_DELAY = 499;

/** Octets of a question and of its answer. */
export const TEXT = 64;

export class TwoCores {
  readonly client: Core;
  readonly server: Core;
  /** Milliseconds. */
  now = 1_000;
  /** Packets carried. */
  packets = 0;
  readonly #received: [Int32Array, Int32Array];
  readonly #sent: [Int32Array, Int32Array];

  constructor(module: WebAssembly.Module, limits: Limits) {
    this.client = this.#core(module, limits, 1);
    this.server = this.#core(module, limits, 2);
    const words = (core: Core, at: number) =>
      new Int32Array(core.memory.buffer as ArrayBuffer, at, Memory.PACKET_SIZE / 4);
    this.#received = [words(this.client, Memory.RECEIVE), words(this.server, Memory.RECEIVE)];
    this.#sent = [words(this.client, Memory.TRANSMIT), words(this.server, Memory.TRANSMIT)];
    for (let i = 0; i < LISTENERS; i++) {
      const listener = this.server.create();
      this.#deferAcks(this.server, listener);
      setEndpoint(this.server, null, FIRST_LISTENER + i, null, 0);
      this.server.listen(listener, BATCH);
    }
  }

  #core(module: WebAssembly.Module, limits: Limits, host: number): Core {
    const core = createCore(module, limits, new Uint8Array(32).fill(host));
    core.poll(this.now);
    giveAddress(core, `10.0.0.${host}/24`);
    return core;
  }

  /** An acknowledgment rides on the next question or answer, so that each is one packet always. */
  #deferAcks(core: Core, handle: number): void {
    core.setOption(handle, Option.QUICK_ACKS, 0);
    core.setOption(handle, Option.DELAYED_ACK_MS, LONGEST_DELAY);
  }

  /** Moves the clock of both. */
  pass(ms: number): void {
    this.now += ms;
    this.client.poll(this.now);
    this.server.poll(this.now);
  }

  /** Carries what a side has to send; answers whether there was anything. */
  #carry(side: 0 | 1): boolean {
    const from = side === 0 ? this.client : this.server;
    const to = side === 0 ? this.server : this.client;
    const sent = this.#sent[side];
    const received = this.#received[1 - side]!;
    let any = false;
    for (let length = from.output(); length !== 0; length = from.output()) {
      for (let at = 0; at < length; at += 4) received[at >> 2] = sent[at >> 2]!;
      to.input(length, 0);
      this.packets++;
      any = true;
    }
    return any;
  }

  /** Lets what was asked and answered come to rest: acknowledgments, timers, flights. */
  rest(): void {
    for (let i = 0; i < 10; i++) {
      this.pass(LONGEST_DELAY);
      this.settle();
    }
  }

  /** Carries until neither has anything to send. */
  settle(): void {
    while ([this.#carry(0), this.#carry(1)].includes(true));
  }

  /** An active OPEN; answers its handle, or a negated Result. */
  connect(listener: number): number {
    const handle = this.client.create();
    if (handle <= 0) return handle;
    this.#deferAcks(this.client, handle);
    setEndpoint(this.client, null, 0, SERVER, FIRST_LISTENER + listener);
    const result = this.client.connect(handle);
    if (result === 0) return handle;
    this.client.release(handle);
    return result;
  }

  /** Opens so many connections, in batches; answers the client's handles. */
  open(count: number): Uint32Array {
    const handles = new Uint32Array(count);
    for (let i = 0; i < count; ) {
      for (const end = Math.min(count, i + BATCH); i < end; i++) {
        handles[i] = this.connect(i % LISTENERS);
      }
      this.settle();
      this.accept();
      while (this.client.signal() !== 0);
    }
    return handles;
  }

  /** Accepts whatever has come; nothing else is signalled to the server meanwhile. */
  accept(): void {
    for (let handle = this.server.signal(); handle !== 0; handle = this.server.signal()) {
      if ((eventsOf(this.server) & Signal.ACCEPTABLE) === 0) continue;
      while (this.server.accept(handle) > 0);
    }
  }

  /** Closes connections, the client first, in batches. */
  close(handles: Uint32Array): void {
    for (let i = 0; i < handles.length; ) {
      for (const end = Math.min(handles.length, i + BATCH); i < end; i++) {
        this.client.close(handles[i]!);
        this.client.release(handles[i]!);
      }
      this.settle();
      for (let handle = this.server.signal(); handle !== 0; handle = this.server.signal()) {
        this.server.close(handle);
        this.server.release(handle);
      }
      this.settle();
      this.pass(0.1);
    }
  }

  /** A question and its answer; the server has whatever asks it answered. */
  roundTrip(handle: number): void {
    const { client, server } = this;
    client.send(handle, TEXT);
    this.#carry(0);
    for (let asking = server.signal(); asking !== 0; asking = server.signal()) {
      server.receive(asking, TEXT);
      server.send(asking, TEXT);
    }
    this.#carry(1);
    for (let told = client.signal(); told !== 0; told = client.signal()) {
      client.receive(told, TEXT);
    }
  }

  /** Sends text that nobody reads. */
  fill(handle: number, length: number): void {
    this.client.send(handle, length);
    this.settle();
    while (this.server.signal() !== 0);
    while (this.client.signal() !== 0);
  }
}

/** The events of the signal a core has just answered. */
export function eventsOf(core: Core): number {
  return core.view.getUint32(Memory.SIGNAL + SignalRecordField.events, true);
}
