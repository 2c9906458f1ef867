/** Numbers and addresses as people read them: durations, sizes, rates, URLs. */

import { formatEndpoint } from '../../host-web/address.ts';

/** Octets: `61 kB`, `64 MiB` where they are round in binary, as memory and transfers are. */
export function size(octets: number): string {
  for (const [unit, name] of [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ] as const) {
    if (octets >= unit && octets % unit === 0) return `${octets / unit} ${name}`;
  }
  for (const [unit, name] of [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const) {
    if (octets >= unit) return `${(octets / unit).toFixed(octets < 10 * unit ? 1 : 0)} ${name}`;
  }
  return `${octets} octets`;
}

/** A rate in Mbit/s, or Gbit/s from ten of them on. */
export function rate(octets: number, milliseconds: number): string {
  const megabits = (octets * 8) / 1000 / milliseconds;
  return megabits < 10_000
    ? `${megabits.toFixed(megabits < 10 ? 1 : 0)} Mbit/s`
    : `${(megabits / 1000).toFixed(1)} Gbit/s`;
}

/** Milliseconds: `0.12 ms`, `340 ms`, `6.2 s`. */
export function time(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms`;
}

/** An address as its own family writes it: sockets of IPv6 show IPv4's as `::ffff:10.9.0.1`. */
export function plainAddress(address = ''): string {
  return address.replace(/^::ffff:(?=.*\.)/, '');
}

/** The URL of a server, as short as it can be written. */
export function urlOf(address: string, port: number): string {
  return new URL(`http://${formatEndpoint(address, port)}/`).href;
}
