/**
 * The observer: what a universe tells, written into its timeline.
 *
 * It knows which row of the timeline each thing belongs to; the universe does not need to. What it
 * keeps for that is saved with keyframes, but is no part of the universe's state.
 */
import { formatAddress } from '../../address.ts';
import type { Core } from '../../core.ts';
import type { Fate } from '../../link/channel.ts';
import {
  EVENT_KINDS,
  type EventKind,
  type FateName,
  FATES,
  type Note,
  type Passage,
} from './rows.ts';
import { Sampler, type SamplerState } from './sampler.ts';
import type { Timeline } from './timeline.ts';

/** An observer as plain data. */
export type ObserverState = readonly (SamplerState | null)[];

const NOBODY = 255;

const FATE_NAMES: Readonly<Record<Fate | 'unreachable', FateName>> = {
  passed: 'delivered',
  delayed: 'delayed',
  lost: 'lost',
  dropped: 'lost',
  refused: 'lost',
  unreachable: 'lost',
  duplicated: 'duplicated',
  corrupted: 'corrupted',
  marked: 'marked',
};

/** The sockets in a packet's header. */
interface Sockets {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

export class Observer {
  readonly timeline: Timeline;
  readonly #samplers: readonly (Sampler | undefined)[];
  readonly #hasUser: (host: number, handle: number) => boolean;
  #now = 0;
  #moment = 0;

  constructor(
    timeline: Timeline,
    cores: readonly (Core | undefined)[],
    hasUser: (host: number, handle: number) => boolean,
  ) {
    this.timeline = timeline;
    this.#hasUser = hasUser;
    this.#samplers = cores.map((core, host) => core && new Sampler(core, host));
  }

  get state(): ObserverState {
    return this.#samplers.map((sampler) => sampler?.state ?? null);
  }

  set state(state: ObserverState) {
    this.#samplers.forEach((sampler, i) => {
      if (sampler !== undefined) sampler.state = state[i]!;
    });
  }

  /** A moment begins. */
  begin(now: number, moment: number): void {
    this.#now = now;
    this.#moment = moment;
  }

  /** A host has taken in a packet. */
  received(host: number, packet: number, octets: Uint8Array): void {
    const sampler = this.#samplers[host];
    let connection = -1;
    if (sampler !== undefined) {
      connection = this.#inbound(host, octets);
      if (connection < 0) {
        sampler.identify(this.timeline);
        connection = this.#inbound(host, octets);
      }
    }
    this.#event(host, 'receive', { packet, connection });
  }

  /** A host has told something. @param arriving the packet it has just taken in */
  note(
    host: number,
    { kind, handle, reason = 0, text = '', numbers }: Note,
    arriving?: Uint8Array,
  ) {
    const sampler = this.#samplers[host]!;
    let connection = handle === 0 ? -1 : sampler.ofHandle(handle);
    if (connection < 0 && handle !== 0) {
      sampler.identify(this.timeline);
      connection = sampler.ofHandle(handle);
    }
    const isListener = this.timeline.connections[connection]?.kind === 'listener';
    if (arriving !== undefined && (connection < 0 || isListener)) {
      const own = this.#inbound(host, arriving);
      if (own >= 0) connection = own;
    }
    const [a = 0, b = 0, c = 0, d = 0] = numbers ?? [];
    if (connection < 0 && kind === 'state') connection = sampler.takeExpired(a);
    this.#event(host, kind, { connection, reason, text, a, b, c, d });
    // The sampler comes later: until then the event and the variable would say two things.
    if (kind === 'state' && connection >= 0) this.timeline.change(connection, 'state', b);
  }

  /** A host has sent a packet, and what becomes of it is known. */
  sent(host: number, id: number, { view, to, fate, cause, arrivals }: Passage): void {
    const { timeline } = this;
    const sockets = socketsOf(view.octets);
    const sampler = this.#samplers[host];
    const find = () =>
      sampler?.ofSockets(view.sourcePort, sockets.destination, view.destinationPort, this.#now) ??
      -1;
    let connection = find();
    if (connection < 0 && sampler !== undefined) {
      sampler.identify(timeline);
      connection = find();
    }
    const event = timeline.eventCount;
    const isLost = arrivals.length === 0;
    this.#event(host, 'send', { packet: id, connection });
    for (let i = 0; i < Math.max(arrivals.length, 1); i++) {
      timeline.addPacket({
        sentAt: this.#now,
        arrivesAt: arrivals[i] ?? Number.POSITIVE_INFINITY,
        from: host,
        to: to < 0 ? NOBODY : to,
        fate: FATES.indexOf(i > 0 && fate === 'corrupted' ? 'delivered' : FATE_NAMES[fate]),
        cause,
        copyOf: i === 0 ? -1 : id,
        event,
        connection,
        protocol: view.protocol,
        sourcePort: view.sourcePort,
        destinationPort: view.destinationPort,
        control: view.control,
        seq: view.seq,
        ack: view.ack,
        wnd: view.wnd,
        textLength: view.textLength,
        again: Number(view.isRetransmission),
        length: view.length,
        head: view.octets,
      });
    }
    if (isLost) this.#event(host, 'loss', { packet: id, connection });
  }

  /** A host's memory may be different. */
  sample(host: number): void {
    const hasUser = (handle: number) => this.#hasUser(host, handle);
    this.#samplers[host]?.sample(this.timeline, this.#now, hasUser);
  }

  #inbound(host: number, octets: Uint8Array): number {
    const { source, sourcePort, destinationPort } = socketsOf(octets);
    return this.#samplers[host]!.ofSockets(destinationPort, source, sourcePort, Number.NaN);
  }

  #event(
    host: number,
    kind: EventKind,
    row: {
      packet?: number;
      connection?: number;
      reason?: number;
      text?: string;
      a?: number;
      b?: number;
      c?: number;
      d?: number;
    },
  ): void {
    this.timeline.addEvent({
      at: this.#now,
      moment: this.#moment,
      host,
      kind: EVENT_KINDS.indexOf(kind),
      packet: -1,
      connection: -1,
      reason: 0,
      text: '',
      a: 0,
      b: 0,
      c: 0,
      d: 0,
      ...row,
    });
  }
}

/** Sockets of a TCP packet. */
function socketsOf(octets: Uint8Array): Sockets {
  const isV4 = octets[0]! >> 4 === 4;
  const start = isV4 ? (octets[0]! & 15) * 4 : 40;
  const [from, to, size] = isV4 ? [12, 16, 4] : [8, 24, 16];
  const port = (at: number) => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  return {
    source: addressText(octets.subarray(from, from + size)),
    sourcePort: port(start),
    destination: addressText(octets.subarray(to, to + size)),
    destinationPort: port(start + 2),
  };
}

/** IPv4 addresses as text, each made once; a simulation has few. */
const TEXTS = new Map<number, string>();

function addressText(octets: Uint8Array): string {
  if (octets.length !== 4) return formatAddress(octets);
  const key = (octets[0]! << 24) | (octets[1]! << 16) | (octets[2]! << 8) | octets[3]!;
  let text = TEXTS.get(key);
  if (text === undefined) TEXTS.set(key, (text = formatAddress(octets)));
  return text;
}
