/**
 * What tests need beside the checkout's own packages: programs of Debian, and runtimes and
 * libraries that npm has. What is missing is installed when that is ours to do; when it is not, it
 * is said what to do.
 *
 * Programs are installed in the system. Servers are not: Debian's packages would start them, and
 * again with the machine, so they are unpacked into the checkout's cache.
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingServers, packagesOf, SERVERS, unpackServers } from './apps/servers.mjs';
import { run } from './command.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Programs that tests of whole systems run, and the Debian packages they are in. */
const PROGRAMS = {
  curl: 'curl',
  ip: 'iproute2',
  nft: 'nftables',
  iptables: 'iptables',
  tshark: 'tshark',
  tcpdump: 'tcpdump',
  chromium: 'chromium',
  'firefox-esr': 'firefox-esr',
};

/** Tests for which the runtimes of `test/runtimes` are installed: a user has no need of them. */
const NEED_RUNTIMES = ['test/runtimes', 'test/edge', 'test/package'];
/** Tests for which the libraries of `test/apps`, and servers for them to speak to, are there. */
const NEED_APPS = ['test/apps'];

/** Seconds apt-get may take, to fetch its lists and to install. */
const APT_SECONDS = { update: 120, install: 600 };

/** Whether a program is on the PATH. */
function hasProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** Whether this is a Debian, or one of its kin, of which packages can be had. */
function hasDebian() {
  return process.platform === 'linux' && existsSync('/etc/debian_version') && hasProgram('apt-get');
}

const isRoot = process.getuid?.() === 0;

function apt(verb, ...parameters) {
  return run(
    'apt-get',
    [verb, '-qq', '-o', 'DPkg::Lock::Timeout=60', '-o', 'Dpkg::Use-Pty=0', ...parameters],
    { piped: true, env: { DEBIAN_FRONTEND: 'noninteractive' }, seconds: APT_SECONDS[verb] },
  );
}

/** The lists of packages: fetched once, where that is ours to do. */
let update;
function updateLists() {
  update ??= isRoot ? apt('update') : Promise.resolve({ ok: true, said: '' });
  return update;
}

function lastLines(said) {
  return said.trim().split('\n').slice(-5).join('\n');
}

function sayMissing(missing, packages) {
  console.log(`missing: ${missing.join(', ')}. Tests that need them are skipped; to run them:`);
  const names = packages.join(' ');
  console.log(`  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names}`);
}

/** Installs what is missing when that is ours to do; says what to do when it is not. */
export async function providePrograms() {
  const missing = () => Object.keys(PROGRAMS).filter((program) => !hasProgram(program));
  const packages = () => missing().map((program) => PROGRAMS[program]);
  if (process.platform !== 'linux' || missing().length === 0) return;
  if (isRoot && hasDebian()) {
    console.log(`installing ${packages().join(' ')}`);
    const updated = await updateLists();
    const installed = await apt('install', '-y', '--no-install-recommends', ...packages());
    if (!installed.ok) console.log(lastLines(updated.said + installed.said));
  }
  if (missing().length > 0) sayMissing(missing(), packages());
}

/** Whether one of the tests that need something is run. */
function isAsked(needing, filters) {
  const isFor = (filter) => needing.some((path) => path.includes(filter) || filter.includes(path));
  return filters.length === 0 || filters.some(isFor);
}

/**
 * Installs what a folder's lock file names. Without a network it is not there, and each test that
 * misses something says so.
 *
 * @param isWhole whether `devDependencies` are wanted, too
 */
async function provideModules(folder, what, isWhole = true) {
  const lock = join(folder, 'package-lock.json');
  // What has been installed, and whether that was all of it.
  const stamps = ['.installed-lock.json', '.installed-part.json'].map((name) =>
    join(folder, 'node_modules', name),
  );
  const isFresh = (stamp) =>
    existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8');
  const [whole, part] = stamps;
  if (isFresh(whole) || (!isWhole && isFresh(part))) return;
  console.log(`installing ${what} into ${folder.slice(root.length)}`);
  const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
  if (!isWhole) words.push('--omit=dev');
  const result = await run('npm', words, { piped: true, seconds: 600 });
  // What is optional may be missing without npm's calling that a failure: try again next time.
  const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const wanted = { ...dependencies, ...optionalDependencies, ...(isWhole ? devDependencies : {}) };
  const isThere = (name) => existsSync(join(folder, 'node_modules', name));
  if (result.ok && Object.keys(wanted).every(isThere)) copyFileSync(lock, isWhole ? whole : part);
  else console.log(lastLines(result.said));
}

/** Installs the runtimes that npm has, where tests of this run need them. */
export async function provideRuntimes(filters) {
  if (!isAsked(NEED_RUNTIMES, filters)) return;
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  await provideModules(join(root, 'test/runtimes'), 'runtimes');
}

/**
 * Installs the libraries that netcell is tried with, and unpacks servers for them, where tests of
 * this run need them.
 *
 * @param isWhole whether all of them are wanted, or those that `npm test` runs
 */
export async function provideApps(filters, isWhole) {
  if (!isAsked(NEED_APPS, filters) || process.platform !== 'linux') return;
  await provideModules(join(root, 'test/apps'), 'libraries', isWhole);
  const wanted = Object.keys(SERVERS).filter((name) => isWhole || SERVERS[name].isQuick);
  const missing = () => missingServers(wanted);
  if (missing().length === 0) return;
  if (hasDebian()) {
    console.log(`unpacking ${packagesOf(missing()).join(' ')}`);
    await updateLists();
    const unpacked = await unpackServers(missing());
    if (!unpacked.ok) console.log(lastLines(unpacked.said));
  }
  if (missing().length > 0) sayMissing(missing(), packagesOf(missing()));
}
