/**
 * The compiled core: bundled, and compiled once.
 *
 * Bundlers give a `.wasm` import as octets (esbuild's `binary` loader); runtimes that refuse to
 * compile, such as workerd, give it as a module. Both will do, and so will `createStack({ module
 * })`.
 */
import core from '../build/core.wasm';
import type { WasmModule } from './platform.ts';

let compiling: Promise<WasmModule> | undefined;
let compiled = core instanceof WebAssembly.Module ? core : undefined;

/** The core's module; the same at every call. */
export async function coreModule(): Promise<WasmModule> {
  if (compiled !== undefined) return compiled;
  compiling ??= WebAssembly.compile(core as Uint8Array<ArrayBuffer>);
  return (compiled = await compiling);
}

/** As `coreModule`, at once: for Node and workers. Browsers' main threads refuse to. */
export function coreModuleSync(): WasmModule {
  return (compiled ??= new WebAssembly.Module(core as Uint8Array<ArrayBuffer>));
}
