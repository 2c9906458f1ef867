/** Every scenario there is, in the order a course would take them. */
import type { Scenario } from '../scenario.ts';
import abort from './rst-abort.ts';
import autotuning from './autotuning.ts';
import bufferbloat from './bufferbloat.ts';
import close from './close-4way.ts';
import cubicReno from './cubic-reno.ts';
import halfClose from './half-close.ts';
import handshake from './handshake.ts';
import lostRetransmission from './lost-retransmission.ts';
import pacing from './pacing.ts';
import reordering from './reordering.ts';
import refused from './refused.ts';
import sawtooth from './sawtooth.ts';
import simultaneousClose from './simultaneous-close.ts';
import simultaneousOpen from './simultaneous-open.ts';
import slowStart from './slow-start.ts';
import spuriousTimeout from './spurious-timeout.ts';
import synFlood from './syn-flood.ts';
import synLost from './syn-lost.ts';
import tailLoss from './tail-loss.ts';
import timeWait1 from './time-wait-1.ts';
import timeWait2 from './time-wait-2.ts';
import zeroWindow from './zero-window.ts';

export const SCENARIOS: readonly Scenario[] = [
  handshake,
  synLost,
  simultaneousOpen,
  refused,
  close,
  simultaneousClose,
  halfClose,
  abort,
  timeWait1,
  timeWait2,
  synFlood,
  zeroWindow,
  autotuning,
  reordering,
  tailLoss,
  lostRetransmission,
  spuriousTimeout,
  slowStart,
  sawtooth,
  cubicReno,
  bufferbloat,
  pacing,
];

/** A scenario by its id. */
export function scenarioOf(id: string): Scenario | undefined {
  return SCENARIOS.find((one) => one.id === id);
}
