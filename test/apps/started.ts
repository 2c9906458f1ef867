/**
 * Servers on the kernel's side, each started in a folder of its own and for one test only: how, and
 * when they are there.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { selfMade } from '../host/certificate.ts';
import { findProgram } from './servers.mjs';

/** Who runs what refuses root: Debian's `daemon`. */
export const USER = { name: 'daemon', uid: 1 } as const;

interface Recipe {
  readonly port: number;
  /** What it is started by, and with what; asked once its folder is there. */
  command(folder: string): readonly string[];
  /** Files that it needs, and others to be run beside it. */
  prepare?(folder: string): void;
  readonly env?: (folder: string) => NodeJS.ProcessEnv;
  readonly uid?: number;
  /** By which it ends at once, where SIGKILL would leave something. */
  readonly signal?: NodeJS.Signals;
}

const program = (name: string): string => {
  const file = findProgram(name);
  if (file === undefined) throw new Error(`there is no ${name}`);
  return file;
};

/** Runs to its end, as that user, what a server needs before. */
function execute(name: string, words: readonly string[], folder: string): void {
  execFileSync(program(name), words, { cwd: folder, stdio: 'pipe', uid: USER.uid });
}

function nginxConfiguration(folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
  return `
    daemon off; master_process off; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      access_log off; ${temporary}
      server {
        listen 443 ssl http2;
        ssl_certificate ${folder}/cert; ssl_certificate_key ${folder}/key;
        location / { root ${folder}/www; }
      }
    }`;
}

const RECIPES = {
  postgres: {
    port: 5432,
    uid: USER.uid,
    signal: 'SIGQUIT',
    prepare: (folder) => {
      const words = ['-D', `${folder}/data`, '-U', 'netcell', '-A', 'trust', '--no-sync'];
      execute('initdb', [...words, '--no-instructions'], folder);
      writeFileSync(`${folder}/data/pg_hba.conf`, 'host all all all trust\n');
    },
    command: (folder) => {
      const settings = ['listen_addresses=*', 'unix_socket_directories=', 'fsync=off'];
      const words = settings.flatMap((setting) => ['-c', setting]);
      return ['postgres', '-D', `${folder}/data`, ...words];
    },
  },
  'redis-server': {
    port: 6379,
    command: (folder) => {
      const words = ['--bind', '0.0.0.0', '--protected-mode', 'no', '--save', ''];
      return ['redis-server', ...words, '--dir', folder];
    },
  },
  mariadbd: {
    port: 3306,
    prepare: (folder) => mkdirSync(`${folder}/data`),
    command: (folder) => [
      'mariadbd',
      '--no-defaults',
      '--user=root',
      `--basedir=${dirname(dirname(program('mariadbd')))}`,
      `--datadir=${folder}/data`,
      `--socket=${folder}/socket`,
      '--bind-address=0.0.0.0',
      // Whoever comes may do everything, and no table says who.
      '--skip-grant-tables',
      '--skip-name-resolve',
    ],
  },
  mosquitto: {
    port: 1883,
    prepare: (folder) => {
      writeFileSync(`${folder}/conf`, 'listener 1883\nallow_anonymous true\nuser root\n');
    },
    command: (folder) => ['mosquitto', '-c', `${folder}/conf`],
  },
  nginx: {
    port: 443,
    prepare: (folder) => {
      for (const [kind, text] of Object.entries(selfMade())) {
        writeFileSync(`${folder}/${kind}`, text);
      }
      writeFileSync(`${folder}/conf`, nginxConfiguration(folder));
      mkdirSync(`${folder}/www`);
      writeFileSync(`${folder}/www/index.html`, 'x'.repeat(100_000));
    },
    command: (folder) => ['nginx', '-p', folder, '-e', 'stderr', '-c', `${folder}/conf`],
  },
  sshd: {
    port: 2222,
    uid: USER.uid,
    prepare: (folder) => {
      for (const key of ['host', 'user']) {
        const words = ['-q', '-t', 'ed25519', '-N', '', '-f', `${folder}/${key}`];
        execute('ssh-keygen', words, folder);
      }
      const lines = [
        'Port 2222',
        `HostKey ${folder}/host`,
        `AuthorizedKeysFile ${folder}/user.pub`,
        'StrictModes no',
        'PidFile none',
        'Subsystem sftp internal-sftp',
      ];
      writeFileSync(`${folder}/conf`, `${lines.join('\n')}\n`);
    },
    command: (folder) => ['sshd', '-D', '-e', '-f', `${folder}/conf`],
  },
  epmd: { port: 4369, command: () => ['epmd'] },
  'rabbitmq-server': {
    port: 5672,
    prepare: (folder) => {
      writeFileSync(`${folder}/rabbitmq.conf`, 'loopback_users = none\n');
      writeFileSync(`${folder}/plugins`, '[].\n');
    },
    env: (folder) => ({
      HOME: folder,
      ERL_CRASH_DUMP: `${folder}/crash`,
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq`,
      RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
      RABBITMQ_LOGS: '-',
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_MNESIA_BASE: `${folder}/data`,
      RABBITMQ_NODENAME: 'netcell@localhost',
    }),
    command: () => ['rabbitmq-server'],
  },
} as const satisfies Record<string, Recipe>;

export type ServerName = keyof typeof RECIPES;

/** A server that runs. */
export interface Started {
  /** Where its files are. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Waits until a port is answered; what should answer is a child that must not end before. */
async function untilThere(port: number, child: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${child.spawnfile} has ended: ${said()}`);
    }
    await wait(20);
  }
}

/** Starts a program, and waits until it answers; it ends with this process. */
async function startProgram(
  file: string,
  words: readonly string[],
  { port, env, uid, signal = 'SIGKILL' as NodeJS.Signals }: Partial<Recipe> & { port: number },
  folder: string,
): Promise<Started> {
  const child = spawn(file, words, {
    cwd: folder,
    env: { ...process.env, ...env?.(folder) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: some are scripts that wait for what they started.
    detached: true,
    ...(uid === undefined ? {} : { uid }),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => (said += part));
  }
  const ended = once(child, 'exit');
  const kill = (by: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, by);
  };
  const atExit = () => kill('SIGKILL');
  process.once('exit', atExit);
  await untilThere(port, child, () => said);
  return {
    folder,
    stop: async () => {
      process.off('exit', atExit);
      kill(signal);
      await ended;
    },
  };
}

/** Starts a server with its files in a new folder below another. */
export async function startServer(name: ServerName, below: string): Promise<Started> {
  const recipe: Recipe = RECIPES[name];
  const folder = mkdtempSync(join(below, `${name}-`));
  chmodSync(folder, 0o755);
  if (recipe.uid !== undefined) chownSync(folder, recipe.uid, recipe.uid);
  recipe.prepare?.(folder);
  const [first, ...words] = recipe.command(folder);
  return startProgram(program(first!), words, recipe, folder);
}

/** Starts a script of ours that listens on a port. */
export function startScript(file: string, port: number, folder: string): Promise<Started> {
  return startProgram(process.execPath, [file], { port }, folder);
}
