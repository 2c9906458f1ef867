/**
 * `--nat`: the host forwards what leaves the stack's network, under an address of its own, for as
 * long as a program runs. Without it a TUN device reaches this host alone.
 *
 * A run that is killed (SIGKILL) can take nothing back: that is left to the next `--nat` with a
 * device of that name.
 */
import { formatAddress, parseAddress, samePrefix } from '../../host-web/address.ts';
import { Exit, Failure, reasonOf } from '../cli/failure.ts';
import { listAddresses, listLinks } from '../netlink.ts';
import { type Family, forward, isForwarding } from './forwarding.ts';
import { findRules, type Masqueraded, type Rules } from './masquerade.ts';

/** One family of a device's network. */
interface Side {
  readonly address: string;
  readonly prefix: number;
}

/** This host's links reach no further than themselves by these (RFC 4291 §2.5.6, RFC 3927). */
const LINK_LOCAL: readonly (readonly [string, number])[] = [
  ['fe80::', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
  ['::1', 128],
];

/** Finds what `--nat` needs, before anything is made. @throws Failure */
export function prepareNat(): Rules {
  if (process.platform === 'linux' && process.getuid?.() !== 0) {
    throw new Failure(
      "--nat needs root: it sets this host's forwarding, and a rule\n  sudo netcell run --nat …",
      Exit.NO_PERMISSION,
    );
  }
  return findRules();
}

/**
 * Sets forwarding and rules for a device's network, in the families that this host has elsewhere.
 *
 * @param warn hears what may keep it from working
 * @returns takes back what was set; harmless when repeated
 * @throws Failure with nothing set
 */
export function openNat(
  rules: Rules,
  device: string,
  sides: readonly Side[],
  warn: (sentence: string) => void,
): () => void {
  const undo: (() => void)[] = [];
  const close = () => {
    process.off('exit', close);
    for (const step of undo.splice(0).reverse()) {
      try {
        step();
      } catch (error) {
        warn(`--nat can not take back what it set: ${reasonOf(error)}`);
      }
    }
  };
  // However this process ends that can say so.
  process.once('exit', close);
  try {
    for (const side of sides) {
      const masqueraded = masqueradedOf(side, device);
      const { family } = masqueraded;
      if (!isElsewhere(family, device)) continue;
      undo.push(() => rules.unset(masqueraded));
      rules.set(masqueraded);
      undo.push(forward(family, device));
      for (const place of rules.drops(family)) {
        warn(`${place} drops what is forwarded: have it accept what is ${device}'s`);
      }
    }
  } catch (error) {
    close();
    throw Failure.while('cannot set up --nat', error);
  }
  if (undo.length === 0) warn('--nat finds no address of this host that reaches beyond it');
  return close;
}

function masqueradedOf({ address, prefix }: Side, device: string): Masqueraded {
  const octets = parseAddress(address)!;
  const network = octets.map((octet, i) => {
    const bits = Math.min(8, Math.max(0, prefix - 8 * i));
    return octet & (0xff00 >> bits);
  });
  return {
    family: octets.length === 4 ? 4 : 6,
    network: `${formatAddress(network)}/${prefix}`,
    device,
  };
}

/** Whether this host has an address of that family on another link, by which others reach it. */
function isElsewhere(family: Family, device: string): boolean {
  const own = listLinks().find(({ name }) => name === device)?.index;
  return listAddresses().some(({ index, octets }) => {
    const isFamily = octets.length === (family === 4 ? 4 : 16);
    const isLocal = LINK_LOCAL.some(([first, prefix]) => {
      return samePrefix(octets, parseAddress(first)!, prefix);
    });
    return isFamily && !isLocal && index !== own;
  });
}

/**
 * Whether a packet to an address outside of the stack's network would get there: the address is
 * this host's, or it forwards.
 */
export function isReached(address: Uint8Array): boolean {
  if (isForwarding(address.length === 4 ? 4 : 6)) return true;
  return listAddresses().some(({ octets }) => samePrefix(octets, address, 8 * address.length));
}
