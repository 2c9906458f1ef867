/** The compiled core, for tests: `build/core.wasm` as it stands, compiled once for each worker. */
import { readFileSync } from 'node:fs';

export const coreModule = new WebAssembly.Module(
  readFileSync(new URL('../build/core.wasm', import.meta.url)),
);
