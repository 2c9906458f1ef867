/**
 * Whether the menu of a packet is open, and where.
 */
import { signal } from '@preact/signals';

export interface OpenMenu {
  readonly packet: number;
  readonly x: number;
  readonly y: number;
  /** What had the focus, and gets it back. */
  readonly opener: Element | null;
}

export const menu = signal<OpenMenu | undefined>(undefined);

/** Opens the menu of a packet beside a point of the web page. */
export function openMenu(packet: number, x: number, y: number): void {
  menu.value = { packet, x, y, opener: document.activeElement };
}

/** Closes it and gives the focus back. */
export function closeMenu(): void {
  const { opener } = menu.peek() ?? {};
  menu.value = undefined;
  if (opener instanceof HTMLElement) opener.focus();
}
