/**
 * The link, in netem's words, each way by itself; a change holds from the cursor on.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Impairment } from '../../link/netem.ts';
import { impair } from '../state/client.ts';
import { branch, glance, scenario } from '../state/store.ts';

const WAYS = ['A>B', 'B>A'] as const;
const EXAMPLES = [
  'delay 20ms',
  'delay 50ms 10ms',
  'delay 20ms loss 10%',
  'delay 20ms rate 1mbit limit 10',
];

export function LinkPanel(): JSX.Element {
  return (
    <div class="form">
      <p>
        What the link does to packets, in the words of tc-netem: delay (and jitter), loss,
        duplicate, reorder, corrupt, rate, limit. A change holds from the cursor on, and makes a
        branch.
      </p>
      {WAYS.map((way) => {
        const now = wordsOf(way);
        return <Way key={`${branch.value?.id}${way}${now}`} way={way} now={now} />;
      })}
      <p class="soft">
        Rules of this scenario:{' '}
        {(scenario.value?.rules ?? [])
          .map(({ packet, verdict }) =>
            typeof verdict === 'object'
              ? `delay ${packet} by ${verdict.delay}`
              : `${verdict} ${packet}`,
          )
          .join('; ') || 'none'}
        .
      </p>
    </div>
  );
}

/** What a way does at the cursor: as the scenario begins, or as it was told since. */
function wordsOf(way: (typeof WAYS)[number]): string {
  const told = branch.value?.links.findLast(
    (change) => change.way === way && change.from <= glance.value + 1,
  );
  const { link } = scenario.value ?? {};
  return told?.words ?? netemWords({ ...link, ...link?.ways?.[way] });
}

function Way({ way, now }: { way: (typeof WAYS)[number]; now: string }): JSX.Element {
  const words = useSignal(now);
  const fault = useSignal('');
  const id = `way-${way[0]}`;
  const [from, to] = way.split('>') as [string, string];
  const apply = (event: Event) => {
    event.preventDefault();
    try {
      impair(words.value, way);
      fault.value = '';
    } catch (error) {
      fault.value = (error as Error).message;
    }
  };
  return (
    <form onSubmit={apply}>
      <div class="line">
        <label for={id}>
          <span class={`host ${from}`}>{from}</span> to <span class={`host ${to}`}>{to}</span>
        </label>
        <input
          id={id}
          class="wide"
          type="text"
          list="netem-examples"
          autocomplete="off"
          spellcheck={false}
          value={words.value}
          aria-invalid={fault.value !== ''}
          aria-describedby={`${id}-fault`}
          onInput={(event) => {
            words.value = event.currentTarget.value;
          }}
        />
        <button type="submit">Change</button>
      </div>
      <p id={`${id}-fault`} class="fault">
        {fault.value}
      </p>
      <datalist id="netem-examples">
        {EXAMPLES.map((example) => (
          <option key={example} value={example} />
        ))}
      </datalist>
    </form>
  );
}

/** An impairment as a line of netem's. */
function netemWords(impairment: Impairment): string {
  const { delay = '0ms', jitter } = impairment;
  const words = [`delay ${withUnit(delay)}${jitter === undefined ? '' : ` ${withUnit(jitter)}`}`];
  for (const name of ['loss', 'duplicate', 'reorder', 'corrupt', 'rate', 'limit'] as const) {
    if (impairment[name] !== undefined) words.push(`${name} ${impairment[name]}`);
  }
  return words.join(' ');
}

function withUnit(time: number | string): string {
  return typeof time === 'number' ? `${time}ms` : time;
}
