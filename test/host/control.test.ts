/**
 * The control socket's folder: what the dead leave there is removed, what the living have is not.
 *
 * A socket nobody listens on is what a killed process leaves, and also what a process has for a
 * moment between bind(2) and listen(2).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { askAll, controlFolder, offerControl } from '../../host-node/cli/control.ts';

const folder = mkdtempSync(join(tmpdir(), 'netcell-control-'));

beforeEach(() => vi.stubEnv('XDG_RUNTIME_DIR', folder));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Leaves a socket nobody listens on, named as if it were of process `pid`, or of one now dead. */
function leaveSocket(pid?: number): string {
  const script = `const path = process.argv[1] + (process.argv[2] || process.pid) + '.sock';
    require('node:net').createServer().listen(path, () => {
      process.stdout.write(path, () => process.kill(process.pid, 'SIGKILL'));
    })`;
  const name = join(controlFolder(), 'old-');
  const { stdout } = spawnSync(process.execPath, ['-e', script, name, `${pid ?? ''}`]);
  return String(stdout);
}

it.skipIf(process.platform === 'win32')(
  'a socket is removed once its process is dead, not while it is about to listen',
  async () => {
    const stop = await offerControl('new', () => ({ sockets: 0 }));
    const [ofTheDead, ofTheLiving] = [leaveSocket(), leaveSocket(process.pid)];
    expect([existsSync(ofTheDead), existsSync(ofTheLiving)]).toEqual([true, true]);
    expect(await askAll()).toEqual([{ name: 'new', pid: process.pid, report: { sockets: 0 } }]);
    expect([existsSync(ofTheDead), existsSync(ofTheLiving)]).toEqual([false, true]);
    stop();
  },
);
