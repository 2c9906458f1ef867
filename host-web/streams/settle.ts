/**
 * Promises that are made when somebody looks at them: many a connection ends without that, and a
 * promise with its two functions costs more than a FIN.
 */

/**
 * `await using` where the engine has it, and no method by the name of "undefined" where it has not.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol('Symbol.asyncDispose') as typeof Symbol.asyncDispose);

/** A promise and the two ways to settle it. It is marked as handled: nobody has to watch it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(ignore);
  return { promise, resolve, reject };
}

function ignore(): void {}

/** A promise for those who ask for it, whether that is before or after it has been settled. */
export class LatePromise<T> {
  #deferred: Deferred<T> | undefined;
  /** How it was settled: the first time counts. */
  #settle: ((deferred: Deferred<T>) => void) | undefined;

  get promise(): Promise<T> {
    if (this.#deferred === undefined) {
      this.#deferred = deferred();
      this.#settle?.(this.#deferred);
    }
    return this.#deferred.promise;
  }

  resolve(value: () => T): void {
    this.#settleBy((deferred) => deferred.resolve(value()));
  }

  reject(error: () => unknown): void {
    this.#settleBy((deferred) => deferred.reject(error()));
  }

  #settleBy(settle: (deferred: Deferred<T>) => void): void {
    if (this.#settle !== undefined) return;
    this.#settle = settle;
    if (this.#deferred !== undefined) settle(this.#deferred);
  }
}
