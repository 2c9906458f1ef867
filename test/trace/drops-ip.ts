/**
 * Packets that IP, ICMP and UDP drop: for each place in the core that drops any, one that comes to
 * it.
 */
import {
  CE,
  complete,
  DatagramUser,
  datagram,
  encode,
  ip,
  listening,
  LOOSE,
  NOT_ECT,
  octetsOf,
  onesSum,
  type Options,
  Setting,
  type Stack,
  UdpOption,
  withIpOptions,
} from '../dsl/index.ts';

const { echo, ENDS, extended, fragment, icmp, options, packet } = ip;

export type Family = 4 | 6;

/** What is about to be dropped: `last` brings it. */
export interface Scene {
  readonly stack: Stack;
  readonly last: () => void;
}

/** How a place in the core is reached, in the families that have it. */
export interface Driver {
  readonly families: readonly Family[];
  readonly scene: (family: Family) => Scene;
}

export const BOTH = [4, 6] as const;
export const V4 = [4] as const;
export const V6 = [6] as const;

/** The last of some packets is dropped; nothing is sent before. */
function last(
  families: readonly Family[],
  packets: (family: Family) => readonly Uint8Array[],
  made: Options = {},
): Driver {
  return {
    families,
    scene: (family) => {
      const { stack } = listening(made);
      const all = packets(family);
      for (const before of all.slice(0, -1)) stack.input(before);
      return {
        stack,
        last: () => {
          stack.input(all.at(-1)!);
          stack.pump();
        },
      };
    },
  };
}

const v4 = (make: () => Uint8Array) => last(V4, () => [make()]);
const v6 = (make: () => Uint8Array) => last(V6, () => [make()]);
const both = (make: (family: Family) => Uint8Array) => last(BOTH, (family) => [make(family)]);

/** A packet with its octet at `at` changed, and a header's checksum that still holds. */
function changed(bytes: Uint8Array, at: number, to: (octet: number) => number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = to(copy[at]!);
  if (copy[0]! >> 4 !== 4) return copy;
  const view = new DataView(copy.buffer);
  view.setUint16(10, 0);
  view.setUint16(10, 0xffff - onesSum(copy.subarray(0, 20)));
  return copy;
}

/** A packet with an ECN codepoint. */
const marked = (bytes: Uint8Array, codepoint: number) =>
  bytes[0]! >> 4 === 4
    ? changed(bytes, 1, (octet) => (octet & ~3) | codepoint)
    : changed(bytes, 1, (octet) => (octet & ~0x30) | (codepoint << 4));

/** A fragment moved to the farthest place there is. */
function farthest(bytes: Uint8Array): Uint8Array {
  const at = bytes[0]! >> 4 === 4 ? 6 : 42;
  const [high, low] = at === 6 ? [0x1f, 0xff] : [0xff, 0xf8];
  return changed(
    changed(bytes, at, () => high!),
    at + 1,
    () => low!,
  );
}

const ofIcmp = (family: Family) => (family === 4 ? ip.ICMP : ip.ICMPV6);
const unreachable = (family: Family, quote: Uint8Array) =>
  icmp(ENDS[family], family === 4 ? 3 : 1, 0, 0, quote);
/** A packet of ours to the peer. */
const sentByUs = (family: Family, protocol: number) =>
  packet({ from: ENDS[family].to, to: ENDS[family].from }, protocol, new Uint8Array(20));
const zeros = (length: number) => Array<number>(length).fill(0);

const FEW_PAGES: Options = {
  limits: { pages: 4, receiveBuffer: 4096, sendBuffer: 4096 },
};

const INPUT: Readonly<Record<string, readonly Driver[]>> = {
  'ip/input readPacket TRUNCATED': [v4(() => new Uint8Array(0))],
  'ip/input readPacket BAD_IP_VERSION': [v4(() => changed(echo(ENDS[4], 8), 0, () => 0x55))],
  'ip/input readIpv4 TRUNCATED': [
    v4(() => echo(ENDS[4], 8).slice(0, 19)),
    v4(() => echo(ENDS[4], 8).slice(0, 35)),
  ],
  'ip/input readIpv4 BAD_IP_HEADER': [
    v4(() => changed(echo(ENDS[4], 8), 0, () => 0x44)),
    v4(() => changed(echo(ENDS[4], 8), 3, () => 19)),
  ],
  'ip/input readIpv4 BAD_IP_CHECKSUM': [
    v4(() => {
      const bytes = echo(ENDS[4], 8);
      bytes[10]! ^= 1;
      return bytes;
    }),
  ],
  'ip/input readIpv6 TRUNCATED': [
    v6(() => echo(ENDS[6], 8).slice(0, 39)),
    v6(() => echo(ENDS[6], 8).slice(0, 55)),
  ],
  'ip/input readOptions BAD_IP_OPTION': [v4(() => withIpOptions(echo(ENDS[4], 8), [LOOSE, 99, 4]))],
  'ip/input readOptions SOURCE_ROUTE_REFUSED': [
    v4(() => withIpOptions(echo(ENDS[4], 8), complete(LOOSE, 9))),
  ],
  'ip/input martian ILLEGAL_ADDRESS': [
    both((f) => echo({ from: f === 4 ? '127.0.0.1' : '::1', to: ENDS[f].to }, 8)),
    both((f) => echo({ from: ENDS[f].to, to: ENDS[f].to }, 8)),
    both((f) => echo({ from: ENDS[f].from, to: f === 4 ? '224.0.0.1' : 'ff02::1' }, 8)),
    v4(() => echo({ from: ENDS[4].from, to: '10.0.0.255' }, 8)),
  ],
  'stack notOurs NOT_OUR_ADDRESS': [
    both((f) => echo({ from: ENDS[f].from, to: f === 4 ? '10.0.0.77' : 'fd00::77' }, 8)),
    both((f) => echo({ from: ENDS[f].from, to: f === 4 ? '192.0.2.1' : '2001:db8::1' }, 8)),
  ],
  'stack unknownProtocol UNKNOWN_PROTOCOL': [
    both((f) => packet(ENDS[f], 253, new Uint8Array(8))),
    both((f) => packet(ENDS[f], ofIcmp(f === 4 ? 6 : 4), new Uint8Array(8))),
  ],
};

const EXTENSIONS: Readonly<Record<string, readonly Driver[]>> = {
  'ip/extensions walkExtensions NO_NEXT_HEADER': [v6(() => packet(ENDS[6], 59, new Uint8Array(8)))],
  'ip/extensions walkExtensions EXTENSIONS_TOO_MANY': [
    v6(() => {
      const chain = new Uint8Array(8 * 257);
      for (let at = 0; at < chain.length; at += 8) chain[at] = 60;
      return packet(ENDS[6], 60, chain);
    }),
  ],
  'ip/extensions readExtension EXTENSION_OUT_OF_PLACE': [
    v6(() => extended(echo(ENDS[6], 8), [60, options()], [0, options()])),
  ],
  'ip/extensions readExtension EXTENSION_CUT': [
    v6(() => packet(ENDS[6], 60, Uint8Array.of(58))),
    v6(() => packet(ENDS[6], 60, Uint8Array.of(58, 1, 0, 0, 0, 0, 0, 0))),
  ],
  'ip/extensions readExtension ROUTING_HEADER': [
    v6(() => extended(echo(ENDS[6], 8), [43, [0, 2, 0, 1, ...zeros(20)]])),
  ],
  'ip/extensions readOptions OPTION_CUT': [
    v6(() => extended(echo(ENDS[6], 8), [60, [0, 0, 0, 0, 0, 0, 0, 0x1e]])),
    v6(() => extended(echo(ENDS[6], 8), [60, [0, 0, 0x1e, 9, 0, 0, 0, 0]])),
  ],
  'ip/extensions readOptions UNKNOWN_OPTION': [
    v6(() => extended(echo(ENDS[6], 8), [60, options(0x5e, 0)])),
    v6(() => extended(echo(ENDS[6], 8), [0, options(0x9e, 0)])),
  ],
};

const REASSEMBLY: Readonly<Record<string, readonly Driver[]>> = {
  'ip/reassembly reassembleIpv4 FRAGMENT_UNEVEN': [v4(() => fragment(echo(ENDS[4], 99), 0, 44))],
  'ip/reassembly reassembleIpv6 FRAGMENT_UNEVEN': [v6(() => fragment(echo(ENDS[6], 99), 0, 44))],
  'ip/reassembly reassembleIpv4 FRAGMENT_TOO_FAR': [
    v4(() => farthest(fragment(echo(ENDS[4], 8), 8, 16))),
  ],
  'ip/reassembly reassembleIpv6 FRAGMENT_TOO_FAR': [
    v6(() => farthest(fragment(echo(ENDS[6], 8), 8, 16))),
  ],
  'ip/reassembly reassembleIpv6 EXTENSION_CUT': [v6(() => packet(ENDS[6], 44, new Uint8Array(4)))],
  'ip/reassembly reassembleIpv6 FRAGMENT_CUTS_HEADERS': [
    v6(() => fragment(extended(echo(ENDS[6], 8), [60, options(1, 9, ...zeros(9))]), 0, 8)),
  ],
  'ip/reassembly take FRAGMENT_EMPTY': [both((f) => fragment(echo(ENDS[f], 92), 200, 208))],
  'ip/reassembly take EXTENSIONS_TOO_MANY': [
    v6(() => extended(fragment(echo(ENDS[6], 99), 0, 48), [60, options(1, 250, ...zeros(250))])),
  ],
  'ip/reassembly take FRAGMENT_DROPPED': [
    last(BOTH, (f) => [fragment(echo(ENDS[f], 48), 48, 56), fragment(echo(ENDS[f], 96), 96, 104)]),
    last(BOTH, (f) => [fragment(echo(ENDS[f], 48), 48, 56), fragment(echo(ENDS[f], 99), 56, 64)]),
  ],
  'ip/reassembly take FRAGMENT_OVERLAPS': [
    last(BOTH, (f) => [fragment(echo(ENDS[f], 99), 0, 48), fragment(echo(ENDS[f], 99), 40, 80)]),
  ],
  'ip/reassembly take FRAGMENT_AGAIN': [
    last(BOTH, (f) => [fragment(echo(ENDS[f], 99), 0, 48), fragment(echo(ENDS[f], 99), 0, 48)]),
  ],
  'ip/reassembly take FRAGMENT_UNMARKED': [
    last(BOTH, (f) => [
      marked(fragment(echo(ENDS[f], 99), 0, 48), CE),
      marked(fragment(echo(ENDS[f], 99), 48, 96), NOT_ECT),
    ]),
  ],
  'ip/reassembly take NO_RESOURCES': [
    last(BOTH, (f) => [fragment(echo(ENDS[f], 30_000), 29_992, 30_000)], FEW_PAGES),
    last(BOTH, (f) => [fragment(echo(ENDS[f], 99), 0, 8), fragment(echo(ENDS[f], 99), 16, 24)], {
      limits: { ranges: 1 },
    }),
  ],
  'ip/reassembly take FRAGMENTS_TOO_MANY': [
    last(BOTH, (f) =>
      Array.from({ length: 65 }, (_, i) => fragment(echo(ENDS[f], 1400), 16 * i, 16 * i + 8)),
    ),
  ],
  'ip/reassembly slotFor FRAGMENTS_MADE_WAY': [
    last(BOTH, (f) => [1, 2, 3, 4, 5].map((id) => fragment(echo(ENDS[f], 99), 0, 8, id))),
  ],
  'ip/reassembly reassemblyTimeout FRAGMENTS_TOO_LATE': [
    {
      families: BOTH,
      scene: (family) => {
        const { stack } = listening();
        stack.input(fragment(echo(ENDS[family], 99), 0, 8));
        return { stack, last: () => stack.wait(61_000) };
      },
    },
  ],
};

const ICMP: Readonly<Record<string, readonly Driver[]>> = {
  'ip/icmp icmpArrives ICMP_CUT': [both((f) => packet(ENDS[f], ofIcmp(f), new Uint8Array(7)))],
  'ip/icmp icmpArrives BAD_CHECKSUM': [
    both((f) => {
      const bytes = echo(ENDS[f], 8);
      bytes[bytes.length - 1]! ^= 1;
      return bytes;
    }),
  ],
  'ip/icmp isError SOURCE_QUENCH': [v4(() => icmp(ENDS[4], 4, 0, 0, sentByUs(4, ip.TCP)))],
  'ip/icmp unknownType ICMP_UNKNOWN_TYPE': [
    both((f) => icmp(ENDS[f], f === 4 ? 13 : 135, 0, 0, new Uint8Array(20))),
    both((f) => icmp(ENDS[f], f === 4 ? 5 : 0, 0, 0, new Uint8Array(20))),
  ],
  'ip/icmp echoArrives ECHO_IGNORED': [
    last(BOTH, (f) => [echo(ENDS[f], 8)], { settings: { [Setting.ECHO_REPLY]: 0 } }),
  ],
  'ip/icmp echoArrives NO_RESOURCES': [last(BOTH, (f) => [echo(ENDS[f], 30_000)], FEW_PAGES)],
  'ip/icmp echoArrives REPLY_QUEUE_FULL': [
    last(BOTH, (f) => [echo(ENDS[f], 8), echo(ENDS[f], 8)], { limits: { replies: 1 } }),
  ],
  'icmp-errors errorArrives ICMP_CUT': [
    both((f) => unreachable(f, sentByUs(f, ip.TCP).slice(0, 19))),
    both((f) => unreachable(f, sentByUs(f, ip.TCP).slice(0, f === 4 ? 27 : 47))),
  ],
  'icmp-errors errorArrives ICMP_QUOTE_ILLEGAL': [
    both((f) => unreachable(f, new Uint8Array(60))),
    both((f) =>
      unreachable(
        f,
        changed(sentByUs(f, ip.TCP), 0, () => (f === 4 ? 0x65 : 0x45)),
      ),
    ),
    both((f) => unreachable(f, packet(ENDS[f], ip.TCP, new Uint8Array(20)))),
  ],
  'icmp-errors errorArrives ICMP_UNMATCHED': [both((f) => unreachable(f, sentByUs(f, ip.UDP)))],
};

/** A datagram of UDP that says it is so many octets long. */
const udp = (family: Family, length: number) =>
  packet(ENDS[family], ip.UDP, Uint8Array.of(0, 7, 0, 7, 0, length, 0, 0));

/** A user of port 7 with a buffer of one datagram; the last of so many packets is dropped. */
function withUser(made: (family: Family) => Uint8Array, count: number): Driver {
  return {
    families: BOTH,
    scene: (family) => {
      const { stack } = listening();
      const user = new DatagramUser(stack);
      user.bind(7);
      user.set(UdpOption.RECEIVE_BUFFER, 1);
      for (let n = 1; n < count; n++) stack.input(made(family));
      return { stack, last: () => stack.input(made(family)) };
    },
  };
}

const TRANSPORTS: Readonly<Record<string, readonly Driver[]>> = {
  'udp/arrives isSound BAD_UDP_HEADER': [
    both((f) => packet(ENDS[f], ip.UDP, new Uint8Array(7))),
    both((f) => udp(f, 7)),
    both((f) => udp(f, 9)),
  ],
  'udp/arrives isSound CHECKSUM_MISSING': [
    last(V6, (f) => [datagram(ENDS[f], { checksum: 0 })]),
  ],
  'udp/arrives isWhole BAD_CHECKSUM': [both((f) => datagram(ENDS[f], { checksum: 0x1234 }))],
  'udp/arrives udpArrives NO_UDP_PORT': [both((f) => datagram(ENDS[f]))],
  'udp/arrives udpArrivesForMany NO_UDP_PORT': [
    both((f) => datagram({ from: ENDS[f].from, to: f === 4 ? '224.0.0.1' : 'ff02::1' })),
  ],
  'udp/arrives dropFull DATAGRAM_BUFFER_FULL': [withUser((f) => datagram(ENDS[f]), 2)],
  'udp/arrives udpErrorArrives ICMP_IGNORED': [
    withUser((f) => {
      const back = { from: ENDS[f].to, to: ENDS[f].from };
      return unreachable(f, datagram(back, { from: 7, to: 9000 }));
    }, 1),
  ],
  'stack deliverToMany ILLEGAL_ADDRESS': [
    last(V6, (f) => [echo({ from: ENDS[f].from, to: 'ff02::1' }, 8)]),
  ],
  'tcp/segment readSegment BAD_TCP_HEADER': [
    both((f) => packet(ENDS[f], ip.TCP, new Uint8Array(19))),
    ...[4, 6].map((offset) =>
      both((f) =>
        encode(
          { ctl: 0, seq: 0, text: '', dataOffset: offset },
          {
            source: octetsOf(ENDS[f].from),
            destination: octetsOf(ENDS[f].to),
            sourcePort: 7,
            destinationPort: 80,
          },
        ),
      ),
    ),
  ],
};

/** By `file function REASON`. */
export const IP_DROPS = { ...INPUT, ...EXTENSIONS, ...REASSEMBLY, ...ICMP, ...TRANSPORTS };
