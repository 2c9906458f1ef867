/**
 * What happens to the device of a stack that stays up: it is set down, and up again, or an address
 * of the kernel's is taken from it. Packets would stop without a word.
 *
 * What a device loses by having been down is put back, if it is ours: the kernel takes IPv6
 * addresses away then, where it was not told to keep them. What somebody takes away on purpose
 * stays away, and is told.
 */
import { formatAddress, parseInterfaceAddress } from '../../host-web/address.ts';
import { watchLink } from '../link-watch.ts';
import { addAddress, getLink, listAddresses } from '../netlink.ts';
import type { Device } from './device.ts';
import { reasonOf } from './failure.ts';

/** Tells of changes until the function it returns is called. */
export function watchDevice(device: Device, say: (text: string) => void): () => void {
  const { name } = device.tun;
  const wanted = device.sides.map(({ peer, prefix }) => `${peer}/${prefix}`);
  let missing = new Set<string>();
  let isUp = true;
  const look = (wasDown: boolean) => {
    const link = getLink(name);
    if (wasDown && isUp) {
      say(`  ${name} is down: nothing comes or goes\n  sudo ip link set ${name} up`);
    }
    const cameUp = link.up && (wasDown || !isUp);
    isUp = link.up;
    if (!link.up) return;
    if (cameUp) say(`  ${name} is up again`);
    const gone = missingOf(wanted, link.index);
    for (const address of gone) {
      if (missing.has(address)) continue;
      const why = cameUp && device.isMade ? putBack(name, address) : '';
      if (why === undefined) say(`  ${address} was gone from ${name}, and is back`);
      else
        say(`  ${address} is gone from ${name}${why}\n  sudo ip addr add ${address} dev ${name}`);
    }
    missing = new Set(missingOf(wanted, link.index));
  };
  try {
    return watchLink(getLink(name).index, (wasDown) => {
      try {
        look(wasDown);
      } catch {
        // The interface is gone, which the link itself tells.
      }
    });
  } catch {
    // Nobody tells here; everything else works as well.
    return () => {};
  }
}

/** Those of the kernel's addresses that the interface does not have. */
function missingOf(wanted: readonly string[], index: number): string[] {
  const has = new Set(
    listAddresses()
      .filter((address) => address.index === index)
      .map(({ octets, prefix }) => `${formatAddress(octets)}/${prefix}`),
  );
  return wanted.filter((address) => !has.has(address));
}

/** Assigns an address again; answers why that can not be. */
function putBack(name: string, address: string): string | undefined {
  try {
    addAddress(name, parseInterfaceAddress(address)!);
    return undefined;
  } catch (error) {
    return `, and can not be put back: ${reasonOf(error)}`;
  }
}
