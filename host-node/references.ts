/**
 * Whether a stack keeps the process alive: while a socket or server that asked for it, by `ref`, is
 * open.
 *
 * The link is what waits in the event loop, and there is one for all; so the first of them
 * references it and the last lets it go. A connection that its user has let go of still ends
 * properly: the stack's alarm holds the process for as long as that takes.
 */
import { call } from '../host-web/callback.ts';
import type { Stack } from '../host-web/stack.ts';

/** Sockets and servers of one stack that keep the process alive. */
export class References {
  readonly #stack: Stack;
  readonly #members = new Set<object>();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  add(member: object): void {
    this.#members.add(member);
    if (this.#members.size === 1) call(() => this.#stack.link?.ref?.());
  }

  delete(member: object): void {
    const isLast = this.#members.delete(member) && this.#members.size === 0;
    if (isLast) call(() => this.#stack.link?.unref?.());
  }
}

const all = new WeakMap<Stack, References>();

export function referencesOf(stack: Stack): References {
  let references = all.get(stack);
  if (references === undefined) {
    references = new References(stack);
    all.set(stack, references);
  }
  return references;
}
