/**
 * Help: how to read the ladder, and the keys.
 */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hasKeys, isHelpOpen, setKeys } from '../state/layout.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['Space', 'play, pause'],
  ['. ,', 'next event, event before'],
  ['] [', 'next packet, packet before'],
  ['} {', 'next change of state, the one before'],
  ['Home End', 'to the beginning, to the end'],
  ['g', 'go to a time'],
  ['d', 'drop the packet that is chosen'],
  ['Enter', 'menu of the packet, in the table'],
  ['a b', 'act as host A, as host B'],
  ['1 to 8', 'open a tab'],
  ['?', 'this help'],
];

export function Help(): JSX.Element | null {
  return isHelpOpen.value ? <Dialog /> : null;
}

function Dialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={() => {
        isHelpOpen.value = false;
      }}
    >
      <h2 id="help-title">How to read this page</h2>
      <p>
        Two hosts, A and B, each run the real netcell core. Time runs down. Each arrow is a packet:
        it begins where it was sent and ends where it arrives, so its slant is the time it took. A
        cross is where one was lost. Long silences are folded. Beside the rails stand the states,
        the calls of the users and the timers.
      </p>
      <p>
        Drop a packet, change the link or let a host do something: the run splits at that moment.
        The old branch stays, dotted on the ladder and in the list at the bottom.
      </p>
      <h3>Keys</h3>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label>
        <input
          type="checkbox"
          checked={hasKeys.value}
          onChange={(event) => setKeys(event.currentTarget.checked)}
        />{' '}
        Single keys do this
      </label>
      <form method="dialog">
        <button type="submit" class="primary">
          Close
        </button>
      </form>
    </dialog>
  );
}
