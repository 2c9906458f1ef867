/**
 * What `npm test` runs: the build, the checks, as-pect for the core's floors, vitest for everything
 * else.
 *
 * `npm test -- FILTER` runs only test files whose path contains FILTER, without the checks. Options
 * (`-t name`) go to vitest. `npm run test:apps` runs the whole of `test/apps`, of which `npm test`
 * has the quick ones. The last line is always `N passed, N failed, N skipped`; the exit code is 1
 * when anything failed, and when a part that should have tests ran none. Nothing is written outside
 * the checkout and the temporary folder, but for system packages, and these only for root on
 * Debian.
 */
import './end-with-parent.mjs';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { run, runModule, runScript } from './command.mjs';
import { provideApps, providePrograms, provideRuntimes } from './provide.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');

// Before anything else -----------------------------------------------------------

/** Whether every package that the lock file asks for is there in that version. */
function modulesAreFresh() {
  const installed = join(modules, '.package-lock.json');
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(
    ([path, { version, optional }]) => path === '' || optional || have[path]?.version === version,
  );
}

// The parts ----------------------------------------------------------------------

/** A part that either passes or fails. */
async function check(running) {
  const result = await running;
  if (!result.ok && result.said) console.log(result.said);
  return { passed: result.ok ? 1 : 0, failed: result.ok ? 0 : 1, skipped: 0 };
}

/** Specs whose path contains one of the filters; all of them when there is none. */
function specsFor(filters) {
  return ['test/store', 'test/wire']
    .flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.spec.ts'))
        .map((name) => `${folder}/${name}`),
    )
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
}

/** as-pect over the given specs. */
async function asPect(specs) {
  const result = await runModule(
    '@as-pect/cli/bin/asp.js',
    ['--config', 'test/as-pect.config.mjs', '--as-config', 'test/as-pect.asconfig.json'],
    { piped: true, env: { NETCELL_SPECS: specs.join(',') } },
  );
  const said = stripVTControlCharacters(result.said);
  // Its summary comes last: `[Tests]: 103 / 104`. Without one it did not get to the end.
  const [passed, total] = [...said.matchAll(/\[Tests\]: (\d+) \/ (\d+)/g)].pop()?.slice(1) ?? [];
  const files = said.match(/\.spec\.ts\s+Pass: [1-9]/g)?.length ?? 0;
  const counts = { passed: Number(passed ?? 0), failed: 0, skipped: 0 };
  counts.failed = Number(total ?? 1) - counts.passed;
  if (files !== specs.length || (!result.ok && counts.failed === 0)) counts.failed++;
  if (counts.failed > 0) console.log(said);
  return counts;
}

/** vitest; its report is read from a file, for its exit code alone says too little. */
async function vitest(parameters) {
  const folder = mkdtempSync(join(tmpdir(), 'netcell-test-'));
  const file = join(folder, 'vitest.json');
  try {
    const words = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const env = { NETCELL_TEST: 'package' };
    const result = await runModule('vitest/vitest.mjs', ['run', ...words, ...parameters], { env });
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const broken = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    ).length;
    const failed = report.numFailedTests + broken;
    return {
      passed: report.numPassedTests,
      // An error outside any test fails the run as well.
      failed: failed === 0 && !result.ok ? 1 : failed,
      skipped: report.numPendingTests + report.numTodoTests,
      skips: report.testResults
        .flatMap(({ assertionResults }) => assertionResults)
        .filter(({ status }) => ['pending', 'skipped', 'todo'].includes(status))
        .map(({ fullName }) => fullName),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// The whole ----------------------------------------------------------------------

const parts = [];

/**
 * Runs one part and keeps its counts; a part that ran nothing has failed, unless it may be idle.
 */
async function part(name, work, mayBeIdle = false) {
  const begun = performance.now();
  console.log(`\n== ${name}`);
  const counts = await work();
  if (!mayBeIdle && counts.passed + counts.failed + counts.skipped === 0) {
    console.log(`${name} ran no test at all`);
    counts.failed = 1;
  }
  parts.push({ name, ...counts, seconds: (performance.now() - begun) / 1000 });
  return counts.failed === 0;
}

function summary() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  console.log('');
  for (const { name, passed, failed, skipped, seconds, skips = [] } of parts) {
    for (const title of skips.slice(0, 20)) console.log(`skipped: ${title}`);
    if (skips.length > 20) console.log(`skipped: and ${skips.length - 20} more`);
    console.log(
      `${name.padEnd(22)} ${passed} passed, ${failed} failed, ${skipped} skipped` +
        ` (${seconds.toFixed(1)} s)`,
    );
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

async function main(given) {
  const ofApps = given.includes('--apps');
  const parameters = given.filter((word) => word !== '--apps');
  if (ofApps) {
    parameters.push('test/apps');
    process.env.NETCELL_APPS = 'all';
  }
  const filters = parameters.filter(
    (parameter, i) => !parameter.startsWith('-') && !/^-[a-zA-Z]$/.test(parameters[i - 1] ?? ''),
  );
  const specs = parameters.length === 0 || filters.length > 0 ? specsFor(filters) : [];
  const all = parameters.length === 0;
  if (!modulesAreFresh()) {
    const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    if (!(await part('npm ci', () => check(run('npm', words, { piped: true }))))) return summary();
  }
  if (all) await providePrograms();
  // What is fetched and unpacked leaves the build a core to itself.
  const isSome = all || filters.length > 0;
  const provided = isSome
    ? provideRuntimes(filters).then(() => provideApps(filters, ofApps))
    : undefined;
  const build = () => check(runScript(join(root, 'assembly/build.mjs'), []));
  const isBuilt = await part('build', build);
  await provided;
  // Tests of yesterday's core would say nothing, so a build that fails is where it ends.
  if (!isBuilt) return summary();
  if (all) {
    await part('biome lint', () =>
      check(runModule('@biomejs/biome/bin/biome', ['lint', '--error-on-warnings', '.'])),
    );
    const tsc = (...words) => check(runModule('typescript/bin/tsc', ['-p', ...words]));
    await part('tsc, hosts', () => tsc('tsconfig.json', '--noEmit'));
    await part('tsc, page', () => tsc('host-web/playground/tsconfig.json'));
    await part('tsc, core', () => tsc('assembly/tsconfig.json', '--noEmit'));
    await part('tsc, tests', () => tsc('test/tsconfig.json'));
  }
  if (specs.length > 0) await part('as-pect', () => asPect(specs));
  // A filter that names only specs leaves vitest nothing to do.
  const mayBeIdle = specs.length > 0 && !all;
  const forVitest = mayBeIdle ? ['--passWithNoTests', ...parameters] : parameters;
  await part('vitest', () => vitest(forVitest), mayBeIdle);
  return summary();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2));
}
