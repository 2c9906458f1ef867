/** What is in the package, and what a program gets that imports several of its names. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entriesOf } from './entries.ts';
import { unpackInto } from './unpack.ts';

const folder = mkdtempSync(join(tmpdir(), 'netcell-tarball-'));
let root = '';
let files: string[] = [];

beforeAll(() => {
  root = unpackInto(folder);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  files = names.filter((name) => statSync(join(root, name)).isFile()).sort();
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Files of JavaScript that are imported, one by another, from this one on. */
function reachedFrom(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const path of importsOf(file)) {
    if (path.endsWith('.js') && path.startsWith('.')) {
      reachedFrom(relative(root, join(root, file, '..', path)), seen);
    }
  }
  return seen;
}

function importsOf(file: string): string[] {
  const found = read(file).matchAll(/(?:\bfrom ?|\bimport\(|^import ?)"([^"\n]+)"/gm);
  return [...found].map(([, path]) => path!);
}

/** Classes that these files define; one that is in two files, twice. */
function classesIn(names: Iterable<string>): string[] {
  return [...names].flatMap((file) => {
    const heads = read(file).matchAll(/\b(\w+)\s*=\s*class\b|\bclass (?!extends\b)(\w+)/g);
    return [...new Set([...heads].map(([, bound, named]) => bound ?? named!))];
  });
}

/** Sources that are in these files, as the bundler names them; one that is in two files, twice. */
function sourcesIn(names: Iterable<string>): string[] {
  return [...names].flatMap((file) => {
    const heads = read(file).matchAll(/^\/\/ ((?:host-web|host-node|build)\/\S+)$/gm);
    return [...new Set([...heads].map(([, name]) => name!))];
  });
}

it('is at most 1.5 MB large, without source maps', () => {
  const size = files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0);
  expect(size).toBeLessThanOrEqual(1_500_000);
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
  const mapped = files.filter(
    (file) => file.endsWith('.js') && read(file).includes('sourceMapping'),
  );
  expect(mapped).toEqual([]);
});

it('is 27 kB of script and 47 of module to whoever makes a stack, compressed', () => {
  const program = `export { createStack } from ${JSON.stringify(join(root, 'build/index.js'))}`;
  const { outputFiles } = buildSync({
    stdin: { contents: program, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  const compressed = (octets: Uint8Array) => gzipSync(octets, { level: 9 }).length;
  const kilobytes = (octets: Uint8Array) => Math.round(compressed(octets) / 1000);
  expect(kilobytes(outputFiles[0]!.contents)).toBeLessThanOrEqual(27);
  expect(kilobytes(readFileSync(join(root, 'build/core.wasm')))).toBeLessThanOrEqual(47);
});

it('has every file that it names, and the pages and examples it tells of', () => {
  const manifest = JSON.parse(read('package.json')) as { exports: object; bin: object };
  const named = JSON.stringify([manifest.exports, manifest.bin]).match(
    /(?<=")(?:\.\/)?build[^"]+/g,
  )!;
  const pages = ['README.md', 'CHANGELOG.md', 'LICENSE', 'assembly/README.md'];
  const examples = ['host-web/edge/worker.js', 'host-web/edge/worker.capnp'];
  const wanted = [...named.map((file) => file.replace('./', '')), ...pages, ...examples];
  expect(wanted.filter((file) => !files.includes(file))).toEqual([]);
  expect(manifest).toMatchObject({ repository: { type: 'git' }, keywords: expect.any(Array) });
});

it('has each source once: in what runtimes import that compile, and in what workers do', () => {
  const edge = new Set(['build/edge.js', 'build/edge-sim.js'].flatMap((f) => [...reachedFrom(f)]));
  const scripts = files.filter((file) => /^build\/[^/]+\.js$/.test(file));
  const others = new Set(scripts.filter((file) => !edge.has(file)));
  // Workers' files are squeezed: no comment names their sources.
  for (const [found, one] of [
    [sourcesIn(others), 'host-web/errors.ts'],
    [classesIn(edge), 'SocketError'],
  ] as const) {
    expect(found).toContain(one);
    expect(found.filter((name, i) => found.indexOf(name) !== i)).toEqual([]);
  }
  const entries = entriesOf(root).map(({ file }) => relative('.', file));
  const reached = new Set(entries.flatMap((file) => [...reachedFrom(file)]));
  expect([...others].filter((file) => !reached.has(file))).toEqual([]);
});

it('imports nothing but its dependencies, and of Node only where it is for Node', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object };
  const bare = (file: string) =>
    importsOf(file).filter((path) => !path.startsWith('.') && !path.includes(' '));
  const scripts = files.filter((file) => /^build\/[^/]+\.js$/.test(file));
  const foreign = scripts.flatMap(bare).filter((path) => !path.startsWith('node:'));
  const allowed = new Set([...Object.keys(dependencies), ...builtinModules]);
  expect(foreign.filter((path) => !allowed.has(path))).toEqual([]);
  const web = ['index', 'sim', 'pcapng', 'edge', 'edge-sim'].map((name) => `build/${name}.js`);
  expect(web.flatMap((file) => [...reachedFrom(file)]).flatMap(bare)).toEqual([]);
});

it("has one SocketError: errors of netcell/net are Node's, and netcell's are their cause", () => {
  const program = `
    import { once } from 'node:events';
    import { createStack, pipe, SocketError, VirtualClock } from 'netcell';
    import { netFor } from 'netcell/net';
    import * as sim from 'netcell/sim';
    import * as pcapng from 'netcell/pcapng';
    const a = await createStack({ address: '10.0.0.1/24' });
    const b = await createStack({ address: '10.0.0.2/24' });
    const [x, y] = pipe();
    a.attach(x);
    b.attach(y);
    const [error] = await once(netFor(a).connect(9, '10.0.0.2'), 'error').catch((e) => [e]);
    const { code, errno, cause } = error;
    const same = [sim.VirtualClock === VirtualClock, sim.PcapngWriter === pcapng.PcapngWriter];
    console.log(JSON.stringify([cause instanceof SocketError, code, errno, ...same]));
    await Promise.all([a.close(), b.close()]);`;
  writeFileSync(join(folder, 'program.mjs'), program);
  const said = execFileSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual([true, 'ECONNREFUSED', -111, true, true]);
});

it.each([
  ['a worker', ['workerd']],
  ['a browser', []],
])('gives %s that is bundled from netcell and netcell/sim one of each', (_name, conditions) => {
  const contents =
    "export { SocketError } from 'netcell'; export { link, VirtualClock } from 'netcell/sim';";
  const { outputFiles, metafile } = buildSync({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    conditions,
    external: ['*.wasm'],
  });
  expect(outputFiles[0]!.text.match(/\bSocketError = class\b/g)).toHaveLength(1);
  const inputs = Object.keys(metafile.inputs).filter((path) => /\/edge\b/.test(path));
  expect(inputs.length > 0).toBe(conditions.includes('workerd'));
});
