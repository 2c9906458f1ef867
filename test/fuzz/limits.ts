/** What a fuzzed core has: little, so that it runs out, and is soon copied. */
import type { Limits } from '../../host-web/core.ts';

export const LIMITS: Limits = {
  connections: 12,
  listeners: 4,
  children: 8,
  timeWaits: 4,
  pages: 64,
  ranges: 64,
  replies: 16,
  datagramSockets: 4,
  datagrams: 4,
  segments: 512,
  sourceRoutes: 3,
  paths: 8,
  traceEvents: 256,
  receiveBuffer: 12_000,
  sendBuffer: 12_000,
  mtu: 1500,
};
