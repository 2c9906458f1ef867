/**
 * Tidy: rules that a machine can hold and a reviewer should not have to (design.md §1, style.md).
 *
 * Each rule prints file, line and what to do. Each is also shown something planted that breaks it
 * and something like it that does not, for a rule that finds nothing may be one that looks at
 * nothing.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HOST_FLOORS } from './tidy/floors.ts';
import { LAWS } from './tidy/laws.ts';
import { FORM, type Rule, WORDS } from './tidy/rules.ts';
import { functionsOf, makeSource, readSources } from './tidy/source.ts';

const RULES: readonly Rule[] = [...FORM, ...WORDS, ...LAWS, ...HOST_FLOORS];
const sources = readSources(fileURLToPath(new URL('..', import.meta.url)));

/**
 * Lines a rule finds fault with in one planted file, beside `others` that it is to be read with.
 */
function linesFound(name: string, path: string, text: string, others: string[][] = []): number[] {
  const rule = RULES.find((candidate) => candidate.name === name);
  if (!rule) throw new Error(`no rule is called "${name}"`);
  const planted = [[path, text], ...others].map(([at = '', body = '']) => makeSource(at, body));
  return rule
    .check(planted)
    .filter((found) => found.path === path)
    .map((found) => found.line);
}

describe('the tree', () => {
  test('was found', () => {
    expect(sources.length).toBeGreaterThan(80);
    expect(sources.filter(({ path }) => path.startsWith('assembly/')).length).toBeGreaterThan(50);
  });

  test.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
    const found = rule.check(sources).map(({ path, line, advice }) => `${path}:${line}: ${advice}`);
    expect(found.join('\n')).toBe('');
  });
});

describe('a planted violation of form is found', () => {
  test('size', () => {
    const inFile = (text: string) => linesFound('a file has at most 400 lines', 'test/a.ts', text);
    expect(inFile('a()\n'.repeat(400))).toEqual([]);
    expect(inFile('a()\n'.repeat(401))).toEqual([401]);
    const rule = 'a function has at most 70 lines';
    const around = (head: string, count: number, tail: string) =>
      linesFound(rule, 'test/a.ts', `${head}\n${'x()\n'.repeat(count)}${tail}`);
    expect(around('function f(): void {', 68, '}')).toEqual([]);
    expect(around('\nfunction f(): void {', 69, '}')).toEqual([2]);
    expect(around("describe('x', () => {", 99, '})')).toEqual([]);
    expect(around("describe.skipIf(why)('x', () => {", 99, '})')).toEqual([]);
    expect(around("test('x', () => {", 99, '})')).toEqual([1]);
    expect(around('class A {\n  m() {', 99, '}\n}')).toEqual([2]);
    const wide = `${'é'.repeat(100)}\n${'é'.repeat(101)}`;
    expect(linesFound('a line has at most 100 columns', 'test/a.ts', wide)).toEqual([2]);
    expect(linesFound('a line has at most 100 columns', 'host-web/abi.ts', wide)).toEqual([]);
  });

  test('functions are found in both dialects, and nothing else is', () => {
    const text = [
      'export function a(x: u32): Tcb | null { if (x) { return null } }',
      'const b = async (y: string): Promise<void> => { for (;;) { "{" } }',
      'class C { static get d(): u32 { return 1 } #e<T>(z: T) { switch (z) { default: } } }',
      `list.forEach((item) => { /}/.test(\`$\{item}{\`) })`,
      '@unmanaged class F { next: u32 }',
    ].join('\n');
    const names = functionsOf(makeSource('test/a.ts', text)).map(({ name }) => name);
    expect(names).toEqual(['a', 'b', 'd', '#e', 'list.forEach']);
  });

  test('doc comments', () => {
    const opening = 'a file opens with a doc comment';
    expect(linesFound(opening, 'test/a.ts', 'import x')).toEqual([1]);
    expect(linesFound(opening, 'test/a.mjs', '#!/x\n/** A. */')).toEqual([]);
    const rule = 'an export of the core has a doc comment';
    const text = '/** A. */\nexport const A = 1;\nexport const B = 2;\n\nexport const C = 3;\n';
    expect(linesFound(rule, 'assembly/a.ts', text)).toEqual([5]);
    const records = '/** A. */\n@unmanaged\nexport class A {}\nexport function b(): void {}';
    expect(linesFound(rule, 'assembly/a.ts', records)).toEqual([4]);
  });

  test('words for later, and for the compiler', () => {
    expect(linesFound('nothing is left for later', 'test/a.ts', 'a\n// TODO: b')).toEqual([2]);
    const rule = 'no compiler is told to look away';
    expect(linesFound(rule, 'assembly/a.ts', '// @ts-ignore: x')).toEqual([1]);
  });

  test('code in comments', () => {
    const rule = 'no code in comments';
    const text = 'a() // b();\n// const c = 1\n// if (x) {\n// f(tcb)\nconst url = "http://x;"\n';
    expect(linesFound(rule, 'assembly/a.ts', text)).toEqual([1, 2, 3, 4]);
    const prose = '// MUST-66\n// Why: x < y, always.\n// First, check ---\n// return to LISTEN\n';
    expect(linesFound(rule, 'assembly/a.ts', prose)).toEqual([]);
  });

  test('words', () => {
    const print = 'a library prints nothing';
    expect(linesFound(print, 'host-web/a.ts', '// console.log\nconsole.log(1)')).toEqual([2]);
    expect(linesFound(print, 'host-node/cli/a.ts', 'console.log(1)')).toEqual([]);
    const platform = "types of the platform are platform.ts's, which every TypeScript reads";
    const types = 'a: WebAssembly.Module;\nb as Uint8Array<ArrayBuffer>;\nc: Uint8Array<T>;';
    expect(linesFound(platform, 'host-web/a.ts', types)).toEqual([1, 3]);
    expect(linesFound(platform, 'host-web/platform.ts', types)).toEqual([]);
    const core = 'const socket = 1;\nconst pcb = 2;\n';
    const words = 'Result.REMOTE_SOCKET_UNSPECIFIED;\nsetSockets();\n// a socket\n';
    expect(linesFound('the core says tcb', 'assembly/a.ts', core + words)).toEqual([1, 2]);
    const name = 'a file is named for what it does';
    expect(linesFound(name, 'test/dsl/test-helpers.ts', '')).toEqual([1]);
    expect(linesFound(name, 'test/dsl/utility-poles.ts', '')).toEqual([]);
    const clock = 'protocol tests are synchronous';
    const real = 'await x\n// await\nsetTimeout(f)';
    expect(linesFound(clock, 'test/rfc9293/a.test.ts', real)).toEqual([1, 3]);
    expect(linesFound(clock, 'test/host/a.test.ts', real)).toEqual([]);
  });
});

describe('a planted violation of a law is found', () => {
  test('floors', () => {
    const rule = 'law 7: imports of the core go down the floors';
    const up = (path: string, to: string) => linesFound(rule, path, `\nimport { a } from "${to}";`);
    expect(up('assembly/store/a.ts', '../wire/tcp')).toEqual([2]);
    expect(up('assembly/store/a.ts', '../pools')).toEqual([2]);
    expect(up('assembly/pools.ts', './store/pool')).toEqual([]);
    expect(up('assembly/ip/a.ts', '../pools')).toEqual([]);
    expect(up('assembly/ip/a.ts', '../tcp/tcb')).toEqual([2]);
    expect(up('assembly/udp/a.ts', '../tcp/tcb')).toEqual([2]);
    expect(up('assembly/tcp/a.ts', '../udp/arrives')).toEqual([2]);
    expect(up('assembly/tcp/a.ts', '../stack')).toEqual([2]);
    expect(up('assembly/tcp/rate/a.ts', '../loss/rack')).toEqual([2]);
    expect(up('assembly/tcp/loss/a.ts', '../rate/reno')).toEqual([]);
    expect(up('assembly/tcp/a.ts', '../../host-web/abi')).toEqual([2]);
    expect(up('assembly/counters.ts', './memory')).toEqual([]);
    expect(up('assembly/trace.ts', './pools')).toEqual([2]);
  });

  test('circles', () => {
    const rule = RULES.find(({ name }) => name === 'law 7: imports of the core do not go round');
    const importing = (name: string, other: string) =>
      makeSource(`assembly/tcp/${name}.ts`, `import {\n  x,\n} from "./${other}";`);
    const ring = [importing('a', 'b'), importing('b', 'c'), importing('c', 'a')];
    expect(rule?.check(ring.slice(0, 2))).toEqual([]);
    expect(rule?.check(ring)).toMatchObject([{ path: 'assembly/tcp/c.ts', line: 1 }]);
  });

  test('floors of the hosts', () => {
    const rule = 'law 7: imports of the hosts go down the floors';
    const up = (path: string, to: string) =>
      linesFound(rule, path, `\nimport type { A } from '${to}';`);
    expect(up('host-web/clock.ts', './stack.ts')).toEqual([2]);
    expect(up('host-web/link/a.ts', '../stack.ts')).toEqual([2]);
    expect(up('host-web/stack.ts', './link/link.ts')).toEqual([]);
    expect(up('host-web/raw/a.ts', '../streams/socket.ts')).toEqual([2]);
    expect(up('host-web/streams/a.ts', '../stack.ts')).toEqual([2]);
    expect(up('host-web/streams/a.ts', '../raw/raw.ts')).toEqual([]);
    expect(up('host-web/sim/timeline/a.ts', '../world/app.ts')).toEqual([2]);
    expect(up('host-web/sim/world/a.ts', '../timeline/rows.ts')).toEqual([]);
    expect(up('host-web/sim/world/a.ts', '../session.ts')).toEqual([2]);
    expect(up('host-web/sim/scenarios/a.ts', '../scenario.ts')).toEqual([]);
    expect(up('host-web/playground/state/a.ts', '../ladder/rungs.ts')).toEqual([2]);
    expect(up('host-web/playground/ladder/a.ts', '../state/store.ts')).toEqual([]);
    expect(up('host-web/playground/table/a.tsx', '../ladder/rungs.ts')).toEqual([2]);
    expect(up('host-web/playground/table/a.tsx', './rows.ts')).toEqual([]);
    expect(up('host-web/playground/parts/a.tsx', '../frame/tabs.tsx')).toEqual([2]);
    expect(up('host-web/playground/frame/a.tsx', '../ladder/ladder.tsx')).toEqual([]);
    expect(up('host-web/sim/run.ts', '../../host-node/net/index.ts')).toEqual([2]);
    expect(up('host-node/net/index.ts', '../cli/ss.ts')).toEqual([2]);
    expect(up('host-web/a.ts', '../assembly/tcp/tcb.ts')).toEqual([2]);
    expect(up('host-web/playground/frame/a.tsx', './a.css')).toEqual([]);
  });

  test('circles of the hosts, types included', () => {
    const rule = RULES.find(({ name }) => name === 'law 7: imports of the hosts do not go round');
    const ring = [
      makeSource('host-web/a.ts', "import type { B } from './b.tsx';"),
      makeSource('host-web/b.tsx', "\nexport { c } from '../host-node/c.ts';"),
      makeSource('host-node/c.ts', "const { a } = await import('../host-web/a.ts');"),
    ];
    expect(rule?.check(ring.slice(0, 2))).toEqual([]);
    expect(rule?.check(ring)).toMatchObject([{ path: 'host-node/c.ts', line: 1 }]);
  });

  test('hosts', () => {
    const rule = 'host-web knows neither Node nor host-node';
    const text = [
      "import a from 'node:fs'",
      "import b from 'events'",
      "import c from '../host-node/tun.ts'",
      "import d from './core.ts'",
      "const e = await import('node:net')",
      'this.Buffer.x',
      'Buffer.from(e)',
      "// import 'node:fs'",
      "export * from 'node:dns'",
    ].join('\n');
    expect(linesFound(rule, 'host-web/a.ts', text)).toEqual([1, 2, 3, 5, 9, 7]);
  });

  test('law 4', () => {
    const rule = 'law 4: input never emits for a connection';
    const text =
      'import { TRANSMIT } from "../memory";\nfunction f(): void {\n' +
      '  store(TRANSMIT, 1);\n}\nemit(tcb, 1);\n' +
      'export function emitSynAck(): u32 {\n  return TRANSMIT;\n}\n';
    expect(linesFound(rule, 'assembly/tcp/arrives.ts', text)).toEqual([3, 7, 5]);
    expect(linesFound(rule, 'assembly/tcp/backlog.ts', text)).toEqual([3, 5]);
    expect(linesFound(rule, 'assembly/tcp/transmit.ts', text)).toEqual([]);
  });

  test('states', () => {
    const rule = 'only enter() changes the state of a tcb';
    const text = [
      'function enter(tcb: Tcb): void {',
      '  tcb.state = 1;',
      '}',
      'function f(l: Tcb): void {',
      '  l.state = 2;',
      '  if (tcb.state == 3) status.state = 4;',
      '}',
      'const n = newTcb();',
      'n.state = 1;',
    ].join('\n');
    expect(linesFound(rule, 'assembly/tcp/state.ts', text)).toEqual([5, 9]);
    expect(linesFound(rule, 'assembly/tcp/a.ts', text)).toEqual([2, 5, 9]);
  });

  test('sequence numbers', () => {
    const rule = 'sequence numbers are compared modulo 2^32';
    const text = [
      'class R {',
      '  point: LocalSeq;',
      '}',
      'if (seg.seq < tcb.rcv.nxt) x();',
      'if (snd.nxt - snd.una < wnd) x();',
      'if (tcb.recovery.point >= a) x();',
      'const b: Seq = 1;',
      'if (length < b) x();',
      'if (<i32>(a - b) < 0) x();',
      'if (c > d - una) x();',
      'load<u32>(seq) << 3;',
      'if (room < d - snd.una) x();',
    ].join('\n');
    expect(linesFound(rule, 'assembly/tcp/a.ts', text)).toEqual([4, 6, 8]);
  });
});
