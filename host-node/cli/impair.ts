/** `--impair WORDS`: what a bad network does, between the device and the stack. */
import type { Clock } from '../../host-web/clock.ts';
import type { Link } from '../../host-web/link/link.ts';
import { type Impairment, parseNetem } from '../../host-web/link/netem.ts';
import { impaired } from '../../host-web/link/simulated.ts';
import { type Arguments, orUsage } from './arguments.ts';

/** What --impair asks for; undefined without. @throws UsageError */
export function readImpairment(args: Arguments): Impairment | undefined {
  const words = args.value('impair');
  return words === undefined ? undefined : orUsage(() => parseNetem(words), '--impair');
}

/** A link, with that around it. It then carries segment by segment: nothing is left to it. */
export function behind(impairment: Impairment | undefined, link: Link, clock: Clock): Link {
  return impairment === undefined ? link : impaired(link, { ...impairment, clock });
}
