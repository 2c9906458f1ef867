/**
 * Expressions of filters: what ss(8) and tcpdump(8) have in common.
 *
 * `not` binds most; `and` and `or` are read from left to right, as both programs do. What stands
 * between them is each filter's own (`ss-filter.ts`, `packet-filter.ts`).
 */
import { UsageError } from './arguments.ts';

export type Predicate<T> = (subject: T) => boolean;

const OR = ['|', '||', 'or'];
const AND = ['&', '&&', 'and'];
const NOT = ['!', 'not'];

/** Reads an expression from left to right. */
export abstract class Expression<T> {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  /** What a filter may look like, for who has made a mistake in one. */
  protected abstract readonly example: string;
  /** Whether `and` may be left out. */
  protected abstract readonly mayOmitAnd: boolean;
  /** Reads what is neither an operator nor in parentheses. */
  protected abstract primary(): Predicate<T>;

  /** @throws UsageError */
  read(): Predicate<T> {
    if (this.#tokens.length === 0) return () => true;
    const predicate = this.#chain();
    if (this.next !== undefined) throw this.mistake('does not belong there');
    return predicate;
  }

  protected get next(): string | undefined {
    return this.#tokens[this.#at];
  }

  /** Steps over the next token, whatever it is. */
  protected step(): void {
    this.#at++;
  }

  /** Steps over the next token if it is one of those. */
  protected take(tokens: readonly string[]): string | undefined {
    const { next } = this;
    if (next === undefined || !tokens.includes(next)) return undefined;
    this.#at++;
    return next;
  }

  protected mistake(what: string): UsageError {
    const where = this.next === undefined ? 'the end of the filter' : `'${this.next}'`;
    return new UsageError(`${where} ${what}; a filter is such as  ${this.example}`);
  }

  #chain(): Predicate<T> {
    let left = this.#not();
    for (;;) {
      const isOr = this.take(OR) !== undefined;
      const isSaid = isOr || this.take(AND) !== undefined;
      const isOver = this.next === undefined || this.next === ')' || !this.mayOmitAnd;
      if (!isSaid && isOver) return left;
      const [a, b] = [left, this.#not()];
      left = isOr ? (subject) => a(subject) || b(subject) : (subject) => a(subject) && b(subject);
    }
  }

  #not(): Predicate<T> {
    if (this.take(NOT) === undefined) return this.#inner();
    const inner = this.#not();
    return (subject) => !inner(subject);
  }

  #inner(): Predicate<T> {
    if (this.take(['(']) === undefined) return this.primary();
    const inner = this.#chain();
    if (this.take([')']) === undefined) throw this.mistake('should be a closing parenthesis');
    return inner;
  }
}
