/** A worker served by workerd: its configuration written, its port found, its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { WorkerModule } from './package.ts';

export interface Served {
  readonly port: number;
  /** What it has written to standard error. */
  complaints(): string;
  stop(): Promise<void>;
}

/** Serves the modules, of which the first is the worker, on a free port of 127.0.0.1. */
export async function serve(
  workerd: string,
  folder: string,
  modules: readonly WorkerModule[],
): Promise<Served> {
  const file = join(folder, 'worker.capnp');
  const list = modules.map(
    ({ name, type, file: path }) =>
      `(name = "${name}", ${type} = embed "${relative(folder, path)}")`,
  );
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2026-07-01",
    modules = [${list.join(', ')}]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
`,
  );
  const child = spawn(workerd, ['serve', file, '--control-fd=3'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = once(child, 'exit');
  const port = new Promise<number>((resolve) => {
    let text = '';
    (child.stdio[3] as NodeJS.ReadableStream).on('data', (part) => {
      text += String(part);
      const [, found] = /"port":(\d+)/.exec(text) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
  });
  const failed = ended.then(([code]) => {
    throw new Error(`workerd ended with ${code}: ${complaints}`);
  });
  failed.catch(() => {});
  return {
    port: await Promise.race([port, failed]),
    complaints: () => complaints,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
