/**
 * Dark or light: what the system says, until somebody chooses; the choice is kept.
 */
import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'netcell-theme';

export const theme = signal<Theme>(stored());
/** Rises when colours have changed, by choice or with the system. */
export const themeVersion = signal(0);

function stored(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}

/** Whether the web page is dark now. */
export function isDark(): boolean {
  const { value } = theme;
  return value === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : value === 'dark';
}

/** Chooses a theme and keeps the choice, where that is allowed. */
export function choose(next: Theme): void {
  theme.value = next;
  apply();
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage may be forbidden; the choice then holds for this visit.
  }
}

/** Puts the theme on the web page, and follows the system from here on. */
export function apply(): void {
  const root = document.documentElement;
  if (theme.value === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme.value;
  themeVersion.value++;
}

export function followSystem(): void {
  apply();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
}
