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

function named(): (typeof CHOICES)[number] {
  const id = decodeURIComponent(location.hash.slice(1));
  const exact = CHOICES.find((choice) => choice.id === id);
  return exact ?? CHOICES.find((choice) => choice.id.startsWith(`${id}/`)) ?? CHOICES[0]!;
}

followSystem();
followSize();
start();
open(named());
addEventListener('hashchange', () => open(named()));
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
