/**
 * What the package declares, read by the oldest TypeScript it is for and by the newest, in both
 * ways of resolving modules and with every choice of libraries; no check is skipped but of the
 * compiler's own libraries.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repository } from '../host/bundle.ts';
import { INSTALL, installed } from '../runtimes/installed.ts';
import { blocks } from './readme.ts';
import { unpackInto } from './unpack.ts';

const COMPILERS = {
  '5.4': installed('typescript-5.4', 'bin/tsc'),
  newest: join(repository, 'node_modules/typescript/bin/tsc'),
};
const RESOLUTIONS = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
];
/** Libraries of a program, and whether it has Node's types; with neither there are no streams. */
const LIBRARIES = [
  { lib: ['es2022', 'dom'], types: [] },
  { lib: ['es2022', 'dom'], types: ['node'] },
  { lib: ['es2022'], types: ['node'] },
];

/** What users say, and what must not be taken; were a type `any`, everything would be. */
const WEB = `
import { createStack, type Socket, SocketError, type Stack } from 'netcell';
import * as pcapng from 'netcell/pcapng';
import * as sim from 'netcell/sim';
export const stack: Stack = await createStack({ address: '10.0.0.1/24' });
const socket: Socket = stack.connect('10.0.0.2:80');
const { value } = await socket.readable.getReader().read();
export const octets: ArrayBufferLike | undefined = value?.buffer;
await socket.writable.getWriter().write(new Uint8Array(1));
export const names = [SocketError, pcapng.PcapngWriter, sim.link] as const;
export const isRefused: 'nowhere' extends Parameters<Stack['connect']>[1] ? never : true = true;
`;
const NODE = `
import { Agent } from 'node:http';
import { createStackSync } from 'netcell';
import { type Dgram, dgramFor } from 'netcell/dgram';
import { netFor, type Socket } from 'netcell/net';
import { openTun, type Tun, TunError, TunLink } from 'netcell/tun';
const stack = createStackSync();
const tun: Tun = openTun({ addresses: ['10.9.0.1/24'] });
export const detach: () => void = stack.attach(tun, { onClosed: (error: unknown) => error });
export const links: [TunLink, TunLink] = [tun.link(), new TunLink(tun)];
const net = netFor(stack);
const dgram: Dgram = dgramFor(stack);
export const udp = dgram.createSocket('udp4', (message: Buffer) => message.length);
export const agent: Agent = net.agent({ keepAlive: true });
export const socket: Socket = net.connect(80, '10.0.0.1');
export const names = [openTun, TunError] as const;
export const isRefused: 7 extends Parameters<typeof openTun>[0] ? never : true = true;
`;

/** The folder of one program: a file each, and no package but what a user has. */
const folder = mkdtempSync(join(tmpdir(), 'netcell-types-'));
const isOfNode = (text: string) => /'(?:node:|netcell\/(?:net|dgram|tun))/.test(text);

beforeAll(() => {
  const modules = join(unpackInto(folder), '..');
  mkdirSync(join(modules, '@types'));
  for (const name of ['@types/node', 'undici-types', 'koffi']) {
    symlinkSync(join(repository, 'node_modules', name), join(modules, name), 'junction');
  }
  for (const [name, text] of Object.entries(programs())) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Files and their text: ours, and each program of the README. */
function programs(): Record<string, string> {
  const texts = blocks()
    .filter(({ language }) => language === 'ts')
    .map(({ text }) => text);
  const all = [WEB, NODE, ...texts];
  const named = all.map((text, i) => [`${isOfNode(text) ? 'node' : 'web'}-${i}.ts`, text]);
  // Modules, whatever they import: names of one are not names of another.
  return Object.fromEntries(named.map(([name, text]) => [name, `${text}\nexport {};\n`]));
}

const cases = Object.entries(COMPILERS).flatMap(([version, compiler]) =>
  RESOLUTIONS.flatMap((resolution) =>
    LIBRARIES.map((libraries) => ({ version, compiler, resolution, libraries })),
  ),
);

for (const { version, compiler, resolution, libraries } of cases) {
  const missing = compiler === undefined ? ` (skipped; to run it: ${INSTALL})` : '';
  const { lib, types } = libraries;
  const choice = [resolution.moduleResolution, ...lib, ...types].join(', ');

  it.skipIf(missing !== '')(`TypeScript ${version} reads it: ${choice}${missing}`, async () => {
    const shared = { strict: true, noEmit: true, target: 'es2022', skipDefaultLibCheck: true };
    const options = { ...shared, ...resolution, lib, types };
    const names = Object.keys(programs()).filter((name) => types.length > 0 || /^web/.test(name));
    const project = join(folder, `${choice.replaceAll(', ', '-')}-${version}.json`);
    writeFileSync(project, JSON.stringify({ compilerOptions: options, files: names }));
    const parameters = [compiler!, '-p', project, '--pretty', 'false'];
    const said = await promisify(execFile)(process.execPath, parameters, { cwd: folder }).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    );
    expect(said).toBe('');
  });
}
