/**
 * The web page's words for what is in a timeline: segments, times, sizes. One place, so that the
 * ladder, the table and the inspector say the same.
 */
import { Ctl } from '../../abi.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { TIMER_NAMES } from '../../sim/timeline/rows.ts';

const BITS: readonly (readonly [Ctl, string])[] = [
  [Ctl.SYN, 'SYN'],
  [Ctl.FIN, 'FIN'],
  [Ctl.RST, 'RST'],
  [Ctl.URG, 'URG'],
  [Ctl.ACK, 'ACK'],
];
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 17: 'UDP', 58: 'ICMPv6' };
const TCP = 6;

/** Control bits by their names: `SYN,ACK`. PSH says nothing of the connection and is left out. */
export function controlName(control: number): string {
  return (
    BITS.filter(([bit]) => control & bit)
      .map(([, name]) => name)
      .join(',') || 'no control bits'
  );
}

/** A packet in a few words: `SYN,ACK seq 0 ack 1`, `1460 octets seq 1 ack 1`. */
export function segmentName(timeline: Timeline, packet: number): string {
  const { packets } = timeline;
  const protocol = packets.protocol.at(packet);
  if (protocol !== TCP) return PROTOCOLS[protocol] ?? `protocol ${protocol}`;
  const control = packets.control.at(packet);
  const length = packets.textLength.at(packet);
  const isPlain = (control & (Ctl.SYN | Ctl.FIN | Ctl.RST)) === 0;
  const words = [length > 0 && isPlain ? octets(length) : controlName(control)];
  if (length > 0 && !isPlain) words.push(octets(length));
  words.push(`seq ${packets.seq.at(packet)}`);
  if (control & Ctl.ACK) words.push(`ack ${packets.ack.at(packet)}`);
  if (packets.wnd.at(packet) === 0 && (control & Ctl.RST) === 0) words.push('win 0');
  return words.join(' ');
}

/** `1 octet`, `1,460 octets`. */
export function octets(count: number): string {
  return count === 1 ? '1 octet' : `${thousands(count)} octets`;
}

/** 12,345. */
export function thousands(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A time on the ladder's edge, seconds: `0.040`, `61.2`. */
export function seconds(ms: number): string {
  const value = ms / 1000;
  if (value >= 1000) return value.toFixed(0);
  return value >= 100 ? value.toFixed(1) : value.toFixed(3);
}

/** A length of time: `40 ms`, `1.2 s`, `2 min`. */
export function span(ms: number): string {
  if (ms < 1) return `${trimmed(ms, 3)} ms`;
  if (ms < 1000) return `${trimmed(ms, 1)} ms`;
  if (ms < 120_000) return `${trimmed(ms / 1000, 2)} s`;
  return `${trimmed(ms / 60_000, 1)} min`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

/** The name of a timer as `timer` of a connection has it; empty for none. */
export function timerName(value: number): string {
  return TIMER_NAMES[value] ?? '';
}

/** States as RFC 9293's own figure shortens them, where a long one has no room. */
export function shortState(state: string): string {
  return state.replace('SYN-RECEIVED', 'SYN-RCVD').replace('ESTABLISHED', 'ESTAB');
}

/** Cuts a text to so many letters. */
export function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, Math.max(letters - 1, 1))}…`;
}
