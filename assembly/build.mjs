/**
 * Builds everything: the core, the numbers hosts share with it, the bundles, the types.
 *
 * `node assembly/build.mjs` builds all of it into `build/`; `--check` only says whether
 * `host-web/abi.ts` and the numbers in `README.md` are what the core's sources give (law 10), exit
 * code 1 if not.
 */
import '../test/end-with-parent.mjs';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { runModule } from '../test/command.mjs';
import { boundsLines, boundsOf } from './abi-bounds.mjs';
import { withTables } from './abi-tables.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => join(root, ...parts);
const read = (file) => readFileSync(at('assembly', file), 'utf8');

/** Widths of the field types a window may have, octets. */
const WIDTHS = { u8: 1, u16: 2, u32: 4, u64: 8 };

/** Runs a compiler, which says nothing unless something is wrong; that ends the build. */
async function run(script, ...parameters) {
  const { ok } = await runModule(script, parameters, { silent: true });
  if (!ok) process.exit(1);
}

/** The sentence of a doc comment: its text without the markers, on one line. */
function sentence(comment) {
  return comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, '')
    .replace(/^\s*\* ?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Every `export enum` of a source, with values and the comments of its members. */
function enumsOf(source) {
  const enums = [];
  for (const [, doc, name, body] of source.matchAll(
    /(\/\*\*(?:(?!\*\/)[^])*\*\/\n)export enum (\w+) \{\n([^]*?)\n\}/g,
  )) {
    let value = 0;
    const members = [];
    for (const [, comment, member, given] of body.matchAll(
      /(\/\*\*(?:(?!\*\/)[^])*\*\/\s*)?(\w+)(?: = (\d+))?,/g,
    )) {
      if (given !== undefined) value = Number(given);
      members.push({ name: member, value: value++, doc: comment ? sentence(comment) : '' });
    }
    enums.push({ name, doc: sentence(doc), members });
  }
  return enums;
}

/** Every class whose comment begins with "Window:", with the offsets of its fields. */
function windowsOf(source) {
  const windows = [];
  for (const [, doc, name, body] of source.matchAll(
    /(\/\*\*\s*\*? ?Window:(?:(?!\*\/)[^])*\*\/)\n@unmanaged\nexport class (\w+) \{\n([^]*?)\n\}/g,
  )) {
    let offset = 0;
    const fields = [];
    for (const [, comment, field, type] of body.matchAll(
      /(\/\*\*(?:(?!\*\/)[^])*\*\/\s*)?^ {2}(\w+): (\w+);$/gm,
    )) {
      const width = WIDTHS[type];
      if (!width)
        throw new Error(`abi.ts: ${name}.${field} is a ${type}, which does not cross the door`);
      offset = Math.ceil(offset / width) * width;
      fields.push({ field, type, offset, doc: comment ? sentence(comment) : '' });
      offset += width;
    }
    windows.push({ name, doc: sentence(doc), fields, size: offset });
  }
  return windows;
}

/** The constants of the fixed memory map, computed as the core's own source computes them. */
function mapOf(source) {
  const map = {};
  const scope = [];
  for (const [, exported, name, expression] of source.matchAll(
    /^(export )?const (\w+): (?:usize|u32) = ([^;]+);/gm,
  )) {
    const value = new Function(
      ...scope.map(([n]) => n),
      `return (${expression.replace(/<\w+>/g, '')})`,
    )(...scope.map(([, v]) => v));
    scope.push([name, value]);
    if (exported) map[name] = value;
  }
  return map;
}

/** Everything that crosses the door, as the sources say it. */
const source = ['abi.ts', 'options.ts', 'counter.ts', 'reason.ts', 'windows.ts'].map(read).join('');
const member = (list, wanted) => list.find(({ name }) => name === wanted);
const settings = boundsOf(read('limits.ts'), member(enumsOf(source), 'Setting').members, true);
const limits = boundsOf(read('limits.ts'), member(windowsOf(source), 'Config').fields, false);

function generate() {
  const lines = ["/** Made by `assembly/build.mjs` from the core's sources. Do not edit. */", ''];
  for (const { name, doc, members } of enumsOf(source)) {
    // An enum names its numbers as well, which doubles it: of a hundred counters nobody asks that.
    const isObject = name === 'Counter';
    const [head, sign, end] = isObject ? ['const', ':', '} as const'] : ['enum', ' =', '}'];
    lines.push(`/** ${doc} */`, `export ${head} ${name} ${isObject ? '= ' : ''}{`);
    for (const member of members) {
      if (member.doc) lines.push(`  /** ${member.doc} */`);
      lines.push(`  ${member.name}${sign} ${member.value},`);
    }
    lines.push(end, '');
    if (isObject) lines.push(`export type ${name} = (typeof ${name})[keyof typeof ${name}];`, '');
    if (name !== 'Reason') continue;
    lines.push(
      '/** The sentence of every reason, with its section. */',
      'export const REASONS: Readonly<Record<Reason, string>> = {',
    );
    for (const member of members)
      lines.push(`  [Reason.${member.name}]: ${JSON.stringify(member.doc)},`);
    lines.push('}', '');
  }
  for (const { name, doc, fields, size } of windowsOf(source)) {
    lines.push(`/** ${doc} Offsets, octets. */`, `export const ${name}Field = {`);
    for (const { field, type, offset } of fields)
      lines.push(`  /** ${type} */`, `  ${field}: ${offset},`);
    lines.push(`  /** Octets of the whole. */`, `  size: ${size},`, '} as const', '');
  }
  lines.push(...boundsLines(limits, settings), ...memoryLines(), '');
  return lines.join('\n');
}

function memoryLines() {
  const map = mapOf(read('memory.ts'));
  const { MAX_ADDRESSES, INDEX_BITS, FIRST_UDP_INDEX, PAGE_SIZE } = mapOf(read('limits.ts'));
  const lines = [
    '/** The fixed memory map: addresses and sizes, octets. */',
    'export const Memory = {',
  ];
  for (const name of [
    'CONFIG',
    'ENDPOINT',
    'SIGNAL',
    'STATUS',
    'ECHO_REPLY',
    'OUTGOING',
    'PIECES',
    'RECEIVED',
    'ROUTE_ADVICE',
    'REFUSAL',
    'COUNTERS',
    'DROPS',
    'RECEIVE',
    'TRANSMIT',
    'TEXT',
    'TEXT_SIZE',
    'PACKET_SIZE',
    'HEADROOM',
    'POOLS_BEGIN',
    'MAX_MEMORY',
    'MAX_PIECES',
  ]) {
    if (map[name] === undefined) throw new Error(`memory.ts: ${name} is missing`);
    lines.push(`  ${name}: ${map[name]},`);
  }
  return [
    ...lines,
    `  TRACE_EVENT_SIZE: 32,`,
    `  PAGE_SIZE: ${PAGE_SIZE},`,
    `  MAX_ADDRESSES: ${MAX_ADDRESSES},`,
    `  EPHEMERAL_PORTS: ${mapOf(read('ip/ports.ts')).PORT_COUNT},`,
    `  INDEX_BITS: ${INDEX_BITS},`,
    `  FIRST_UDP_INDEX: ${FIRST_UDP_INDEX},`,
    '} as const',
  ];
}

/** Files of numbers: the path, and what it ought to hold. */
const made = [
  [at('host-web', 'abi.ts'), generate()],
  [
    at('assembly', 'README.md'),
    withTables(read('README.md'), {
      enums: enumsOf(source),
      windows: windowsOf(source),
      map: mapOf(read('memory.ts')),
      limits,
      settings,
    }),
  ],
];
if (process.argv.includes('--check')) {
  const stale = made.filter(([path, text]) => readFileSync(path, 'utf8') !== text);
  for (const [path] of stale) console.error(`${path} is stale: run \`npm run build\``);
  process.exit(stale.length === 0 ? 0 : 1);
}

for (const [path, text] of made) writeFileSync(path, text);
mkdirSync(at('build'), { recursive: true });
/** Says what comes: each step takes seconds. */
const step = (name) => console.error(`building ${name}`);
step('build/core.wasm');
// Not in asconfig.json: a path from there is looked for among the packages.
const outlined = ['--transform', './assembly/outline.mjs'];
await run('assemblyscript/bin/asc.js', 'assembly/index.ts', '--target', 'release', ...outlined);

/** Has scripts look for the core where it is, seen from the bundles: beside them. */
const besideTheCore = {
  name: 'beside the core',
  setup: ({ onLoad }) =>
    onLoad({ filter: /host-web\/wasm\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('../build/core.wasm', './core.wasm'),
      loader: 'ts',
    })),
};

/** Bundles entries; what two of them share is in one file, which both import. */
async function bundle(entryPoints, chunkNames, others = {}) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'build',
    bundle: true,
    splitting: true,
    chunkNames,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    // What is not ours is a dependency, or Node's.
    packages: 'external',
    plugins: [besideTheCore],
    metafile: true,
    logLevel: 'warning',
    ...others,
  });
  return Object.keys(metafile.outputs).map((path) => basename(path));
}
step('the bundles');
// One build for all hosts: `netcell` and `netcell/net` are to have the same classes.
const bundled = await bundle(
  {
    index: 'host-web/index.ts',
    sim: 'host-web/sim/index.ts',
    pcapng: 'host-web/link/pcapng.ts',
    tun: 'host-node/tun.ts',
    net: 'host-node/net/index.ts',
    dgram: 'host-node/dgram/index.ts',
    cli: 'host-node/cli/index.ts',
    register: 'host-node/run/register.ts',
  },
  'chunk-[hash]',
  // A program waits for each file that it imports. What every entry imports is in one: so all of
  // them import `netcell`, whether they need it or not, and it is two files.
  { inject: ['host-web/index.ts'], ignoreAnnotations: true },
);
// Where nothing may be compiled, the core is a module of its own, imported from './core.wasm'. A
// worker's configuration names every file, so what the two entries share has a name that stays.
const forTheEdge = await bundle(
  { edge: 'host-web/edge/index.ts', 'edge-sim': 'host-web/sim/index.ts' },
  'edge-shared',
  // Workers pay for their size at each start.
  { external: ['./build/core.wasm'], minifyWhitespace: true },
);
// The package takes all there is: nothing of an earlier build may be left.
const kept = new Set([...bundled, ...forTheEdge, 'core.wasm']);
for (const { name } of readdirSync(at('build'), { withFileTypes: true }).filter((e) => e.isFile()))
  if (!kept.has(name)) rmSync(at('build', name));
step('the types');
rmSync(at('build', 'types'), { recursive: true, force: true });
await run('typescript/bin/tsc', '-p', 'tsconfig.json', '--emitDeclarationOnly');
