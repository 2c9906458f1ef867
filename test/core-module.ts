/**
 * The compiled core, for tests: `build/core.wasm` as it stands, or the one that NETCELL_CORE names
 * (`mutations.ts` has tests run against broken ones); compiled once for each worker.
 */
import { readFileSync } from 'node:fs';

export const coreModule = new WebAssembly.Module(
  readFileSync(process.env.NETCELL_CORE ?? new URL('../build/core.wasm', import.meta.url)),
);
