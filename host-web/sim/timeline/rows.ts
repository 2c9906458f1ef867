/**
 * The vocabulary of a timeline: what its rows and columns are called and what they mean.
 *
 * Only words and types; `timeline.ts` keeps them.
 */
import type { Reason } from '../../abi.ts';
import type { Fate } from '../../link/channel.ts';
import type { PacketView } from '../../link/segment.ts';
import { Column, type Kind } from './column.ts';

export interface HostRow {
  /** `A`, `B`, `X`: as scenarios name it. */
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly kind: 'stack' | 'crafter';
}

/**
 * What became of a packet. `delayed`: by a rule, beyond what the link does to all; `marked`: with
 * congestion experienced (RFC 3168).
 */
export const FATES = ['delivered', 'lost', 'corrupted', 'duplicated', 'delayed', 'marked'] as const;
export type FateName = (typeof FATES)[number];

/**
 * What an event is: a user's `call`; a packet's `send`, its `receive` at the far end, its `loss` on
 * the way; inside a TCP a `drop` with its reason, a change of `state`, a `timer` that ran out, a
 * `reason` (congestion control acted); data that reached the user (`deliver`), and a
 * `signal` of the TCP to its user (opened, reset, closed).
 */
export const EVENT_KINDS = [
  'call',
  'send',
  'receive',
  'loss',
  'drop',
  'state',
  'timer',
  'reason',
  'deliver',
  'signal',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** What a machine tells of itself. */
export interface Note {
  readonly kind: EventKind;
  /** Handle of the connection; 0 when the core names none. */
  readonly handle: number;
  readonly reason?: Reason;
  readonly text?: string;
  readonly numbers?: readonly [number, number, number, number];
}

/** What becomes of one packet a host has sent. */
export interface Passage {
  readonly view: PacketView;
  /** Place of the host it goes to; -1 when no host has that address. */
  readonly to: number;
  readonly way: string;
  readonly fate: Fate | 'unreachable';
  readonly cause: string;
  /** Names of the packet in marks that steps wait for: `A.data#7`. */
  readonly names: readonly string[];
  /** Times at which the packet, and its copies, arrive. */
  readonly arrivals: readonly number[];
}

/** One packet. Sequence numbers are relative to the SYN of their direction, as tcpdump's. */
export interface PacketRow {
  readonly id: number;
  readonly from: string;
  /** Null when nobody has that address. */
  readonly to: string | null;
  readonly sentAt: number;
  /** Null when it never arrives. */
  readonly arrivesAt: number | null;
  readonly fate: FateName;
  /** Why, where the fate is not `delivered`: `rule drop('A.data#7')`, `loss 2%`, `queue full`. */
  readonly cause: string;
  /** The packet this one is a copy of. */
  readonly copyOf: number | null;
  /** Event that sent it. */
  readonly event: number;
  readonly connection: number | null;
  /** IP protocol; the fields below are zero unless it is 6. */
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Octet 13 of the TCP header, and in tcpdump's letters. */
  readonly control: number;
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  /** Window field, not scaled. */
  readonly wnd: number;
  readonly textLength: number;
  readonly isRetransmission: boolean;
  /** `S`, `S.`, `P.` …, sequence and acknowledgment: `[S.] seq 0 ack 1 win 65535`. */
  readonly notation: string;
  readonly length: number;
  /** The first octets of the packet, `HEAD` at most; as sent, before any corruption. */
  readonly head: Uint8Array;
}

/** One event. */
export interface EventRow {
  readonly index: number;
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly moment: number;
  readonly host: string;
  readonly kind: EventKind;
  readonly packet: number | null;
  readonly connection: number | null;
  readonly reason: Reason;
  /** What happened, in words; why, where a reason is known; and where the rule stands. */
  readonly text: string;
  readonly why: string;
  readonly rfc: string;
  /**
   * `state`: from, to. `timer`: which (`Timer`), microseconds of RTO, count. `reason`: cwnd,
   * ssthresh, FlightSize, SRTT. `deliver`: octets, of which strange.
   */
  readonly numbers: readonly [number, number, number, number];
}

/** One connection or listener, as one host has it. */
export interface ConnectionRow {
  readonly id: number;
  readonly host: string;
  readonly kind: 'connection' | 'listener';
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Event at which it was first seen. */
  readonly since: number;
}

/**
 * Variables of a connection, by the RFC's names. Sequence numbers are absolute: subtract ISS or
 * IRS.
 * Times are milliseconds; `timer at` is the time on the timeline's clock, 0 when none is armed.
 */
export const VARIABLES = [
  'state',
  'ISS',
  'SND.UNA',
  'SND.NXT',
  'SND.WND',
  'IRS',
  'RCV.NXT',
  'RCV.WND',
  'cwnd',
  'ssthresh',
  'FlightSize',
  'SMSS',
  'RMSS',
  'SRTT',
  'RTTVAR',
  'RTO',
  'retransmits',
  'retransmitted',
  'Snd.Wind.Shift',
  'Rcv.Wind.Shift',
  'options',
  'send queue',
  'receive queue',
  'timer',
  'timer at',
  /** 0 a TCB of the user's, 1 a listener's SYN queue, 2 its accept queue, 3 a TIME-WAIT record. */
  'kept in',
  'SYN queue',
  'accept queue',
  'backlog',
] as const;
export type Variable = (typeof VARIABLES)[number];

/** Values of `timer`: a `Timer` plus one, or one of the two of records without a TCB. */
export const TIMER_NAMES: Readonly<Record<number, string>> = {
  1: 'retransmit',
  2: 'persist',
  3: 'delayed ACK',
  4: 'keep-alive',
  5: 'FIN-WAIT-2',
  6: 'override',
  16: '2 MSL',
  17: 'SYN,ACK',
};

/** One thing that changed: at these events, to these values. */
export interface Series {
  readonly events: Column;
  readonly values: Column;
}

/** Octets kept of each packet: enough for IPv6, TCP with all its options, and some text. */
export const HEAD = 120;
/** Columns of the packets; what is no number is a place in a table of strings. */
export const PACKET_COLUMNS = {
  sentAt: 'f64',
  /** Infinity when it never arrives. */
  arrivesAt: 'f64',
  from: 'u8',
  /** 255 when nobody has that address. */
  to: 'u8',
  fate: 'u8',
  cause: 'u32',
  copyOf: 'i32',
  event: 'u32',
  connection: 'i32',
  protocol: 'u8',
  sourcePort: 'u32',
  destinationPort: 'u32',
  control: 'u8',
  seq: 'u32',
  ack: 'u32',
  wnd: 'u32',
  textLength: 'u32',
  again: 'u8',
  length: 'u32',
} as const satisfies Record<string, Kind>;

export const EVENT_COLUMNS = {
  at: 'f64',
  moment: 'u32',
  host: 'u8',
  kind: 'u8',
  packet: 'i32',
  connection: 'i32',
  reason: 'u32',
  text: 'u32',
  a: 'u32',
  b: 'u32',
  c: 'u32',
  d: 'u32',
} as const satisfies Record<string, Kind>;

type Table<C> = { readonly [K in keyof C]: Column };
export type PacketColumns = Table<typeof PACKET_COLUMNS>;
export type EventColumns = Table<typeof EVENT_COLUMNS>;
/** A new row of a table, as numbers. */
export type NewPacket = { [K in Exclude<keyof PacketColumns, 'cause'>]: number } & {
  cause: string;
  head: Uint8Array;
};
export type NewEvent = { [K in Exclude<keyof EventColumns, 'text'>]: number } & { text: string };

/** Empty columns, by their names. */
export function table<C extends Record<string, Kind>>(columns: C): Table<C> {
  const made = Object.entries(columns).map(([name, kind]) => [name, new Column(kind, 256)]);
  return Object.fromEntries(made) as Table<C>;
}

/** How far a reader of a timeline has come: rows of each table. */
export interface Position {
  readonly packets: number;
  readonly events: number;
  readonly connections: number;
  readonly strings: number;
  readonly changes: number;
}

/** A stretch of a timeline, to be appended to a copy of what came before it. Can be cloned. */
export interface Batch {
  readonly packets: Readonly<Record<string, ArrayLike<number>>>;
  readonly heads: Uint8Array;
  readonly events: Readonly<Record<string, ArrayLike<number>>>;
  readonly connections: readonly ConnectionRow[];
  readonly strings: readonly string[];
  readonly changes: Readonly<Record<string, ArrayLike<number>>>;
}

export const START: Position = { packets: 0, events: 0, connections: 0, strings: 0, changes: 0 };
