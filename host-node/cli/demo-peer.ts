/**
 * The other side of the demo: HTTP by a TCP that is not the one on trial.
 *
 * Normally the kernel's: Node's own `http` over kernel sockets, in a process of its own, so that
 * each side has a core and a heap to itself (a worker thread shares neither worse nor better, but
 * its crash would be ours). It is told what to do over the IPC channel and answers there. Where
 * there is no TUN device, it is another stack in this process, and told by a call.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one side is asked to do. */
export type Task =
  | { readonly do: 'serve'; readonly host: string; readonly size: number; readonly seed: number }
  | { readonly do: 'get'; readonly url: string }
  | { readonly do: 'put'; readonly url: string; readonly size: number; readonly seed: number };

/** A transfer that took place. */
export interface Transfer {
  readonly octets: number;
  readonly digest: string;
  readonly milliseconds: number;
}

/** What came of a task: a transfer, a server's port, or neither. */
export type Done = Partial<Transfer> & { readonly port?: number; readonly error?: string };

/** What does the tasks. */
export interface Peer {
  perform(task: Task): Promise<Done>;
  close(): void;
}

/** What a peer's TCP is reached by. */
export interface Sockets {
  agent(): Agent;
  /** Answers the port. */
  listen(server: Server, host: string): Promise<number>;
}

/** Octets nobody can compress, which both sides can make: AES in counter mode over a seed. */
export function makeText(size: number, seed: number): Buffer {
  const key = createHash('sha256').update(`netcell demo ${seed}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return Buffer.concat([cipher.update(Buffer.alloc(size)), cipher.final()]);
}

export function digestOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** All of a message's text; hashed only afterwards, or the hash would be what is measured. */
export function collect(message: IncomingMessage): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  message.on('data', (part: Buffer) => parts.push(part));
  return new Promise((resolve, reject) => {
    message.once('end', () => resolve(parts));
    message.once('error', reject);
  });
}

/** One HTTP request; answers what was transferred and how long it took, connection included. */
export async function transfer(
  url: string,
  text: Buffer | undefined,
  agent: Agent,
): Promise<Transfer> {
  const startedAt = performance.now();
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method: text === undefined ? 'GET' : 'PUT', agent }, resolve);
    sent.once('error', reject);
    if (text !== undefined) sent.setHeader('content-length', text.length);
    sent.end(text);
  });
  const parts = await collect(message);
  const milliseconds = performance.now() - startedAt;
  if (message.statusCode !== 200) throw new Error(`${url} answered ${message.statusCode}`);
  const moved = text === undefined ? parts : [text];
  const octets = moved.reduce((sum, part) => sum + part.length, 0);
  return { octets, digest: digestOf(moved), milliseconds };
}

async function perform(task: Task, sockets: Sockets): Promise<Done> {
  switch (task.do) {
    case 'serve': {
      const text = makeText(task.size, task.seed);
      const server = createServer((_message, answer) => {
        answer.writeHead(200, { 'content-length': text.length, connection: 'close' }).end(text);
      });
      return { port: await sockets.listen(server, task.host) };
    }
    case 'get':
      return transfer(task.url, undefined, sockets.agent());
    case 'put':
      return transfer(task.url, makeText(task.size, task.seed), sockets.agent());
  }
}

const kernelSockets: Sockets = {
  agent: () => new Agent({ keepAlive: false }),
  listen: (server, host) =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
      server.unref();
    }),
};

/** Tells the process that a parent forked it to be the kernel's side. */
export const PEER_WORD = 'demo-peer';

/** Does what the parent asks until it goes away. */
export async function runPeer(): Promise<void> {
  process.on('message', (task: Task) => {
    perform(task, kernelSockets).then(
      (done) => process.send?.(done),
      (error: Error) => process.send?.({ error: error.message } satisfies Done),
    );
  });
  // A Ctrl-C reaches the whole group; the parent decides what it means.
  process.on('SIGINT', () => {});
  await new Promise((resolve) => process.once('disconnect', resolve));
}

/** The kernel's side, in a process beside this one and in the same network namespace. */
export function kernelPeer(): Peer {
  const child: ChildProcess = fork(process.argv[1]!, [PEER_WORD], { execArgv: process.execArgv });
  const gone = new Promise<Done>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Error(`the kernel's side ended with ${signal ?? `code ${code}`}`));
    });
  });
  gone.catch(() => {});
  return {
    perform: (task) => {
      const answered = new Promise<Done>((resolve) => child.once('message', resolve));
      child.send(task);
      return Promise.race([answered, gone]);
    },
    close: () => {
      child.kill();
    },
  };
}

/** A side in this process, by whatever sockets. */
export function localPeer(sockets: Sockets): Peer {
  return { perform: (task) => perform(task, sockets), close: () => {} };
}
