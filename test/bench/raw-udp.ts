/**
 * The least that can be done with datagrams behind a TUN: each goes back as it came, with its ends
 * changed over. No checksum changes by that, and none is looked at.
 */
import type { Tun } from '../../host-node/tun.ts';

const RECEIVE_AT = 4096;
const TRANSMIT_AT = 1 << 17;
const MEMORY = 1 << 18;
/** Packets that are taken at once, as a stack's link does. */
const BATCH = 64;
const UDP = 17;

export function echoRaw(tun: Tun): void {
  const octets = new Uint8Array(MEMORY);
  const memory = octets.buffer;
  const receiveSize = TRANSMIT_AT - RECEIVE_AT - 128;
  tun.attach({ memory, receiveAt: RECEIVE_AT, receiveSize, transmitAt: TRANSMIT_AT });
  const swap = (from: number, size: number) => {
    octets.copyWithin(TRANSMIT_AT + from, RECEIVE_AT + from + size, RECEIVE_AT + from + 2 * size);
    octets.copyWithin(TRANSMIT_AT + from + size, RECEIVE_AT + from, RECEIVE_AT + from + size);
  };
  const drain = () => {
    for (let left = BATCH; left > 0; left--) {
      const length = tun.receive();
      if (length === 0) return;
      // IPv4 without options, UDP.
      if (octets[RECEIVE_AT] !== 0x45 || octets[RECEIVE_AT + 9] !== UDP) continue;
      octets.copyWithin(TRANSMIT_AT, RECEIVE_AT, RECEIVE_AT + length);
      swap(12, 4);
      swap(20, 2);
      tun.transmit(length, 0);
    }
  };
  tun.watch(drain);
}
