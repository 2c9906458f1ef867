/**
 * netcell/sim: two stacks and a network between them, on the real clock or on a virtual one.
 *
 * ```ts
 * const clock = new VirtualClock()
 * const a = await createStack({ address: '10.0.0.1/24', clock })
 * const b = await createStack({ address: '10.0.0.2/24', clock })
 * const network = link(a, b, { delay: '20ms', loss: '1%', rules: [drop('A.data#7')] })
 * await clock.run(1000)
 * ```
 */
import { type Simulation, simulatedLink, type SimulatedOptions } from '../link/simulated.ts';
import type { Stack } from '../stack.ts';

export type LinkOptions = Omit<SimulatedOptions, 'clock'>;

/** The network between two stacks; `close` takes it away from both. */
export type Network = Simulation & { close(): void };

/** Joins two stacks by a simulated network. They must share a clock, which is the network's. */
export function link(a: Stack, b: Stack, options: LinkOptions = {}): Network {
  if (a.clock !== b.clock) throw new TypeError('stacks that are joined must share a clock');
  const network = simulatedLink({ ...options, clock: a.clock });
  const detach = [a.attach(network.a), b.attach(network.b)];
  return {
    impair: network.impair,
    rule: network.rule,
    get inFlight() {
      return network.inFlight;
    },
    close: () => detach.forEach((end) => end()),
  };
}

/** A clock that stands still until it is moved. */
export { VirtualClock } from '../clock.ts';
export { type Impairment, parseNetem } from '../link/netem.ts';
export type { Fate, Rule, Verdict, Watch } from '../link/path.ts';
export { capture, PcapngWriter, tap } from '../link/pcapng.ts';
export type { PacketView, Side } from '../link/segment.ts';
export {
  corrupt,
  delay,
  drop,
  duplicate,
  impaired,
  mark,
  type RuleSpec,
  simulatedLink,
  type SimulatedOptions,
  type Simulation,
  when,
} from '../link/simulated.ts';

// Scenarios: hosts, network and users as plain data; their timeline, restored and branched exactly.
export type { Action, Manners, SocketOptions } from './action.ts';
export type { Verdict as Finding } from './expect.ts';
export { figure, type FigureOptions } from './figure.ts';
export { eventOf } from './timeline/mark.ts';
export {
  type ConnectionRow,
  EVENT_KINDS,
  type EventRow,
  FATES,
  type HostRow,
  type PacketRow,
  Timeline,
  type Variable,
  VARIABLES,
} from './timeline/timeline.ts';
export { capture as captureOf, outcomeOf, run, type Run } from './run.ts';
export {
  at,
  card,
  count,
  counter,
  type Expectation,
  happens,
  never,
  on,
  order,
  received,
  type Scenario,
  scenario,
  states,
  type Step,
  time,
  type Variant,
  variantOf,
  variantsOf,
} from './scenario.ts';
export { SCENARIOS, scenarioOf } from './scenarios/index.ts';
export { type Edited, Session, type SessionOptions } from './session.ts';
export { type Edit, Universe } from './world/universe.ts';
