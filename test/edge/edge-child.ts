/**
 * What `edge.test.ts` runs inside a network namespace: the worker in workerd, the tunnel to it, and
 * curl over the kernel's TCP. The result goes to standard output as JSON.
 *
 * Arguments: workerd, the command line, the worker's configuration, a file for a capture.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { enterNamespace } from '../../host-node/namespace.ts';
import { bringUpLoopback } from '../../host-node/netlink.ts';
import { openTun, TunError } from '../../host-node/tun.ts';
import { run } from '../host/bundle.ts';
import { serve } from '../runtimes/workerd.ts';

const [workerd = '', cli = '', configuration = '', pcap = ''] = process.argv.slice(2);
const COUNT = 100;
const AT_ONCE = 5;
const execute = promisify(execFile);

async function get(address: string, path: string): Promise<string> {
  const parameters = ['--silent', '--show-error', '--max-time', '200', `http://${address}/${path}`];
  const { stdout } = await execute('curl', parameters).catch((error: Error) => ({
    stdout: error.message,
  }));
  return stdout;
}

/** Starts a tunnel and waits until it is there. */
async function openTunnel(url: string) {
  const { child, outcome } = run(cli, ['tunnel', url, '--json', '--pcap', pcap]);
  const ended = outcome.then(({ code, stderr }) => ({ code, stderr }));
  await Promise.race([once(child.stdout!, 'data'), ended]);
  return { child, ended };
}

async function perform(): Promise<unknown> {
  const served = await serve(workerd, configuration);
  const url = `ws://127.0.0.1:${served.port}/`;
  const refused = (await fetch(url.replace('ws', 'http'))).status;
  const tunnel = await openTunnel(url);
  const pages: string[] = [];
  const next = async (path: number): Promise<void> => {
    for (let i = path; i < COUNT; i += AT_ONCE) {
      pages[i] = await get(i % 2 === 0 ? '10.9.0.2' : '[fd00:9::2]', String(i));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => next(i)));
  const beyond = await get('10.9.0.2:81', '');
  tunnel.child.kill('SIGINT');
  const interrupted = await tunnel.ended;
  const other = await openTunnel(url);
  await served.stop();
  const abandoned = await other.ended;
  return { refused, pages, beyond, interrupted, abandoned, complaints: served.complaints() };
}

try {
  enterNamespace();
  bringUpLoopback();
} catch (error) {
  console.error((error as Error).message);
  process.exit(error instanceof TunError ? error.exitCode : 1);
}
if (workerd === 'probe') openTun().close();
else process.stdout.write(JSON.stringify(await perform()));
