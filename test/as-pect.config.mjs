/**
 * as-pect's settings: the tests of `store/` and `wire/`, which are AssemblyScript themselves.
 *
 * `as-pect.asconfig.json` beside this file stands alone on purpose. Did it extend the release's
 * options, `use abort=` would take the messages from failed assertions. Its `memoryBase` of 2 MiB
 * lies above the core's memory map, so that a spec may use the fixed addresses of `memory.ts`.
 * as-pect's transform is left out: only `toStrictEqual` on managed classes would need it.
 */
const chosen = process.env.NETCELL_SPECS;

export default {
  /** All, or those that `run.mjs` was asked for. */
  entries: chosen ? chosen.split(',') : ['test/store/*.spec.ts', 'test/wire/*.spec.ts'],
  include: [],
  disclude: [/node_modules/],
  async instantiate(_memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: {} }));
  },
  outputBinary: false,
};
