/**
 * `netcell/register`: an unmodified Node program, with everything it imports, speaks TCP through a
 * stack instead of the kernel.
 *
 * ```sh
 * netcell run -- node app.js
 * node --import netcell/register app.js
 * ```
 *
 * `net` takes its handles from a table of Node's; ours is put in there before anything loads `net`.
 * So nothing that is imported here may load it: all that does comes afterwards, by `import()`.
 *
 * Flags of `netcell run` come in NETCELL_RUN, as words in JSON.
 */
import { replace } from './replace.ts';

try {
  replace();
} catch (error) {
  console.error(`netcell run: ${(error as Error).message}`);
  process.exit(1);
}
try {
  const { begin } = await import('./begin.ts');
  await begin();
} catch (error) {
  const { explain } = await import('../cli/explain.ts');
  process.exit(await explain('run', [], error));
}
