/** What each stack has one of: made when it is first asked for, and gone with the stack. */
import type { Stack } from '../../host-web/stack.ts';

/** A function that answers, for a stack, what `make` made for it. */
export function perStack<T extends object>(make: (stack: Stack) => T): (stack: Stack) => T {
  const all = new WeakMap<Stack, T>();
  return (stack) => {
    let known = all.get(stack);
    if (known === undefined) {
      known = make(stack);
      all.set(stack, known);
    }
    return known;
  };
}
