/**
 * The edge example, end to end: Linux's TCP, a TUN device, a WebSocket, and netcell in a worker.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWebSocket } from '../../host-node/websocket.ts';
import { createStackSync, type Link, VirtualClock, webSocketLink } from '../../host-web/index.ts';
import { bundle, repository, run } from '../host/bundle.ts';
import { unpackInto } from '../package/unpack.ts';
import { INSTALL } from '../runtimes/installed.ts';
import { WORKERD } from '../runtimes/runtimes.ts';
import { serve } from '../runtimes/workerd.ts';

const WORKER = 'host-web/edge/worker.js';
const child = process.platform === 'linux' ? bundle('test/edge/edge-child.ts') : '';
const folder = mkdtempSync(join(tmpdir(), 'netcell-edge-'));
beforeAll(() => unpackInto(folder, WORKER, 'host-web/edge/worker.capnp'));
afterAll(() => rmSync(folder, { recursive: true }));

async function whyNot(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'not Linux';
  if (WORKERD === undefined) return `no workerd; to have it: ${INSTALL}`;
  if (spawnSync('curl', ['--version']).error !== undefined) return 'curl is missing';
  const probe = await run(child, ['probe']).outcome;
  return probe.code === 0 ? undefined : probe.stderr.trim().split('\n')[0];
}

const obstacle = await whyNot();
const skipped = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

it.skipIf(obstacle !== undefined)(
  `answers 100 requests of the kernel's TCP from a worker${skipped}`,
  async () => {
    const pcap = join(folder, 'tunnel.pcapng');
    const configuration = join(folder, 'worker.capnp');
    const cli = join(repository, 'build/cli.js');
    const outcome = await run(child, [WORKERD!, cli, configuration, pcap]).outcome;
    expect(outcome).toMatchObject({ stderr: '', code: 0 });
    const result = JSON.parse(outcome.stdout) as { pages: string[] };
    expect(result).toEqual({
      refused: 426,
      pages: Array.from({ length: 100 }, (_, i) => {
        const from = i % 2 === 0 ? String.raw`10\.9\.0\.1` : String.raw`\[fd00:9::1\]`;
        const page = `^GET /${i} from ${from}:\\d+, answered by TCP in a worker\\.\n$`;
        return expect.stringMatching(page);
      }),
      beyond: expect.stringContaining("Couldn't connect"),
      interrupted: { code: 130, stderr: '' },
      abandoned: { code: 1, stderr: expect.stringMatching(/ws:\/\/\S+ has closed$/m) },
      complaints: '',
    });
    // The second tunnel's, which carried no more than what a new interface says of itself.
    expect(readFileSync(pcap).readUInt32LE(0)).toBe(0x0a0d0d0a);
  },
);

const noWorkerd = WORKERD === undefined ? ` (skipped: no workerd; to have it: ${INSTALL})` : '';

it.skipIf(noWorkerd !== '')(`wakes by itself to send again what was lost${noWorkerd}`, async () => {
  const served = await serve(WORKERD!, join(folder, 'worker.capnp'));
  const socket = await openWebSocket(`ws://127.0.0.1:${served.port}/`);
  // A clock that nobody moves: whatever is sent twice, the worker's timers have sent.
  const stack = createStackSync({ address: '10.9.0.1/24', clock: new VirtualClock() });
  try {
    const link = webSocketLink(socket);
    let lost = 0;
    const lossy: Link = {
      mtu: link.mtu,
      attach: (port) => {
        const input: typeof port.input = (...packet) => {
          if (lost++ > 0) port.input(...packet);
        };
        link.attach({ ...port, input });
      },
      send: (length) => link.send(length),
      close: () => link.close(),
    };
    stack.attach(lossy);
    const connection = stack.connect('10.9.0.2:80');
    await connection.opened;
    expect(connection.state).toBe('ESTABLISHED');
    expect(lost).toBeGreaterThan(1);
  } finally {
    await stack.close();
    await served.stop();
  }
});

it('bundles for a worker: the core is an import, and there is nothing to compile', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'worker.js')],
    conditions: ['workerd'],
    external: ['*.wasm'],
    bundle: true,
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  expect(imports.map(({ path }) => path)).toEqual(['./core.wasm']);
  // With the core's octets in it there would be 90 kB more.
  expect(outputFiles[0]!.contents.length).toBeLessThan(140_000);
});

it('has at most 80 lines, for it is to be copied', () => {
  expect(readFileSync(join(repository, WORKER), 'utf8').split('\n').length).toBeLessThanOrEqual(80);
});
