/**
 * As much as goes, from the kernel's TCP and to it, on one connection or many, at MTU 1500. What an
 * end behind a TUN is held against acknowledges as a TCP must (`raw-tcp.ts`).
 */
import { perform } from './ends.ts';
import type { Moved } from './kernel.ts';
import type { EndName } from './place.ts';

export interface TunRate {
  readonly bitsPerSecond: number;
  /** Segments the kernel has sent again. */
  readonly retransmissions: number;
}

function rateOf({ octets, seconds, retransmissions }: Moved): TunRate {
  return { bitsPerSecond: (octets * 8) / seconds, retransmissions };
}

/** The end sends for so long; the kernel reads. */
export async function measureSending(
  seconds = 3,
  flows = 1,
  end: EndName = 'netcell',
  offload = false,
): Promise<TunRate> {
  const service = { kind: 'source', seconds, offload } as const;
  return rateOf(await perform<Moved>(end, service, { kind: 'drain', flows, seconds }));
}

/** The kernel sends for so long; the end reads and forgets. */
export async function measureReceiving(
  seconds = 3,
  flows = 1,
  end: EndName = 'netcell',
  offload = false,
): Promise<TunRate> {
  const service = { kind: 'sink', offload } as const;
  return rateOf(await perform<Moved>(end, service, { kind: 'pour', flows, seconds }));
}
