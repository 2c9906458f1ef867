/** The words tests are written in. */
export {
  Controller,
  Counter,
  Option,
  Reason,
  Result,
  Setting,
  Signal,
  State,
  Timer,
  UdpOption,
} from '../../host-web/abi.ts';
export { DatagramUser, datagram, readDatagram, sent, written } from './datagrams.ts';
export { Host } from './host.ts';
export * as ip from './ip.ts';
export { parse, print } from './notation.ts';
export { Peer } from './peer.ts';
export { play } from './play.ts';
export * from './source-route.ts';
export * from './segment.ts';
export { mapped, octetsOf, Stack } from './stack.ts';
export * from './states.ts';
