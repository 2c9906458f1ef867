/**
 * Our TypeScript as a file for Node to run, which in the versions we support runs none.
 *
 * It is bundled by esbuild, a matter of ten milliseconds, and kept where Node still finds the
 * packages left outside the bundle (koffi, esbuild): beneath node_modules, in the folder that is by
 * custom a cache. The operating system's temporary folder would not do for that.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

/** Where bundles are kept, seen from the root of the checkout. */
export const CACHE = join('node_modules', '.cache', 'netcell');

/**
 * Bundles a script of the checkout at `root`; answers the file. It ends with its parent.
 *
 * The file's name carries a digest of what is in it, and it appears whole or not at all: runs at
 * once share it, none writes under another's child, and nothing needs to be cleaned up after.
 *
 * @param {string} root
 * @param {string} script
 * @param {{ external?: string[], edit?: (text: string) => string }} [how]
 */
export function bundleScript(root, script, { external = [], edit = (text) => text } = {}) {
  const folder = join(root, CACHE);
  const name = basename(script, '.ts');
  const lifeline = pathToFileURL(join(root, 'test', 'end-with-parent.mjs')).href;
  const { outputFiles } = buildSync({
    entryPoints: [join(root, script)],
    outfile: join(folder, `${name}.mjs`),
    write: false,
    bundle: true,
    packages: 'external',
    external,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    banner: { js: `import ${JSON.stringify(lifeline)};` },
    // Commits that `bench:against` bundles may import the core.
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
  });
  // The core is looked for beside the sources' folder, which a bundle is not.
  const core = pathToFileURL(join(root, 'build', 'core.wasm')).href;
  const text = outputFiles[0].text.replace(/"\.\.\/build\/core\.wasm"/g, JSON.stringify(core));
  const contents = edit(text);
  const digest = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  const file = join(folder, `${name}-${digest}.mjs`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, file);
  return file;
}
