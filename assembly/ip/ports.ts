/**
 * Ephemeral ports (RFC 6056 §3.2): their range, and which of them are ours where several stacks
 * share our addresses. Which one is taken next, a transport chooses by itself.
 */
import { Setting } from '../abi';
import { setting } from '../limits';

// DEVIATION: RFC 6056 §3.2a would begin at 1,024. Below 32,768 stand the ports of services that are
// started later; Linux keeps clear of them too, and what is left counts for each destination anew.
/** The range Linux uses: 28,232 ports. */
export const FIRST_PORT: u32 = 32_768;
export const PORT_COUNT: u32 = 28_232;

/** The hash of a port, as tables of who holds one are asked by it. */
export function portHash(port: u32): u32 {
  return port * 0x9e37_79b1;
}

/** Ports of the range that are ours: all but where several stacks share our addresses. */
export function portCount(): u32 {
  return PORT_COUNT / setting(Setting.PORT_SHARES);
}

/** The port of that index among ours. */
export function portAt(index: u32): u32 {
  return FIRST_PORT + index * setting(Setting.PORT_SHARES) + setting(Setting.PORT_SHARE);
}
