/**
 * The laws that hold for the module as built (design.md §1): what `build/core.wasm` may not
 * contain.
 *
 * The text form of binaryen, which comes with the compiler, is searched function by function.
 * Whether the module is what the sources give is tested too, for nothing else here would be worth
 * much.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import binaryen from 'binaryen';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const octets = new Uint8Array(readFileSync(join(root, 'build/core.wasm')));

/** A function of the module: its text, and the functions it calls. */
interface Func {
  readonly text: string;
  readonly calls: readonly string[];
}

/** What the text form of a module says. */
interface Listing {
  readonly header: string;
  readonly functions: ReadonlyMap<string, Func>;
  /** Exported functions: name outside to name inside. */
  readonly exported: ReadonlyMap<string, string>;
}

const FLOAT = /\b(?:[if]\d\d\.\w*f(?:32|64)\w*|f(?:32|64)(?:x\d+)?\.\w+|[if]\d+x\d+\.\w*f\d\d\w*)/g;
/** All that turning milliseconds into microseconds and back takes. */
const CONVERSIONS = /^(?:f64\.(?:const|mul|div|nearest|convert_i64_u)|i64\.trunc_(?:sat_)?f64_u)$/;

function list(text: string): Listing {
  const [header = '', ...bodies] = text.split(/^ \(func /m);
  const functions = new Map<string, Func>();
  for (const body of bodies) {
    const name = /^\S+/.exec(body)?.[0] ?? '';
    const calls = [...body.matchAll(/\((?:return_)?call ([^\s()]+)/g)].map((call) => call[1] ?? '');
    functions.set(name, { text: body, calls });
  }
  const exported = new Map<string, string>();
  const exports = header.matchAll(/\(export "(\w+)" \(func (\S+)\)\)/g);
  for (const [, outside = '', inside = ''] of exports) exported.set(outside, inside);
  return { header, functions, exported };
}

/** Every function that can run when `name` is called. */
function reachable(listing: Listing, name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const called of listing.functions.get(name)?.calls ?? []) reachable(listing, called, seen);
  return seen;
}

/** Names of exports from which a function whose text holds `word` can be reached. */
function exportsReaching(listing: Listing, word: string): string[] {
  return [...listing.exported]
    .filter(([, inside]) =>
      [...reachable(listing, inside)].some((name) =>
        listing.functions.get(name)?.text.includes(word),
      ),
    )
    .map(([outside]) => outside);
}

/** Floating-point instructions outside the two conversions of the door. */
function strayFloats(listing: Listing): string[] {
  const doors = new Set(['poll', 'time', 'deadlineMs'].map((name) => listing.exported.get(name)));
  // What only doors call is theirs, too.
  const isAtTheDoor = (name: string): boolean => {
    const callers = [...listing.functions].filter(([, { calls }]) => calls.includes(name));
    return doors.has(name) || (callers.length > 0 && callers.every(([from]) => doors.has(from)));
  };
  const stray: string[] = [];
  for (const [name, { text }] of listing.functions) {
    for (const [instruction] of text.matchAll(FLOAT)) {
      if (CONVERSIONS.test(instruction) && isAtTheDoor(name)) continue;
      stray.push(`${instruction} in ${name}`);
    }
  }
  return stray;
}

/** The listing of a module written as text, for the checks of the checks. */
function assemble(text: string): Listing {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const listing = list(module.emitText());
  module.dispose();
  return listing;
}

let core: Listing;
beforeAll(() => {
  const module = binaryen.readBinary(octets);
  core = list(module.emitText());
  module.dispose();
});

describe('the core as built', () => {
  test('law 1: it imports nothing', () => {
    expect(WebAssembly.Module.imports(new WebAssembly.Module(octets))).toEqual([]);
  });

  test('law 2: it has no mutable global and no start function', () => {
    expect(core.header).not.toMatch(/\(global \S+ \(mut/);
    expect(core.header).not.toMatch(/\(start /);
  });

  test('law 3: memory grows only in open and init', () => {
    expect(exportsReaching(core, 'memory.grow').sort()).toEqual(['init', 'open']);
  });

  test('law 11: floating point only converts time at the door', () => {
    expect(strayFloats(core)).toEqual([]);
  });

  test('calls are direct, so that the checks above see all of them', () => {
    const isIndirect = ([, { text }]: [string, Func]) => /call_(?:indirect|ref)/.test(text);
    expect([...core.functions].filter(isIndirect)).toEqual([]);
    expect(core.functions.size).toBeGreaterThan(50);
    expect(core.exported.size).toBeGreaterThan(20);
  });

  test('law 8: assertions are in it', () => {
    const traps = [...core.functions.values()].filter(({ text }) => text.includes('(unreachable)'));
    expect(traps.length).toBeGreaterThan(5);
  });

  test('it has at most 110 kB', () => {
    expect(octets.length).toBeLessThanOrEqual(110_000);
  });
});

describe('the checks themselves', () => {
  test('a float elsewhere, and a float at the door that computes, are both seen', () => {
    const listing = assemble(`(module
      (func $p (export "poll") (param f64) (drop (f64.sqrt (local.get 0))))
      (func $q (export "other") (param i32) (result i32)
        (i32.trunc_f32_s (f32.convert_i32_s (local.get 0)))))`);
    const stray = strayFloats(listing).map((found) => found.split(' ')[0]);
    expect(stray).toEqual(['f64.sqrt', 'i32.trunc_f32_s', 'f32.convert_i32_s']);
  });

  test('vector arithmetic on floats is seen', () => {
    const listing = assemble(`(module (func (export "v") (param v128) (result v128)
      (f32x4.convert_i32x4_s (i32x4.trunc_sat_f32x4_s (local.get 0)))))`);
    expect(strayFloats(listing)).toHaveLength(2);
  });

  test('growth behind a call is seen', () => {
    const listing = assemble(`(module (memory 1)
      (func $deep (drop (memory.grow (i32.const 1))))
      (func $middle (call $deep))
      (func (export "input") (call $middle))
      (func (export "output")))`);
    expect(exportsReaching(listing, 'memory.grow')).toEqual(['input']);
  });
});

describe('the build', () => {
  const asc = join(root, 'node_modules/.bin/asc');
  const tsc = join(root, 'node_modules/.bin/tsc');

  const timeout = 120_000;

  test('core.wasm is what the sources give, and asc has nothing to say', { timeout }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'netcell-build-'));
    try {
      const file = join(folder, 'core.wasm');
      const target = ['--target', 'release', '--transform', './assembly/outline.mjs'];
      const parameters = ['assembly/index.ts', ...target, '--outFile', file];
      const { status, stdout, stderr } = spawnSync(asc, parameters, {
        cwd: root,
        encoding: 'utf8',
      });
      // The optimiser's own remark, about how it came to an end, is no warning.
      const said = (stdout + stderr).replace('Last converge was suboptimal.\n', '');
      expect({ status, said }).toEqual({ status: 0, said: '' });
      const isSame = Buffer.compare(readFileSync(file), octets) === 0;
      expect(isSame, 'build/core.wasm is stale: run `npm run build`').toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('law 10: host-web/abi.ts is what the sources give', () => {
    execFileSync(process.execPath, ['assembly/build.mjs', '--check'], { cwd: root, stdio: 'pipe' });
  });

  test.each([
    ['the hosts', 'tsconfig.json'],
    ['the core', 'assembly/tsconfig.json'],
  ])('tsc has nothing to say about %s', { timeout }, (_name, project) => {
    const parameters = ['-p', project, '--noEmit', '--pretty', 'false'];
    const { status, stdout } = spawnSync(tsc, parameters, { cwd: root, encoding: 'utf8' });
    expect({ status, said: stdout }).toEqual({ status: 0, said: '' });
  });
});
