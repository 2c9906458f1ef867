/**
 * Which destinations are left to the kernel: `--kernel HOST[:PORT]`.
 *
 * HOST is an address, a network such as 10.0.0.0/8, a name, or `*` for all there is. The longest
 * prefix decides, as in a route table, and the stack's own network is one of those compared: `*`
 * and 10.0.0.0/8 leave it 10.9.0.0/24, and 127.0.0.1 takes one address out of its loopback.
 *
 * A name is matched as a program asks for it, whatever address it has by then; and the addresses it
 * had at the start are matched for a program that looks it up by itself.
 */
import { lookup } from 'node:dns/promises';
import {
  formatEndpoint,
  isHostName,
  parseAddress,
  parseInterfaceAddress,
  samePrefix,
} from '../../host-web/address.ts';
import { readPort, UsageError } from '../cli/arguments.ts';
import { Failure } from '../cli/failure.ts';
import { plainAddress } from '../cli/words.ts';

/** A part of all addresses; of those of both families where it has no octets. */
export interface Network {
  readonly octets?: Uint8Array;
  readonly prefix: number;
}

/** What one `--kernel` says: a network or a name, with all ports or one. */
interface Rule {
  readonly network?: Network;
  readonly name?: string;
  readonly port: number | undefined;
}

/** Networks that are the stack itself in any case (RFC 1122 §3.2.1.3, RFC 4291 §2.5). */
const SELF = ['127.0.0.0/8', '0.0.0.0', '::1', '::'];

/** Reads one `--kernel`. @throws UsageError */
function readRule(text: string): Rule {
  const bracketed = /^\[(.*)\](?::([^:]*))?$/.exec(text);
  const isBare = bracketed === null && text.split(':').length > 2;
  const parts = bracketed ?? (isBare ? undefined : /^(.*?)(?::([^:]*))?$/s.exec(text));
  const [, host = text, digits] = parts ?? [];
  const port = digits === undefined ? undefined : readPort(digits, `--kernel ${text}: PORT`);
  if (host === '*') return { network: { prefix: 0 }, port };
  const network = parseInterfaceAddress(host);
  if (network !== undefined && network.peer === undefined) return { network, port };
  if (bracketed === null && isHostName(host)) return { name: nameOf(host), port };
  throw new UsageError(
    "--kernel is an address, a network such as 10.0.0.0/8, a name or '*', and may end with a " +
      `port, as in db.example:5432 or [fd00::1]:5432, not '${text}'`,
  );
}

/** A name as it is compared. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/**
 * The values of `--kernel` with the addresses beside the names.
 *
 * @throws UsageError where one names nothing, Failure where a name has no address
 */
export async function withAddresses(values: readonly string[]): Promise<string[]> {
  const rules = values.map(readRule);
  const found = rules.map(async ({ name, port }) => {
    if (name === undefined) return [];
    const all = await lookup(name, { all: true }).catch((error) => {
      throw Failure.from(error) ?? error;
    });
    return all.map(({ address }) => (port === undefined ? address : formatEndpoint(address, port)));
  });
  return [...values, ...(await Promise.all(found)).flat()];
}

export class Destinations {
  readonly #rules: readonly Rule[];
  readonly #own: readonly Network[];

  /**
   * @param values those of `--kernel`
   * @param own networks of the stack, each as address and prefix
   * @throws UsageError
   */
  constructor(values: readonly string[], own: readonly string[]) {
    this.#rules = values.map(readRule);
    this.#own = [...SELF, ...own].map((text) => parseInterfaceAddress(text)!);
  }

  /** Whether any is left to the kernel. */
  get isAny(): boolean {
    return this.#rules.length > 0;
  }

  /**
   * Whether a destination is left to the kernel.
   *
   * @param host the name it was looked up by; undefined for none
   */
  isKernels(address: string, port: number, host?: string): boolean {
    const rules = this.#rules.filter((rule) => rule.port === undefined || rule.port === port);
    const name = host === undefined ? undefined : nameOf(host);
    if (name !== undefined && rules.some((rule) => rule.name === name)) return true;
    // A zone says by which of the kernel's links; an address is the same without it.
    const octets = parseAddress(plainAddress(address).replace(/%.*/, ''));
    if (octets === undefined) return false;
    const given = rules.flatMap(({ network }) => (network === undefined ? [] : [network]));
    const longest = longestOf(given, octets);
    return longest >= 0 && longest >= longestOf(this.#own, octets);
  }
}

/** The longest prefix of the networks an address is in; -1 where it is in none. */
function longestOf(networks: readonly Network[], address: Uint8Array): number {
  let longest = -1;
  for (const { octets, prefix } of networks) {
    if (octets === undefined || samePrefix(octets, address, prefix)) {
      longest = Math.max(longest, prefix);
    }
  }
  return longest;
}
