/**
 * What `control.test.ts` runs inside a namespace: several users, folders that belong to somebody
 * else, and a stack under load.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { run } from './bundle.ts';
import { cli, launch, netcell, perform, start, stop } from './cli-running.ts';

const NOBODY = { uid: 65_534, gid: 65_534, cwd: '/' };

/** Gives this namespace folders of its own, where nothing of the machine's is found or left. */
function hideFolders(): void {
  for (const folder of ['/run', '/tmp']) {
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'mode=1777', 'x', folder]);
    if (status !== 0) throw new Error(String(stderr));
  }
}

/** The environment without what says where control sockets are, and with something else. */
function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  const { NETCELL_CONTROL_DIR: _, XDG_RUNTIME_DIR: __, TMPDIR: ___, ...rest } = process.env;
  return { ...rest, ...more };
}

await perform({
  users: async () => {
    hideFolders();
    mkdirSync('/tmp/elsewhere', { mode: 0o777 });
    const words = ['ss', '-tlnpH'];
    const up = await start(['up'], { env: environment({ XDG_RUNTIME_DIR: '/tmp/elsewhere' }) });
    const asRoot = await run(cli, words, { env: environment({}) }).outcome;
    const env = environment({ XDG_RUNTIME_DIR: '/run/user/65534', TMPDIR: '/tmp/elsewhere' });
    const asUser = await run(cli, words, { ...NOBODY, env }).outcome;
    const refused = await run(cli, ['trace'], { ...NOBODY, env }).outcome;
    const other = launch([], { ...NOBODY, env, stdio: 'pipe' }, process.env.NETCELL_OFFER);
    await other.said(/ try /);
    const both = await run(cli, words, { env: environment({}) }).outcome;
    other.child.stdin!.end();
    await other.ended;
    return { asRoot, asUser, refused, both, pid: up.child.pid, code: await stop(up) };
  },

  /** The folders are somebody else's, or can not be made. */
  folders: async () => {
    hideFolders();
    mkdirSync('/tmp/netcell-0');
    chownSync('/tmp/netcell-0', NOBODY.uid, NOBODY.gid);
    spawnSync('mount', ['-o', 'remount,ro', '/run']);
    const serve = await start(['serve', '/tmp'], { env: environment({}) });
    const page = await (await fetch('http://10.9.0.2/')).text();
    const ss = await run(cli, ['ss'], { env: environment({}) }).outcome;
    return { page, ss, output: serve.output(), code: await stop(serve) };
  },

  /** 600 connections, and requests without end while `ss` is asked. */
  load: async () => {
    const up = await start(['up']);
    const held: Socket[] = [];
    for (let i = 0; i < 600; i++) held.push(connect(9, '10.9.0.2'));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const page = await (await fetch('http://10.9.0.2/')).text();
    let isOver = false;
    let answers = 0;
    const ask = async () => {
      while (!isOver) {
        await (await fetch('http://10.9.0.2/')).text();
        answers++;
      }
    };
    const asking = Array.from({ length: 50 }, ask);
    const table = await netcell('ss', '-tanH', 'sport', '=', ':9');
    const json = await netcell('ss', '--json');
    isOver = true;
    await Promise.all(asking);
    for (const socket of held) socket.destroy();
    return { page, table, json, answers, code: await stop(up) };
  },
});
