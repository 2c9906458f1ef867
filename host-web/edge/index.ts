/**
 * netcell for edge runtimes: workerd and what is built on it. The `workerd` condition of the
 * package leads here.
 *
 * Two things differ. The core comes compiled, by `import core from './core.wasm'`, since nothing
 * may be compiled there at run time. And each stack has a clock of its own: timers belong to the
 * request that set them, so stacks of two requests must not wait for each other's. Where a runtime
 * has another way to give a module, `createStack({ module })` takes it.
 */
import { RealClock } from '../clock.ts';
import * as netcell from '../index.ts';

/** Makes a stack, in the request it belongs to. */
export function createStack(options: netcell.CreateStackOptions = {}): Promise<netcell.Stack> {
  return netcell.createStack({ clock: new RealClock(), ...options });
}

/** Makes a stack without waiting. */
export function createStackSync(options: netcell.CreateStackOptions = {}): netcell.Stack {
  return netcell.createStackSync({ clock: new RealClock(), ...options });
}

export * from '../index.ts';
