/**
 * A packet's octets in rows of eight; those of the field that is looked at are marked.
 */
import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Field } from './field.ts';

const ROW = 8;

interface Props {
  readonly head: Uint8Array;
  readonly length: number;
  readonly fields: readonly Field[];
  readonly shown: Signal<number>;
}

export function Bytes({ head, length, fields, shown }: Props): JSX.Element {
  const field = fields[shown.value];
  const first = field === undefined ? -1 : field.bit >> 3;
  const last = field === undefined ? -2 : (field.bit + field.width - 1) >> 3;
  const rows = [];
  for (let at = 0; at < head.length; at += ROW) rows.push(at);
  const choose = (octet: number) => {
    // A second click on an octet of several fields goes on to the next of them.
    const candidates = fields.flatMap(({ bit, width }, i) =>
      bit >> 3 <= octet && (bit + width - 1) >> 3 >= octet ? [i] : [],
    );
    const place = candidates.indexOf(shown.value);
    shown.value = candidates[(place + 1) % candidates.length] ?? -1;
  };
  return (
    <div class="bytes mono" aria-hidden="true">
      {rows.map((at) => (
        <div key={at}>
          <span class="soft">{at.toString(16).padStart(4, '0')}</span>
          {[...head.subarray(at, at + ROW)].map((octet, i) => {
            const index = at + i;
            const isShown = index >= first && index <= last;
            return (
              <span key={i} class={isShown ? 'octet shown' : 'octet'} onClick={() => choose(index)}>
                {octet.toString(16).padStart(2, '0')}
              </span>
            );
          })}
        </div>
      ))}
      {length > head.length ? (
        <div class="soft">and {length - head.length} octets of text</div>
      ) : null}
    </div>
  );
}
