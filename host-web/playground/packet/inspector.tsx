/**
 * The packet that is looked at: its header as the RFC draws it, and its octets, each pointing at
 * the other.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { branch, selectedPacket, version } from '../state/store.ts';
import { seconds, segmentName, span } from '../parts/words.ts';
import { basesOf } from './bases.ts';
import { Bytes } from './bytes.tsx';
import type { Field } from './field.ts';
import { fieldsOf } from './fields.ts';
import { HeaderGrid } from './header-grid.tsx';

export function Inspector(): JSX.Element {
  version.value;
  const shown = useSignal(-1);
  const { timeline } = branch.value ?? {};
  const packet = selectedPacket.value;
  if (timeline === undefined || packet < 0 || packet >= timeline.packetCount) {
    return (
      <p class="empty">
        No packet here. Choose one on the ladder, or step with <kbd>]</kbd> to the next.
      </p>
    );
  }
  const row = timeline.packet(packet);
  const fields = fieldsOf(row.head, basesOf(timeline, packet));
  const chosen = fields[Math.min(shown.value, fields.length - 1)];
  const way =
    row.arrivesAt === null
      ? `lost (${row.cause})`
      : `arrives ${seconds(row.arrivesAt)} s, after ${span(row.arrivesAt - row.sentAt)}`;
  const isPlain = row.fate === 'delivered' || row.fate === 'lost';
  const how = row.cause.startsWith(row.fate) ? row.cause : `${row.fate} (${row.cause})`;
  const extra = isPlain ? '' : `, ${how}`;
  const sent = `${row.from} to ${row.to ?? 'nobody'}, sent ${seconds(row.sentAt)} s`;
  const journey = `${sent}, ${way}${extra}. ${row.length} octets.`;
  return (
    <div class="inspector">
      <p class="about">
        <strong>{segmentName(timeline, packet)}</strong>, {journey}
      </p>
      <p class="detail" role="status">
        {chosen === undefined ? (
          <span class="soft">Choose a field or an octet: each shows the other.</span>
        ) : (
          <FieldWords field={chosen} />
        )}
      </p>
      <div class="sides">
        <HeaderGrid fields={fields} shown={shown} />
        <Bytes head={row.head} length={row.length} fields={fields} shown={shown} />
      </div>
    </div>
  );
}

function FieldWords({ field }: { field: Field }): JSX.Element {
  const { header, name, bit, width, value, note } = field;
  const first = bit >> 3;
  const last = (bit + width - 1) >> 3;
  const where = first === last ? `octet ${first}` : `octets ${first} to ${last}`;
  const size = width < 8 ? `, ${width === 1 ? '1 bit' : `${width} bits`}` : '';
  return (
    <>
      <strong>
        {header === 'Text' ? 'Text' : `${header} ${name}`} {value}
      </strong>
      {note === undefined ? '' : `, ${note}`}
      <span class="soft">
        {' '}
        ({where}
        {size})
      </span>
    </>
  );
}
