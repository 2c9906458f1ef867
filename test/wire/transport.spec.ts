/** TCP, UDP, ICMP and ICMPv6 headers and their checksums, against captured packets. */
import { Ctl } from '../../assembly/abi';
import { fold, sum } from '../../assembly/store/copy-sum';
import { mapIpv4 } from '../../assembly/wire/address';
import { finish, pseudoSum } from '../../assembly/wire/checksum';
import {
  echoIdentifier,
  echoSequence,
  Icmp,
  icmpCode,
  ICMP_HEADER,
  icmpType,
  nextHopMtu,
  Unreachable,
  writeIcmp,
} from '../../assembly/wire/icmp';
import { Icmpv6, packetTooBigMtu, Unreachable6 } from '../../assembly/wire/icmpv6';
import {
  ipv4Destination,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
} from '../../assembly/wire/ipv4';
import { ipv6Destination, ipv6NextHeader, ipv6Source } from '../../assembly/wire/ipv6';
import { load16 } from '../../assembly/wire/octets';
import {
  acknowledgmentNumber,
  controlBits,
  dataOffset,
  destinationPort,
  sequenceNumber,
  sourcePort,
  TCP_CHECKSUM,
  urgentPointer,
  windowField,
  writeTcp,
} from '../../assembly/wire/tcp';
import { udpDestinationPort, udpLength, udpSourcePort } from '../../assembly/wire/udp';
import { below, next, same, sameOctets, scratch, seed } from '../store/generated';
import {
  DATA4,
  ECHO4,
  ECHO6,
  put,
  RST4,
  SACK4,
  SYN4,
  SYN6,
  SYN_ACK4,
  UDP4,
  UDP6,
  UNREACHABLE4,
  UNREACHABLE6,
} from './captured';

const at = scratch(256) + 1;
const written = scratch(256) + 3;

/**
 * The sum over transport and pseudo header of the packet at `at`: 0xffff when the checksum is
 * right.
 */
function sumOf4(length: u32): u32 {
  const header = ipv4HeaderLength(at);
  const pseudo = pseudoSum(
    0,
    mapIpv4(ipv4Source(at)),
    0,
    mapIpv4(ipv4Destination(at)),
    ipv4Protocol(at),
    length - header,
  );
  return fold(pseudo + sum(at + header, length - header));
}

function sumOf6(length: u32): u32 {
  const source = ipv6Source(at);
  const destination = ipv6Destination(at);
  const pseudo = pseudoSum(
    load<u64>(source),
    load<u64>(source, 8),
    load<u64>(destination),
    load<u64>(destination, 8),
    ipv6NextHeader(at),
    length - 40,
  );
  return fold(pseudo + sum(at + 40, length - 40));
}

describe('checksum', () => {
  it('agrees with Linux about TCP and UDP over IPv4', () => {
    expect<u32>(sumOf4(put(SYN4, at))).toBe(0xffff);
    expect<u32>(sumOf4(put(SYN_ACK4, at))).toBe(0xffff);
    expect<u32>(sumOf4(put(RST4, at))).toBe(0xffff);
    expect<u32>(sumOf4(put(SACK4, at))).toBe(0xffff);
    expect<u32>(sumOf4(put(DATA4, at))).toBe(0xffff);
    expect<u32>(sumOf4(put(UDP4, at))).toBe(0xffff);
  });

  it('agrees with Linux about TCP, UDP and ICMPv6 over IPv6', () => {
    expect<u32>(sumOf6(put(SYN6, at))).toBe(0xffff);
    expect<u32>(sumOf6(put(UDP6, at))).toBe(0xffff);
    expect<u32>(sumOf6(put(ECHO6, at))).toBe(0xffff);
    expect<u32>(sumOf6(put(UNREACHABLE6, at))).toBe(0xffff);
  });

  it('agrees with Linux about ICMP, which has no pseudo header', () => {
    expect<u32>(sum(at + 20, put(ECHO4, at) - 20)).toBe(0xffff);
    expect<u32>(sum(at + 20, put(UNREACHABLE4, at) - 20)).toBe(0xffff);
  });

  it('gives the checksum Linux gave', () => {
    const length = put(DATA4, at);
    const checksum = load<u16>(at + 20 + TCP_CHECKSUM);
    store<u16>(at + 20 + TCP_CHECKSUM, 0);
    expect<u32>(finish(sumOf4(length))).toBe(checksum);
  });

  it('is zero, and never 0xFFFF, where the sum is 0xFFFF', () => {
    for (let sum: u32 = 1; sum <= 0x2_0000; sum++) assert(finish(sum) != 0xffff);
    expect<u32>(finish(0xffff)).toBe(0);
    expect<u32>(finish(0x1_fffe)).toBe(0);
  });

  it('covers a length of more than 16 bits', () => {
    const small = pseudoSum(1, 2, 3, 4, 6, 1);
    expect<u32>(fold(pseudoSum(1, 2, 3, 4, 6, 0x1_0001))).toBe(fold(small + 0x100));
  });
});

describe('TCP header', () => {
  it('is read from a SYN', () => {
    put(SYN4, at);
    const tcp = at + 20;
    expect<u32>(sourcePort(tcp)).toBe(38_040);
    expect<u32>(destinationPort(tcp)).toBe(80);
    expect<u32>(sequenceNumber(tcp)).toBe(0xf14b_d479);
    expect<u32>(acknowledgmentNumber(tcp)).toBe(0);
    expect<u32>(dataOffset(tcp)).toBe(40);
    expect<u32>(controlBits(tcp)).toBe(Ctl.SYN);
    expect<u32>(windowField(tcp)).toBe(64_240, 'MUST-1: no negative window');
    expect<u32>(urgentPointer(tcp)).toBe(0);
  });

  it('is read from a segment with text, and from a RST', () => {
    put(DATA4, at);
    expect<u32>(controlBits(at + 20)).toBe(Ctl.ACK | Ctl.PSH);
    expect<u32>(dataOffset(at + 20)).toBe(52);
    expect<u32>(acknowledgmentNumber(at + 20)).toBe(1_001);
    put(RST4, at);
    expect<u32>(controlBits(at + 20)).toBe(Ctl.ACK | Ctl.RST);
    expect<u32>(acknowledgmentNumber(at + 20)).toBe(101);
    expect<u32>(sequenceNumber(at + 20)).toBe(0);
    expect<u32>(dataOffset(at + 20)).toBe(20);
  });

  it('is written as Linux wrote it, but for the checksum', () => {
    put(RST4, at);
    store<u16>(at + 20 + TCP_CHECKSUM, 0);
    memory.fill(written, 0xaa, 32);
    writeTcp(written, 81, 5_000, 0, 101, 0, Ctl.RST | Ctl.ACK, 0, 0);
    sameOctets(written, at + 20, 20, 'header');
    same<u32>(load<u32>(written + 20), 0xaaaa_aaaa, 'octets behind the header');
  });

  it('is read as it was written', () => {
    seed(17);
    for (let round = 0; round < 3_000; round++) {
      const source = below(65_536);
      const destination = below(65_536);
      const seq = next();
      const ack = next();
      const options = below(11) * 4;
      const ctl = below(256);
      const wnd = below(65_536);
      const urgent = below(65_536);
      writeTcp(at, source, destination, seq, ack, options, ctl, wnd, urgent);
      same<u32>(sourcePort(at), source, 'source port');
      same<u32>(destinationPort(at), destination, 'destination port');
      same<u32>(sequenceNumber(at), seq, 'sequence number');
      same<u32>(acknowledgmentNumber(at), ack, 'acknowledgment number');
      same<u32>(dataOffset(at), 20 + options, 'data offset');
      same<u32>(controlBits(at), ctl, 'control bits');
      same<u32>(windowField(at), wnd, 'window');
      same<u32>(load<u16>(at + TCP_CHECKSUM), 0, 'checksum');
      same<u32>(urgentPointer(at), urgent, 'urgent pointer');
      same<u32>(load<u8>(at, 12) & 15, 0, 'reserved bits');
    }
  });
});

describe('UDP header', () => {
  it('is read over both families', () => {
    put(UDP4, at);
    expect<u32>(udpSourcePort(at + 20)).toBe(48_368);
    expect<u32>(udpDestinationPort(at + 20)).toBe(53);
    expect<u32>(udpLength(at + 20)).toBe(13);
    put(UDP6, at);
    expect<u32>(udpSourcePort(at + 40)).toBe(34_975);
    expect<u32>(udpLength(at + 40)).toBe(15);
  });
});

describe('ICMP header', () => {
  it('is read from an echo request of either family', () => {
    put(ECHO4, at);
    expect<u32>(icmpType(at + 20)).toBe(Icmp.ECHO);
    expect<u32>(icmpCode(at + 20)).toBe(0);
    expect<u32>(echoIdentifier(at + 20)).toBe(0x1234);
    expect<u32>(echoSequence(at + 20)).toBe(1);
    put(ECHO6, at);
    expect<u32>(icmpType(at + 40)).toBe(Icmpv6.ECHO_REQUEST);
    expect<u32>(echoIdentifier(at + 40)).toBe(0x1234);
  });

  it('is read from a port unreachable of either family', () => {
    put(UNREACHABLE4, at);
    expect<u32>(icmpType(at + 20)).toBe(Icmp.DESTINATION_UNREACHABLE);
    expect<u32>(icmpCode(at + 20)).toBe(Unreachable.PORT);
    expect<u32>(udpDestinationPort(at + 20 + ICMP_HEADER + 20)).toBe(9, 'the quoted header');
    put(UNREACHABLE6, at);
    expect<u32>(icmpType(at + 40)).toBe(Icmpv6.DESTINATION_UNREACHABLE);
    expect<u32>(icmpCode(at + 40)).toBe(Unreachable6.PORT);
    expect<u32>(udpDestinationPort(at + 40 + ICMP_HEADER + 40)).toBe(9, 'the quoted header');
  });

  it('says the MTU where each family has it', () => {
    writeIcmp(at, Icmp.DESTINATION_UNREACHABLE, Unreachable.FRAGMENTATION_NEEDED, 1_400);
    expect<u32>(nextHopMtu(at)).toBe(1_400);
    writeIcmp(at, Icmpv6.PACKET_TOO_BIG, 0, 0x1_0000);
    expect<u32>(packetTooBigMtu(at)).toBe(0x1_0000);
  });

  it('is written as it was sent, with a checksum to be filled in', () => {
    put(ECHO4, at);
    const checksum = load16(at + 22);
    store<u16>(at + 22, 0);
    memory.copy(written, at + 20, 24);
    writeIcmp(written, Icmp.ECHO, 0, 0x1234_0001);
    sameOctets(written, at + 20, 24, 'echo request');
    store<u16>(written, <u16>finish(sum(written, 24)), 2);
    expect<u32>(load16(written + 2)).toBe(checksum);
  });
});
