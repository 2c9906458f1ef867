/** vitest's settings: what runs, on how many cores, and how a host's import of the core is met. */
import { defineConfig } from 'vitest/config';

/**
 * Gives `import octets from '….wasm'` the octets, as esbuild's `binary` loader does in a bundle.
 */
const octets = {
  name: 'wasm-octets',
  enforce: 'pre' as const,
  load(id: string) {
    if (!id.endsWith('.wasm')) return null;
    return `import { readFileSync } from 'node:fs'
export default new Uint8Array(readFileSync(${JSON.stringify(id)}))`;
  },
};

export default defineConfig({
  plugins: [octets],
  test: {
    // The `.spec.ts` files are AssemblyScript: as-pect runs those (`npm run test:core`).
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/build/**'],
    // Processes, for a test may need a network namespace or a working folder of its own.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
});
