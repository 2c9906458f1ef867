/**
 * Packets as a TUN device carried them: what Linux 6.18 sent to a peer at 10.0.0.2 and fd00::2.
 *
 * Captured for these tests in a network namespace of its own, 10.0.0.1/24 and fd00::1/64 on the
 * device, with the kernel's defaults and all checksums computed by the kernel. What the peer sent
 * to provoke them is said beside each.
 */
import { RECEIVE } from '../../assembly/memory';

/** connect() to 10.0.0.2 port 80: the SYN. */
export const SYN4 =
  '4500003cf717400040062fa20a0000010a00000294980050f14bd47900000000a002faf0c0d70000020405b404' +
  '02080a849698ed000000000103030a';
/** connect() to fd00::2 port 443: the SYN. */
export const SYN6 =
  '6004ae6100280640fd000000000000000000000000000001fd000000000000000000000000000002a65401bb4b' +
  'a6fee200000000a002fd205e780000020405a00402080a2ad7d503000000000103030a';
/** Answer to a SYN with MSS 1460, SACK permitted, TSval 7 and shift 7. */
export const SYN_ACK4 =
  '4500003c00004000400626ba0a0000010a0000020052138930c158a5000003e9a012fe880af00000020405b404' +
  '02080ac30bc634000000070103030a';
/** Answer to a SYN for a port where nobody listens. */
export const RST4 =
  '4500002800004000400626ce0a0000010a0000020051138800000000000000655014000087900000';
/** Acknowledgment with one SACK block: 10 octets came after a gap of 10. */
export const SACK4 =
  '450000401fd64000400606e00a0000010a0000020052138930c158a6000003e9b0100040f8d200000101080ac3' +
  '0bc761000000080101050a000003f3000003fd';
/** Four octets of text, "HTTP", with two SACK blocks, the latest first. */
export const DATA4 =
  '4500004c1fd84000400606d20a0000010a0000020052138930c158a6000003e9d0180040325500000101080ac3' +
  '0bc8f20000000801010512000004110000041b000003f3000003fd48545450';
/** "hello" to port 53. */
export const UDP4 = '4500002100144000401126b60a0000010a000002bcf00035000dead968656c6c6f';
/** "hello!!" to port 53; the checksum is 1804. */
export const UDP6 =
  '6006e078000f1140fd000000000000000000000000000001fd000000000000000000000000000002889f003500' +
  '0f180468656c6c6f2121';
/** An echo request with 16 octets. */
export const ECHO4 =
  '4500002c39c640004001ed080a0000010a0000020800a27f123400016162636465666768696a6b6c6d6e6f70';
/** An echo request with 16 octets. */
export const ECHO6 =
  '6008e5c400183a40fd000000000000000000000000000001fd0000000000000000000000000000028000302812' +
  '3400016162636465666768696a6b6c6d6e6f70';
/**
 * Port unreachable: "ping" had come for port 9 without a UDP checksum, Diffserv CS6 on the error.
 */
export const UNREACHABLE4 =
  '45c0003c3a17000040012be80a0000010a00000203030e77000000004500002000010000401166ca0a0000020a' +
  '0000010fa00009000c000070696e67';
/** Port unreachable, as above. */
export const UNREACHABLE6 =
  '600e7e8d003c3a40fd000000000000000000000000000001fd0000000000000000000000000000020104935100' +
  '00000060000000000c1140fd000000000000000000000000000002fd0000000000000000000000000000010fa0' +
  '0009000c175870696e67';
/** The second, last fragment of 1500 octets of "x": header and the 28 octets left. */
export const FRAGMENT4 =
  '4500003000ad00b9401165550a0000010a00000278787878787878787878787878787878787878787878787878' +
  '787878';
/**
 * "rr" with the record route option, as the sender fills it in: one address, and End of Options.
 */
export const OPTIONS4 =
  '4700002601034000401113b10a0000010a0000020707080a00000100c8800035000ab0af7272';

function digit(code: i32): u32 {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

/** Puts a packet's octets at `at`; answers how many there are. */
export function put(hex: string, at: usize): u32 {
  const length = <u32>hex.length / 2;
  for (let i: u32 = 0; i < length; i++) {
    const high = digit(hex.charCodeAt(2 * i));
    store<u8>(at + i, <u8>((high << 4) | digit(hex.charCodeAt(2 * i + 1))));
  }
  return length;
}

/** Puts a packet into the receive window; answers its octets. */
export function arrive(hex: string): u32 {
  return put(hex, RECEIVE);
}
