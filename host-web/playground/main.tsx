/**
 * The web page's entry: theme, worker, keys, and the scenario named in its address.
 */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './frame/app.tsx';
import { CHOICES } from './frame/bar.tsx';
import { open, start } from './state/client.ts';
import { listenForKeys } from './state/keys.ts';
import { followSize } from './state/layout.ts';
import { playWhenAsked } from './ladder/player.ts';
import { complaint, version } from './state/store.ts';
import { followSystem } from './state/theme.ts';

/** Opens what the address names; where it names nothing there is, the first lesson, and says so. */
function openNamed(): void {
  const id = fragment();
  const exact = CHOICES.find((choice) => choice.id === id);
  const found = exact ?? CHOICES.find((choice) => choice.id.startsWith(`${id}/`));
  open(found ?? CHOICES[0]!);
  if (found === undefined) {
    complaint.value = `There is no scenario “${id}”, so this is the first lesson.`;
  }
}

/** What stands behind the address's #; as it is, where it can not be decoded. */
function fragment(): string {
  const written = location.hash.slice(1);
  if (written === '') return CHOICES[0]!.id;
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

followSystem();
followSize();
start();
openNamed();
addEventListener('hashchange', openNamed);
listenForKeys();
playWhenAsked();

// The figure in the document stays until there is a timeline to take its place.
const stop = effect(() => {
  if (version.value === 0 && complaint.value === '') return;
  const root = document.getElementById('root')!;
  if (root.querySelector('.first') === null) return;
  root.textContent = '';
  render(<App />, root);
  queueMicrotask(() => stop());
});
