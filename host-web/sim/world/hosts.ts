/** The hosts of a scenario: their kinds, names and addresses. */
import type { HostRow } from '../timeline/rows.ts';
import type { HostSpec, Scenario } from '../scenario.ts';

const ADDRESSES: Readonly<Record<string, string>> = {
  A: '10.0.0.1',
  B: '10.0.0.2',
  X: '10.0.0.66',
};

/** The hosts of a scenario, in its order. */
export function hostsOf(spec: Scenario): HostRow[] {
  return Object.entries(spec.hosts).map(([id, host]) => ({
    id,
    name: host.name ?? id,
    address: addressOf(id, host),
    kind: host.crafter === true ? 'crafter' : 'stack',
  }));
}

function addressOf(id: string, host: HostSpec): string {
  const address = host.address ?? ADDRESSES[id];
  if (address === undefined) throw new TypeError(`${id} needs an address`);
  return address;
}
