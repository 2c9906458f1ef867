/** What a running process tells of its stack: sockets, counters, what was dropped and why. */
import { Reason, Result } from '../../host-web/abi.ts';
import { explain } from '../../host-web/errors.ts';
import type { TcpInfo } from '../../host-web/inspect.ts';
import type { Device } from './device.ts';

/** Packets or segments dropped for one reason. */
export interface Drop {
  /** The reason's name, and its sentence. */
  readonly reason: string;
  readonly sentence: string;
  readonly counter: string;
  readonly count: number;
}

export interface Report {
  readonly addresses: readonly string[];
  readonly mtu: number;
  readonly sockets: readonly TcpInfo[];
  /** By the names of nstat; those that are not zero. */
  readonly counters: Readonly<Record<string, number>>;
  readonly drops: readonly Drop[];
  readonly link: { readonly received: number; readonly sent: number; readonly dropped: number };
}

/** Counters that count drops, each with the reason it counts. */
const DROPS: readonly (readonly [counter: string, reason: keyof typeof Reason])[] = [
  ['IpInTruncatedPkts', 'TRUNCATED'],
  ['IpInHdrErrors', 'BAD_IP_HEADER'],
  ['IpInCsumErrors', 'BAD_IP_CHECKSUM'],
  ['IpInAddrErrors', 'NOT_OUR_ADDRESS'],
  ['IpInUnknownProtos', 'UNKNOWN_PROTOCOL'],
  ['IpReasmFails', 'FRAGMENT_DROPPED'],
  ['TcpInErrs', 'BAD_TCP_HEADER'],
  ['TcpInCsumErrors', 'BAD_CHECKSUM'],
  ['IcmpInCsumErrors', 'BAD_CHECKSUM'],
  ['TcpExtPAWSEstab', 'OLD_TIMESTAMP'],
  ['TcpExtListenDrops', 'ACCEPT_QUEUE_FULL'],
  ['TcpExtTCPReqQFullDrop', 'SYN_QUEUE_FULL'],
  ['TcpExtTCPOFODrop', 'NO_ROOM_FOR_EARLY_TEXT'],
  ['TcpExtTCPRcvQDrop', 'NO_RESOURCES'],
  ['TcpExtTCPSYNChallenge', 'SYN_CHALLENGED'],
  ['TcpExtReplyQueueDrop', 'RATE_LIMITED'],
];

/** Tells what is true now. */
export function reportOf({ stack, link, sides, tun }: Device): Report {
  const all = stack.counters();
  const counters = Object.fromEntries(
    Object.entries(all)
      .filter(([, count]) => count !== 0n)
      .map(([name, count]) => [name, Number(count)]),
  );
  const drops = DROPS.filter(([counter]) => counters[counter] !== undefined).map(
    ([counter, reason]) => ({
      reason,
      sentence: explain(Result.OK, Reason[reason]).sentence,
      counter,
      count: counters[counter]!,
    }),
  );
  return {
    addresses: sides.map(({ address, prefix }) => `${address}/${prefix}`),
    mtu: tun.mtu,
    sockets: stack.sockets(),
    counters,
    drops,
    link: { received: link.received, sent: link.sent, dropped: link.dropped },
  };
}
