/**
 * netcell for edge runtimes: workerd and what is built on it. The `workerd` condition of the
 * package leads here.
 *
 * Two things differ. The core comes compiled, by `import core from './core.wasm'`, since nothing
 * may be compiled there at run time, and no file read. And each stack has a clock of its own:
 * timers belong to the request that set them, so stacks of two requests must not wait for each
 * other's. Where a runtime has another way to give a module, `createStack({ module })` takes it.
 */
import core from '../../build/core.wasm';
import { RealClock } from '../clock.ts';
import type { CreateStackOptions } from '../index.ts';
import { checkOptions } from '../raw/tuning.ts';
import { Stack } from '../stack.ts';

/** Makes a stack, in the request it belongs to. */
export async function createStack(options: CreateStackOptions = {}): Promise<Stack> {
  return createStackSync(options);
}

/** Makes a stack without waiting. */
export function createStackSync(options: CreateStackOptions = {}): Stack {
  checkOptions(options);
  return new Stack(options.module ?? core, options.clock ?? new RealClock(), options);
}

export * from '../index.ts';
