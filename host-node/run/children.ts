/**
 * Processes that a program starts are run on a stack, too: whatever environment it gives them, they
 * find what loads us, and where to join.
 *
 * A child with an IPC channel would load `net` for it before anything else. Its variable has
 * another name here, so that the channel is opened by us, once the handle is replaced.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
import { owned } from './hand-over.ts';
import { type Channel, takeOffers } from './handed.ts';
import { relayOver } from './relay.ts';
import { bindOwn, type Cluster } from './replace-udp.ts';

/** Variables that every process of a program needs, by their names. */
const KEPT = ['NETCELL_RUN', 'NETCELL_SWITCH'];
/** What has Node load us. */
const LOAD = `--import=${new URL('./register.js', import.meta.url).href}`;
/** Variables that Node would follow before us, and their names here. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['NODE_CHANNEL_FD', 'NETCELL_CHANNEL_FD'],
  ['NODE_UNIQUE_ID', 'NETCELL_CLUSTER_ID'],
]);

interface Spawning {
  envPairs?: string[];
}
/** Until Node 24 one object says what is to be started; from Node 26 on, a list in its place. */
type Spawn = (...parameters: unknown[]) => unknown;
/** Where that list has the environment. */
const ENVIRONMENT = 3;

/** Has every process that is started from here on be one of ours. */
export function adopt(): void {
  const { binding } = process as unknown as { binding(name: string): never };
  const { Process } = binding('process_wrap') as { Process: { prototype: { spawn: Spawn } } };
  wrap(Process.prototype);
  wrap(binding('spawn_sync') as { spawn: Spawn });
  adoptWorkers();
}

/** A worker with an environment of its own gets what it needs with it; others share ours. */
function adoptWorkers(): void {
  const { Worker, SHARE_ENV } = threads;
  threads.Worker = class extends Worker {
    constructor(file: string | URL, options: threads.WorkerOptions = {}) {
      const { env } = options;
      const isOwn = typeof env === 'object' && env !== null && env !== (SHARE_ENV as unknown);
      super(file, isOwn ? { ...options, env: { ...env, ...addedTo(env) } } : options);
    }
  };
  Object.defineProperty(threads.Worker, 'name', { value: 'Worker' });
  syncBuiltinESMExports();
}

/** Variables that an environment lacks, or has to have otherwise. */
function addedTo(env: NodeJS.Dict<string>): NodeJS.Dict<string> {
  const { NODE_OPTIONS: given = '' } = env;
  const added: NodeJS.Dict<string> = {};
  for (const name of KEPT) added[name] = env[name] ?? process.env[name];
  added.NODE_OPTIONS = given.includes(LOAD) ? given : `${given} ${LOAD}`.trim();
  return added;
}

function wrap(owner: { spawn: Spawn }): void {
  const { spawn } = owner;
  owner.spawn = function (...parameters) {
    const [options, , , pairs] = parameters as [Spawning | string, ...unknown[]];
    if (Array.isArray(pairs)) parameters[ENVIRONMENT] = environment(pairs as string[]);
    else if (typeof options === 'object' && options.envPairs !== undefined)
      options.envPairs = environment(options.envPairs);
    // Its channel, if it is to have one, is opened once it is there.
    process.nextTick(() => {
      const child = owned(this) as Partial<Channel> | undefined;
      if (child?.send !== undefined) join(child as Channel);
    });
    return spawn.apply(this, parameters);
  };
}

function environment(pairs: readonly string[]): string[] {
  const own: NodeJS.Dict<string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    own[RENAMED.get(name) ?? name] = pair.slice(at + 1);
  }
  return Object.entries({ ...own, ...addedTo(own) }).map(([name, value]) => `${name}=${value}`);
}

/** Has connections go over a channel, both ways. */
function join(channel: Channel): void {
  takeOffers(channel);
  relayOver(channel);
}

/**
 * Opens the IPC channel that a parent has given this process, and makes it a worker of node:cluster
 * where it is one, as Node does before a program.
 */
export function openChannel(): void {
  const { NETCELL_CHANNEL_FD: fd, NODE_CHANNEL_SERIALIZATION_MODE: mode = 'json' } = process.env;
  if (fd === undefined) return;
  delete process.env.NETCELL_CHANNEL_FD;
  delete process.env.NODE_CHANNEL_SERIALIZATION_MODE;
  const require = createRequire(import.meta.url);
  const { _forkChild: open } = require('node:child_process') as {
    _forkChild(fd: number, mode: string): void;
  };
  open(Number(fd), mode);
  const { NETCELL_CLUSTER_ID: id } = process.env;
  if (id !== undefined) {
    delete process.env.NETCELL_CLUSTER_ID;
    // Which of its two halves node:cluster is depends on that.
    process.env.NODE_UNIQUE_ID = id;
    const cluster = require('node:cluster') as Cluster & { _setupWorker(): void };
    cluster._setupWorker();
    bindOwn(cluster);
    delete process.env.NODE_UNIQUE_ID;
  }
  join(process as unknown as Channel);
}
