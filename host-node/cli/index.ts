#!/usr/bin/env node
/**
 * The command line: finds the verb, runs it, turns what it throws into one sentence and an exit
 * code.
 *
 * Each verb is a file of its own, loaded when called for, so that none pays for another's start.
 */
import { isMainThread, workerData } from 'node:worker_threads';
import { readArguments } from './arguments.ts';
import type { Errand } from './crew.ts';
import { explain } from './explain.ts';
import { Exit } from './failure.ts';
import { guardOutput } from './output.ts';
import type { Verb } from './verb.ts';

const VERBS: Readonly<Record<string, () => Promise<{ verb: Verb }>>> = {
  demo: () => import('./demo.ts'),
  up: () => import('./up.ts'),
  serve: () => import('./serve.ts'),
  get: () => import('./get.ts'),
  listen: () => import('./listen.ts'),
  connect: () => import('./connect.ts'),
  ping: () => import('./ping.ts'),
  run: () => import('./run.ts'),
  tunnel: () => import('./tunnel.ts'),
  ss: () => import('./ss.ts'),
  nstat: () => import('./nstat.ts'),
  trace: () => import('./trace.ts'),
  doctor: () => import('./doctor.ts'),
  sim: () => import('./sim.ts'),
};

const HELP = `netcell: a TCP/IP stack in one WebAssembly module, behind a TUN device

  netcell demo                  the kernel's TCP and ours, checked against each other
  netcell up                    keep a stack up on a device, with a few services to try
  netcell serve DIR             serve a folder over HTTP
  netcell get URL               fetch a URL
  netcell listen PORT           accept connections: --echo, --discard, --chargen, or this terminal
  netcell connect HOST PORT     open a connection: standard input and output are its text
  netcell ping HOST             ICMP echo
  netcell run -- PROGRAM        a Node program, unmodified, whose TCP is netcell
  netcell tunnel URL            a TUN device whose other end is a WebSocket
  netcell ss                    connections of what is running (up, serve, listen, run)
  netcell nstat                 its counters, since you last asked
  netcell trace                 what it does and why, as it happens
  netcell doctor                what this machine lacks for all that, and what helps
  netcell sim NAME              a scenario on virtual time, with its ladder: --list names them

  netcell VERB --help           flags and examples of a verb

Examples
  npx netcell demo
  sudo npx netcell up --address 10.9.0.2/24 --pcap up.pcapng`;

async function main(words: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = words;
  if (name === 'help' || name === '--help' || name === '-h') {
    console.log(HELP);
    return words.length === 0 ? Exit.USAGE : Exit.OK;
  }
  if (name === '--version' || name === '-V') {
    const { VERSION } = await import('./version.ts');
    console.log(VERSION);
    return Exit.OK;
  }
  if (name === 'demo-peer' && process.send !== undefined) {
    // Not for people: the demo starts it, as the kernel's side.
    const { runPeer } = await import('./demo-peer.ts');
    await runPeer();
    return Exit.OK;
  }
  if (name === 'run-switch' && process.send !== undefined) {
    // Not for people: a program starts it that was loaded with netcell/register.
    const { serveSwitch } = await import('./run.ts');
    return serveSwitch(rest[0]!);
  }
  const load = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (load === undefined) {
    console.error(`netcell: there is no verb '${name}'\n  netcell --help`);
    return Exit.USAGE;
  }
  try {
    const { verb } = await load();
    const args = readArguments(rest, verb.flags);
    if (args.isSet('help')) {
      console.log(verb.help);
      return Exit.OK;
    }
    return await verb.run(args);
  } catch (error) {
    return explain(name, rest, error);
  }
}

if (isMainThread) {
  guardOutput();
  process.exitCode = await main(process.argv.slice(2));
} else {
  const { runThread } = await import('./thread.ts');
  const { words } = workerData as Errand;
  runThread((await VERBS[words[0]!]!()).verb);
}
