/**
 * What `nat.test.ts` runs inside a namespace: programs on a stack whose host has another host
 * on a link of its own, in a namespace behind a pair of devices.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { folder, launch, perform, type Running, stop } from '../host/cli-running.ts';

const PROGRAM = `${process.env['NETCELL_PROGRAMS']!}/beyond.mjs`;
const FAR = `
import { createServer } from 'node:net';
createServer((socket) => socket.end('for ' + socket.remoteAddress)).listen(7000, () => {
  console.log('listening');
});`;

/** Runs a line of a shell's; answers what it says. */
function sh(line: string): string {
  return execFileSync('sh', ['-c', line], { encoding: 'utf8', stdio: 'pipe' });
}

/** Starts a host behind a pair of devices, whose server tells who asks. */
async function startFar(): Promise<ChildProcess> {
  const lines = [
    'ip link set lo up',
    'ip addr add 198.51.100.130/26 dev far',
    'ip addr add 2001:db8::130/64 dev far nodad',
    'ip link set far up',
  ];
  const server = `exec "$0" --input-type=module -e "$1"`;
  const script = ['echo apart', 'read _', ...lines, server].join('\n');
  const child = spawn('unshare', ['-n', 'sh', '-c', script, process.execPath, FAR], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  sh(`ip link add near type veth peer name far netns ${child.pid}`);
  sh('ip addr add 198.51.100.129/26 dev near && ip addr add 2001:db8::129/64 dev near nodad');
  sh('ip link set near up');
  child.stdin!.end('\n');
  await once(child.stdout!, 'data');
  return child;
}

/** All that a host's forwarding hangs on. */
function settings(): { rules: string; files: string[] } {
  const files = ['ipv4', 'ipv6'].flatMap((family) => {
    const conf = `/proc/sys/net/${family}/conf`;
    return readdirSync(conf).flatMap((link) => {
      const names = family === 'ipv6' ? ['forwarding', 'accept_ra'] : ['forwarding'];
      return names.map((name) => `${conf}/${link}/${name}`);
    });
  });
  return {
    rules: sh('nft list ruleset'),
    files: files.map((file) => `${file} ${readFileSync(file, 'utf8').trim()}`),
  };
}

function start(flags: readonly string[], PATH = process.env['PATH']): Running {
  const words = ['run', ...flags, '--', process.execPath, PROGRAM];
  return launch(words, { env: { ...process.env, PATH } });
}

/** Has a program ask, and ends it; answers what it was told, and with what it has ended. */
async function ask(flags: readonly string[], PATH?: string) {
  const running = start(['-q', ...flags], PATH);
  await running.said(/staying/);
  const during = settings();
  return { code: await stop(running, 'SIGTERM'), said: running.output(), during };
}

/** Whatever sets the rules, they are gone behind a run, and so is what one has left behind. */
async function forwarded() {
  const far = await startFar();
  // Of others, and a link that listens to routers anyway.
  sh('iptables -w -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE');
  sh('ip6tables -w -t nat -A POSTROUTING -s 2001:db8:f::/48 -j MASQUERADE');
  sh('echo 2 > /proc/sys/net/ipv6/conf/near/accept_ra');
  const before = settings();
  const nft = { ...(await ask(['--nat'])), after: settings() };
  const only = join(folder, 'iptables');
  mkdirSync(only);
  for (const name of ['iptables', 'ip6tables']) {
    symlinkSync(sh(`command -v ${name}`).trim(), join(only, name));
  }
  const iptables = { ...(await ask(['--nat'], only)), after: settings() };
  const neither = start(['--nat'], '/nowhere');
  const none = { ...(await neither.ended), said: neither.output() };
  const killed = start(['--nat']);
  await killed.said(/staying/);
  await stop(killed, 'SIGKILL');
  process.kill(Number(/staying as (\d+)/.exec(killed.output())![1]));
  const left = sh('nft list ruleset');
  const again = { ...(await ask(['--nat'])), after: settings() };
  far.kill();
  return { before, nft, iptables, none, left, again };
}

/** A host that does not forward. */
async function told() {
  const far = await startFar();
  const alone = start([]);
  await alone.said(/beyond/);
  await stop(alone, 'SIGTERM');
  const kernel = await ask(['--kernel', '*']);
  const chain = 'add chain ip others guard { type filter hook forward priority 0 ; policy drop ; }';
  sh(`nft add table ip others && nft '${chain}'`);
  const guarded = start(['--nat']);
  await guarded.said(/drops/);
  await stop(guarded, 'SIGTERM');
  far.kill();
  return { alone: alone.output(), kernel, dropped: guarded.output() };
}

await perform({ forwarded, told });
