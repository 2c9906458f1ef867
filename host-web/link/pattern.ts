/**
 * Packets by name: `A.data#7` is A's seventh segment with text, `B.syn#1` B's first with SYN,
 * `A.any#3` its third packet; without a number, all of them.
 */
import { Ctl } from '../abi.ts';
import type { PacketView } from './segment.ts';

/** The kinds a packet can be of; most packets are of several. */
export const PACKET_KINDS = {
  any: () => true,
  data: (packet) => packet.textLength > 0,
  syn: (packet) => (packet.control & Ctl.SYN) !== 0,
  synack: (packet) => (packet.control & (Ctl.SYN | Ctl.ACK)) === (Ctl.SYN | Ctl.ACK),
  fin: (packet) => (packet.control & Ctl.FIN) !== 0,
  rst: (packet) => (packet.control & Ctl.RST) !== 0,
  ack: (packet) => (packet.control & Ctl.ACK) !== 0,
  psh: (packet) => (packet.control & Ctl.PSH) !== 0,
  /** Nothing but an acknowledgment. */
  bareack: (packet) => packet.textLength === 0 && (packet.control & ~Ctl.PSH) === Ctl.ACK,
  retransmit: (packet) => packet.isRetransmission,
} as const satisfies Record<string, (packet: PacketView) => boolean>;

export type PacketKind = keyof typeof PACKET_KINDS;

/** A name, taken apart; `number` is 0 for all of that kind. */
export interface Pattern {
  readonly from: string;
  readonly kind: PacketKind;
  readonly number: number;
}

/** Takes a name apart. @throws RangeError when it is none */
export function parsePattern(text: string): Pattern {
  const [, from, kind, number] = /^([A-Z])\.([a-z]+)(?:#([1-9]\d*))?$/.exec(text) ?? [];
  if (from === undefined || !Object.hasOwn(PACKET_KINDS, kind!)) {
    throw new RangeError(`${text} is not a packet, such as A.data#7`);
  }
  return { from, kind: kind as PacketKind, number: Number(number ?? 0) };
}

/** Whether a packet is of the kind, and from the side, a pattern names; its number aside. */
export function isMeant(pattern: Pattern, packet: PacketView): boolean {
  return packet.from === pattern.from && PACKET_KINDS[pattern.kind](packet);
}
