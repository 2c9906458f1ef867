/**
 * Whether a stack keeps the process alive: while a handle is active and referenced, as libuv has
 * it.
 *
 * A device may be what waits in the event loop, and there is one for all; so the first handle
 * references it and the last lets it go. Other links wait for nothing that Node knows of: there a
 * timer keeps the process. A connection that its user has let go of still ends properly: the
 * stack's alarm holds the process for as long as that takes.
 */
import { call } from '../../host-web/callback.ts';
import type { Stack } from '../../host-web/stack.ts';
import { perStack } from './per-stack.ts';

/** The longest a timer of Node's waits, milliseconds. */
const LONGEST = 0x7fff_ffff;

/** Handles of one stack that keep the process alive. */
export class References {
  readonly #stack: Stack;
  readonly #members = new Set<object>();
  #timer: NodeJS.Timeout | undefined;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  add(member: object): void {
    if (this.#members.has(member)) return;
    this.#members.add(member);
    if (this.#members.size > 1) return;
    this.#timer = setInterval(() => {}, LONGEST);
    call(() => this.#stack.link?.ref?.());
  }

  delete(member: object): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    clearInterval(this.#timer);
    call(() => this.#stack.link?.unref?.());
  }
}

export const referencesOf = perStack((stack) => new References(stack));
