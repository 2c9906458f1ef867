/**
 * What the user of a host can do, at the cursor.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Action } from '../../sim/action.ts';
import { touch } from '../state/client.ts';
import { actor } from '../state/layout.ts';
import { thousands } from '../parts/words.ts';
import { branch } from '../state/store.ts';

const MOST_PORT = 65_535;
const MOST_OCTETS = 100_000_000;

/** What a button does: an action of the host, by what the branch it makes is called. */
type Act = (title: string, action: Action) => () => void;

export function Actions(): JSX.Element {
  const { timeline } = branch.value ?? {};
  const stacks = timeline?.hosts.filter(({ kind }) => kind === 'stack').map(({ id }) => id) ?? [];
  const host = stacks.includes(actor.value) ? actor.value : (stacks[0] ?? 'A');
  const other = stacks.find((id) => id !== host) ?? 'B';
  const act: Act = (title, action) => () =>
    touch(`${host}: ${title}`, { kind: 'action', host, action });
  return (
    <div class="form">
      <fieldset class="line">
        <legend class="unseen">Host</legend>
        {stacks.map((id) => (
          <label key={id} class="pick">
            <input
              type="radio"
              name="actor"
              checked={id === host}
              onChange={() => {
                actor.value = id;
              }}
            />
            as <span class={`host ${id}`}>{id}</span>
          </label>
        ))}
      </fieldset>
      <AtPort act={act} other={other} />
      <div class="line">
        <Button text="Stop accepting" act={act('stop accepting', { do: 'accepting', is: false })} />
        <Button text="Accept what comes" act={act('accept on', { do: 'accepting', is: true })} />
      </div>
      <OfOctets act={act} />
      <div class="line">
        <Button text="Stop reading" act={act('stop reading', { do: 'reading', is: false })} />
        <Button text="Read what arrives" act={act('read on', { do: 'reading', is: true })} />
      </div>
      <div class="line">
        <Button text="Half-close" act={act('half-close', { do: 'shutdown' })} />
        <Button text="Close" act={act('close', { do: 'close' })} />
        <Button text="Abort" act={act('abort', { do: 'abort' })} />
      </div>
      <p class="soft">
        Done at the cursor, to the newest connection of {host}. In the past it makes a branch; the
        run as it was stays.
      </p>
    </div>
  );
}

interface AtPortProps {
  readonly act: Act;
  /** The host that is connected to. */
  readonly other: string;
}

function AtPort({ act, other }: AtPortProps): JSX.Element {
  const typed = useSignal(80);
  const port = typed.value;
  const disabled = !isAmount(port, MOST_PORT);
  const listen = act(`listen ${port}`, { do: 'listen', port });
  const connect = act(`connect ${other}:${port}`, { do: 'connect', to: other, port });
  return (
    <div class="line">
      <Amount label="Port" value={typed} most={MOST_PORT} />
      <Button text="Listen" act={listen} disabled={disabled} />
      <Button text={`Connect to ${other}`} act={connect} disabled={disabled} />
    </div>
  );
}

function OfOctets({ act }: { act: Act }): JSX.Element {
  const typed = useSignal(1000);
  const octets = typed.value;
  const disabled = !isAmount(octets, MOST_OCTETS);
  return (
    <div class="line">
      <Amount label="Octets" value={typed} most={MOST_OCTETS} />
      <Button text="Send" act={act(`send ${octets}`, { do: 'send', octets })} disabled={disabled} />
      <Button text="Read" act={act(`read ${octets}`, { do: 'read', octets })} disabled={disabled} />
    </div>
  );
}

interface ButtonProps {
  readonly text: string;
  readonly act: () => void;
  readonly disabled?: boolean;
}

function Button({ text, act, disabled = false }: ButtonProps): JSX.Element {
  return (
    <button type="button" onClick={act} disabled={disabled}>
      {text}
    </button>
  );
}

interface AmountProps {
  readonly label: string;
  readonly value: { value: number };
  readonly most: number;
}

function isAmount(given: number, most: number): boolean {
  return Number.isInteger(given) && given >= 1 && given <= most;
}

function Amount({ label, value, most }: AmountProps): JSX.Element {
  return (
    <label>
      {label}
      <input
        type="number"
        min={1}
        max={most}
        value={value.value}
        onInput={(event) => {
          value.value = event.currentTarget.valueAsNumber;
        }}
        aria-invalid={!isAmount(value.value, most)}
      />
      {isAmount(value.value, most) ? null : (
        <span class="fault" role="alert">
          {label}: a whole number from 1 to {thousands(most)}
        </span>
      )}
    </label>
  );
}
