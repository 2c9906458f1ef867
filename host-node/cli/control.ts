/**
 * The control socket: how `netcell ss` asks a running `up`, `serve` or `listen` what it holds.
 *
 * One Unix socket a process, in a folder only its user may enter; whoever connects is sent one
 * JSON document, and that is all: nothing can be changed from outside. A path crosses network
 * namespaces, which an address would not. A socket whose process died is removed by the next who
 * finds it.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Failure } from './failure.ts';

/** How long a process that accepts and then says nothing is waited for, milliseconds. */
const PATIENCE = 2000;
/** What a reader accepts at most, characters: a document of 100,000 sockets. */
const MAX_LENGTH = 64 << 20;

/** The folder of the control sockets of this user. */
export function controlFolder(): string {
  const runtime = process.env.XDG_RUNTIME_DIR;
  if (runtime) return join(runtime, 'netcell');
  return join(tmpdir(), `netcell-${process.getuid?.() ?? userInfo().username}`);
}

/** Makes the folder, or checks that the one there is ours: /tmp belongs to everybody. */
function ownFolder(): string {
  const folder = controlFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || (process.getuid !== undefined && stat.uid !== process.getuid())) {
    throw new Failure(`${folder} is not a folder of this user's; remove it\n  ls -ld ${folder}`);
  }
  chmodSync(folder, 0o700);
  return folder;
}

/** Answers everybody who asks with what `report` gives; until the function it returns is called. */
export async function offerControl(name: string, report: () => object): Promise<() => void> {
  const path = join(ownFolder(), `${name}-${process.pid}.sock`);
  remove(path);
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(JSON.stringify(report()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.unref();
  return () => {
    server.close();
    remove(path);
  };
}

/** One running process and what it told. */
export interface Told<T> {
  /** Name of the device, or what the process is called. */
  readonly name: string;
  readonly pid: number;
  readonly report: T;
}

/** Asks every running process of this user, or only the one of that name. */
export async function askAll<T>(name?: string): Promise<Told<T>[]> {
  const folder = controlFolder();
  const told: Told<T>[] = [];
  for (const file of listFolder(folder)) {
    const [, owner = '', pid = ''] = /^(.*)-(\d+)\.sock$/.exec(file) ?? [];
    if (owner === '' || (name !== undefined && owner !== name)) continue;
    const answer = await ask(join(folder, file), Number(pid));
    if (answer === undefined) continue;
    told.push({ name: owner, pid: Number(pid), report: JSON.parse(answer) as T });
  }
  return told;
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** What the process behind a path tells; undefined when there is none any more. */
function ask(path: string, pid: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    socket.setEncoding('utf8').setTimeout(PATIENCE);
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > MAX_LENGTH) socket.destroy(new Error('the answer has no end'));
    });
    socket.once('end', () => resolve(text));
    socket.once('timeout', () => {
      socket.destroy();
      reject(new Failure(`the process behind ${path} does not answer`));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
        // Between bind(2), which makes the path, and listen(2) the living refuse too.
        if (!isAlive(pid)) remove(path);
        resolve(undefined);
      } else {
        reject(error);
      }
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already, which is all that was wanted.
  }
}
