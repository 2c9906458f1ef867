/** Every example: what it speaks to on the kernel's side, and what it prints. */
import { type ServerName, USER } from './started.ts';

/** Scripts of ours on the kernel's side, in `peers`, and the ports they listen on. */
export const PEERS = { smtp: 25, greeter: 50_051, mongo: 27_017 } as const;

export interface App {
  /** Between two stacks, nothing is needed; on a device, a server may be. */
  readonly servers?: readonly (ServerName | keyof typeof PEERS)[];
  /** It is a server itself: a script in `peers` asks it, and prints more. */
  readonly asked?: string;
  /** Flags of `netcell run`, and the host of its database. */
  readonly flags?: readonly string[];
  readonly database?: string;
  /** The library that it shows, where netcell has it not itself. */
  readonly library?: string;
  /** Its parameters, by the folder of its last server. */
  readonly parameters?: (folder: string) => string[];
  readonly prints: readonly string[];
  /** Its library and its server are there for `npm test`. */
  readonly isQuick?: boolean;
}

/**
 * By the script below `host-node/examples`, and in which way where there are several; those in
 * `run` are run by `netcell run`.
 */
export const APPS: Readonly<Record<string, App>> = {
  'http2.mjs': { prints: ['hello /a, hello /b, hello /c'], isQuick: true },
  'https.mjs': {
    parameters: (folder) => [`${folder}/key`, `${folder}/cert`],
    prints: [
      '/first for ::ffff:10.0.0.1, connection kept: false',
      '/second for ::ffff:10.0.0.1, connection kept: true',
    ],
    isQuick: true,
  },
  'ws.mjs': { prints: ['hello to ::ffff:10.0.0.1'], isQuick: true },
  'undici.mjs': {
    library: 'undici',
    prints: ['1000000 octets from ::ffff:10.0.0.1'],
    isQuick: true,
  },
  'pg.mjs': {
    servers: ['postgres'],
    library: 'pg',
    prints: ['55', '5050', '500500', '50005000'].map((sum) => `${sum} for 10.9.0.2`),
    isQuick: true,
  },
  'ioredis.mjs': {
    servers: ['redis-server'],
    library: 'ioredis',
    prints: ['499500 for 10.9.0.2'],
    isQuick: true,
  },
  'mysql2.mjs': { servers: ['mariadbd'], library: 'mysql2', prints: ['42, 1000000 octets'] },
  'mqtt.mjs': {
    servers: ['mosquitto'],
    library: 'mqtt',
    prints: ['rooms/kitchen/temperature: 21'],
  },
  'nodemailer.mjs': {
    servers: ['smtp'],
    library: 'nodemailer',
    prints: ['kernel@netcell.test: 250 "From one TCP to another." from 10.9.0.2, in TLS'],
  },
  'ssh2.mjs': {
    servers: ['sshd'],
    library: 'ssh2',
    parameters: (folder) => [USER.name, `${folder}/user`, '2222'],
    prints: ['the same file'],
  },
  'tls.mjs': {
    servers: ['nginx'],
    parameters: (folder) => [`${folder}/cert`],
    prints: ['h2 200, 100000 octets, true'],
  },
  'grpc.mjs': {
    library: '@grpc/grpc-js',
    asked: 'greet',
    prints: ['listening', 'hello kernel at ::ffff:10.9.0.1'],
  },
  'run/grpc.mjs': {
    servers: ['greeter'],
    library: '@grpc/grpc-js',
    prints: ['hello one at 10.9.0.2', 'hello two at 10.9.0.2'],
  },
  'run/redis.mjs': {
    servers: ['redis-server'],
    library: 'redis',
    prints: ['1000 for 10.9.0.2'],
  },
  'run/mongodb.mjs': { servers: ['mongo'], library: 'mongodb', prints: ['2: one, two'] },
  'run/amqplib.mjs': {
    servers: ['epmd', 'rabbitmq-server'],
    library: 'amqplib',
    parameters: () => ['guest:guest'],
    prints: ['abcdefghijklmnopqrstuvwxyz'],
  },
  'run/express-pg.mjs': {
    servers: ['postgres'],
    library: 'express',
    database: '10.9.0.1',
    asked: 'load',
    prints: ['listening', '{"client":"10.9.0.2"}', '10000 of 10000'],
  },
  'run/express-pg.mjs by --kernel': {
    servers: ['postgres'],
    library: 'express',
    database: 'localhost',
    flags: ['--kernel', 'localhost:5432'],
    asked: 'load',
    prints: ['listening', '{"client":"127.0.0.1"}', '10000 of 10000'],
  },
};

/** Under `netcell run`, a script of `peers` that is no example. */
export const LIMITS: App = {
  servers: ['postgres', 'redis-server', 'nginx'],
  library: 'pg',
  parameters: (folder) => [`${folder}/cert`],
  prints: [
    'pg, a question of 20 MB: true',
    'pg, an answer of 30 MB: true',
    'pg, its backend ended by another: true',
    'ioredis, a value of 30 MB: true',
    'ioredis, killed and connected again: true',
    'undici, 300 downloads over TLS: true',
    'undici, every other download aborted: true',
  ],
};

/** The script of an app. */
export function scriptOf(name: string): string {
  return name.split(' ')[0]!;
}
