/** What the simulator's tests share: every variant of every scenario, and small ones made here. */
import { type Scenario, scenario, type Step, variantsOf } from '../../host-web/sim/scenario.ts';
import { at, on } from '../../host-web/sim/scenario.ts';
import { SCENARIOS } from '../../host-web/sim/scenarios/index.ts';

/** Every variant, each a scenario of its own. */
export const VARIANTS: readonly Scenario[] = SCENARIOS.flatMap(variantsOf);

/** A scenario of two hosts and a server, with what a test adds. */
export function made(own: Partial<Scenario> = {}, steps: readonly Step[] = []): Scenario {
  return scenario({
    id: 'made',
    title: 'Made for a test',
    topic: 'tests',
    rfc: [],
    summary: '',
    hosts: { A: {}, B: {} },
    link: { delay: '10ms' },
    steps: [
      at(0, 'B', { do: 'listen', port: 80 }),
      at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
      ...steps,
    ],
    expect: [],
    lesson: [],
    ...own,
  });
}

/** A transfer over a bad network, long enough for keyframes, branches and every kind of event. */
export function transfer(octets = 300_000): Scenario {
  const link = { delay: '10ms', jitter: '2ms', loss: '1%', duplicate: '1%', corrupt: '0.5%' };
  return made({ id: 'transfer', link, seed: 7 }, [
    on('A:ESTABLISHED', 'A', { do: 'send', octets }),
    on('A:ESTABLISHED', 'A', { do: 'close' }),
  ]);
}
