/** A worker served by workerd: its port found, its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Served {
  readonly port: number;
  /** What it has written to standard error. */
  complaints(): string;
  stop(): Promise<void>;
}

/** Serves what a configuration says, on a free port of 127.0.0.1. */
export async function serve(workerd: string, configuration: string): Promise<Served> {
  const child = spawn(
    workerd,
    ['serve', configuration, '--socket-addr=http=127.0.0.1:0', '--control-fd=3'],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    },
  );
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
      // Asked politely it would wait for its WebSockets to end.
      child.kill('SIGKILL');
      await ended;
    },
  };
}
