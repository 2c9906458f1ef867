/**
 * Headers as the RFCs draw them: 32 bits a row, a box for each field.
 *
 * One stop of the Tab key; the arrow keys go from field to field.
 */
import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Field } from './field.ts';

const ROW_BITS = 32;
/** Names as the RFC's own figure shortens them, where four bits give little room. */
const DRAWN: Readonly<Record<string, string>> = { 'Data Offset': 'Offset', Reserved: 'Rsrvd' };
/** TCP stands first: the web page is about it. */
const PARTS: readonly { readonly title: string; readonly headers: readonly Field['header'][] }[] = [
  { title: 'TCP header, 32 bits a row', headers: ['TCP', 'Options', 'Text'] },
  { title: 'IP header', headers: ['IPv4', 'IPv6'] },
];

interface Props {
  readonly fields: readonly Field[];
  /** Index of the field that is looked at; -1 for none. */
  readonly shown: Signal<number>;
}

export function HeaderGrid({ fields, shown }: Props): JSX.Element {
  const grid = useRef<HTMLDivElement>(null);
  const current = Math.min(Math.max(shown.value, 0), fields.length - 1);
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    shown.value = Math.min(Math.max(current + step, 0), fields.length - 1);
    grid.current?.querySelector<HTMLElement>(`[data-field='${shown.value}']`)?.focus();
  };
  return (
    <div ref={grid} class="header-grid" role="group" aria-label="Header fields" onKeyDown={keys}>
      {PARTS.map((part) => (
        <div key={part.title} class="header-part">
          {fields.some(({ header }) => part.headers.includes(header)) ? (
            <h3>{part.title}</h3>
          ) : null}
          <div class="bits">
            {fields.map((field, i) =>
              part.headers.includes(field.header) ? (
                <FieldBox
                  key={`${field.header}${field.bit}`}
                  field={field}
                  index={i}
                  isShown={i === shown.value}
                  isStop={i === current}
                  show={() => {
                    shown.value = i;
                  }}
                />
              ) : null,
            )}
          </div>
        </div>
      ))}
    </div>
  );
}

interface BoxProps {
  readonly field: Field;
  readonly index: number;
  readonly isShown: boolean;
  readonly isStop: boolean;
  readonly show: () => void;
}

function FieldBox({ field, index, isShown, isStop, show }: BoxProps): JSX.Element {
  const { header, name, bit, width, value } = field;
  const columns = Math.min(width, ROW_BITS);
  const isFlag = width === 1;
  const begin = header === 'Options' || header === 'Text' ? 'auto' : String((bit % ROW_BITS) + 1);
  const classes = ['field', header, isFlag ? 'flag' : '', isShown ? 'shown' : ''];
  if (isFlag && value === '1') classes.push('set');
  return (
    <button
      type="button"
      class={classes.join(' ')}
      style={{ gridColumn: `${begin} / span ${header === 'Text' ? ROW_BITS : columns}` }}
      data-field={index}
      tabIndex={isStop ? 0 : -1}
      aria-pressed={isShown}
      onClick={show}
      onFocus={show}
    >
      <span class="name">{DRAWN[name] ?? name}</span>
      <span class={isFlag ? 'unseen' : 'value'}>{value}</span>
    </button>
  );
}
