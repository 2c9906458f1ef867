/**
 * Servers of Debian that applications speak to: where they are, and how they are had without being
 * installed. How each is started is `started.ts`'s.
 *
 * One that the system has is taken. Another is unpacked with all it needs into the checkout's
 * cache; programs find each other, and their libraries, by `environment`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../command.mjs';

const UNPACKED = fileURLToPath(
  new URL('../../node_modules/.cache/netcell/debian', import.meta.url),
);

/** By the program: its Debian package, and whether `npm test` runs what speaks to it. */
export const SERVERS = {
  postgres: { package: 'postgresql', isQuick: true },
  'redis-server': { package: 'redis-server', isQuick: true },
  mariadbd: { package: 'mariadb-server-core' },
  mosquitto: { package: 'mosquitto' },
  nginx: { package: 'nginx' },
  sshd: { package: 'openssh-server' },
  'rabbitmq-server': { package: 'rabbitmq-server' },
};

function foldersIn(path) {
  return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
}

/** Folders of programs; RabbitMQ's own comes before the one whose scripts ask for its user. */
function programsBelow(base) {
  return [
    ...foldersIn(join(base, 'usr/lib/postgresql')).map((folder) => join(folder, 'bin')),
    ...['usr/lib/rabbitmq/bin', 'usr/sbin', 'usr/bin'].map((folder) => join(base, folder)),
  ];
}

const ofShell = (process.env.PATH ?? '').split(delimiter);
const folders = () => [...programsBelow('/'), ...ofShell, ...programsBelow(UNPACKED)];

/** The file of a program, or undefined. */
export function findProgram(name) {
  return folders()
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** Variables by which programs find servers, and these their libraries. */
export function environment() {
  const libraries = foldersIn(join(UNPACKED, 'usr/lib')).filter((path) => /-gnu\w*$/.test(path));
  const { LD_LIBRARY_PATH: given = '' } = process.env;
  return {
    PATH: folders().join(delimiter),
    LD_LIBRARY_PATH: [given, ...libraries].filter((path) => path !== '').join(delimiter),
  };
}

export function missingServers(names) {
  return names.filter((name) => findProgram(name) === undefined);
}

export function packagesOf(names) {
  return names.map((name) => SERVERS[name].package);
}

/** Unpacks servers, and what of theirs the system lacks. Nothing of the system is changed. */
export async function unpackServers(names) {
  const archives = join(UNPACKED, 'archives');
  mkdirSync(archives, { recursive: true });
  const packages = packagesOf(names);
  const words = ['install', '--simulate', '--no-install-recommends', ...packages];
  const planned = await run('apt-get', words, { piped: true });
  // With a version in brackets it is there, and an upgrade would be its.
  const lacking = [...planned.said.matchAll(/^Inst (\S+) \(/gm)].map(([, name]) => name);
  if (!planned.ok || lacking.length === 0) return { ok: false, said: planned.said };
  const options = { piped: true, cwd: archives, seconds: 600 };
  const downloaded = await run('apt-get', ['-qq', 'download', ...lacking], options);
  if (!downloaded.ok) return downloaded;
  for (const name of readdirSync(archives)) {
    const unpacked = await run('dpkg-deb', ['-x', join(archives, name), UNPACKED], { piped: true });
    if (!unpacked.ok) return unpacked;
  }
  rmSync(archives, { recursive: true });
  moveErlang();
  return { ok: true, said: '' };
}

/** Erlang's script names the folder that it was made for. */
function moveErlang() {
  const home = '/usr/lib/erlang';
  const script = join(UNPACKED, home, 'bin/erl');
  if (!existsSync(script)) return;
  const text = readFileSync(script, 'utf8');
  writeFileSync(script, text.replaceAll(`ROOTDIR=${home}`, `ROOTDIR=${join(UNPACKED, home)}`));
}
