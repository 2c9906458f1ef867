/**
 * `netcell demo`: Linux's TCP and ours, over a TUN device, checked against each other.
 *
 * In a network namespace of its own, so that nothing of the machine is touched: six transfers
 * (both directions, both roles, both families) with their SHA-256 compared, then the ladder of one
 * connection as it crossed the device, and the table of sockets. Where no device is to be had, the
 * same between two cores over a simulated link, and it says so.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { enterNamespace } from '../namespace.ts';
import { TunError } from '../tun-error.ts';
import { type Arguments, readSize, readSysctls, takePositionals, talkOf } from './arguments.ts';
import { type Arena, realArena, simulatedArena } from './demo-arena.ts';
import { compete, type Result, traceOne } from './demo-transfers.ts';
import { Exit, Failure } from './failure.ts';
import { readImpairment } from './impair.ts';
import { explainTun } from './tun-advice.ts';
import type { Verb } from './verb.ts';
import { socketTable } from './socket-table.ts';
import { VERSION } from './version.ts';
import { size, time } from './words.ts';

const HELP = `netcell demo: the kernel's TCP and netcell's, checked against each other

  netcell demo [--simulated] [--size SIZE] [--no-offload] [--pcap FILE] [--sysctl N=V]
               [--impair WORDS] [--json]

  --simulated   two netcells over a simulated link, without TUN device and kernel
  --size SIZE   octets of each transfer; default 64m
  --no-offload  each packet one segment with its checksum, though the kernel takes many at once
  --pcap FILE   write what crossed the device, as pcapng; with --pcap-split segment by segment
  --sysctl N=V  a setting of netcell's stack by Linux's name, such as tcp_sack=0
  --impair WORDS  what the link does to packets each way, as tc-netem: 'delay 5ms loss 1%'
  --json        one JSON document instead of the report

Makes a network namespace, a TUN device in it, and moves SIZE octets over HTTP six times: the
kernel downloads, the kernel uploads, netcell downloads, over IPv4 and IPv6. Nothing of the
machine changes, and nothing is left. Exit code 1 when any octet differs.

Examples
  netcell demo
  netcell demo --size 1m --pcap demo.pcapng`;

const DEFAULT_SIZE = '64m';
const LARGEST = 1 << 30;

interface Report {
  readonly link: 'tun' | 'simulated';
  readonly congestion?: string;
  readonly transfers: readonly Result[];
  readonly milliseconds: number;
}

async function run(args: Arguments): Promise<number> {
  takePositionals(args);
  const startedAt = performance.now();
  const octets = readSize(args.value('size') ?? DEFAULT_SIZE, '--size', LARGEST);
  const talk = talkOf(args);
  const say = args.isSet('json') ? () => {} : talk;
  const arena = await enterArena(args, say);
  try {
    const transfers = await compete(arena, octets, say);
    const ladder = await traceOne(arena);
    say(`\n  One connection, as ${arena.crossed}:\n`);
    say(ladder);
    say(`\n  Sockets of netcell:\n`);
    say(indent(socketTable(arena.stack.sockets())));
    const milliseconds = performance.now() - startedAt;
    if (args.isSet('json')) {
      const report: Report = { link: arena.kind, ...arena.facts, transfers, milliseconds };
      console.log(JSON.stringify(report));
    }
    return conclude(transfers, milliseconds, say);
  } finally {
    await arena.close();
  }
}

/** The kernel's side where it can be had; else a second stack, with the reason said. */
async function enterArena(args: Arguments, say: (text: string) => void): Promise<Arena> {
  const wishes = {
    offload: !args.isSet('no-offload'),
    pcap: args.value('pcap'),
    split: args.isSet('pcap-split'),
    sysctl: readSysctls(args),
    impairment: readImpairment(args),
  };
  if (args.isSet('simulated')) return introduce(await simulatedArena(wishes), say);
  try {
    enterNamespace();
    const congestion = preferCubic();
    enableIpv6();
    return introduce(realArena({ ...wishes, congestion }), say);
  } catch (error) {
    if (!(error instanceof TunError)) throw error;
    say(`  No TUN device, so no kernel to talk to: this is a SIMULATED link between two netcells.`);
    const why = explainTun(error, { verb: 'demo', words: [] });
    say(`  ${why.replaceAll('\n', '\n  ')}`);
    say(`  then   netcell demo\n`);
    return introduce(await simulatedArena(wishes), say);
  }
}

function introduce(arena: Arena, say: (text: string) => void): Arena {
  say(`  NETCELL ${VERSION === 'unreleased' ? VERSION : `v${VERSION}`}  ${arena.title}`);
  for (const line of arena.lines) say(`  ${line}`);
  say('');
  return arena;
}

const CONGESTION = '/proc/sys/net/ipv4/tcp_congestion_control';

/**
 * Has the kernel of this namespace use cubic, if it may: BBR's pacing and not the stack would be
 * what is measured. Answers what is in force.
 */
function preferCubic(): string {
  try {
    writeFileSync(CONGESTION, 'cubic');
  } catch {
    // Read-only, or not among those the administrator allows: then it is what it is.
  }
  try {
    return readFileSync(CONGESTION, 'utf8').trim();
  } catch {
    return 'unknown congestion control';
  }
}

/** Some machines switch IPv6 off for new interfaces; in our own namespace it may be on again. */
function enableIpv6(): void {
  for (const which of ['default', 'all']) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${which}/disable_ipv6`, '0');
    } catch {
      // Then the device is set up without IPv6, and the report says so.
    }
  }
}

function conclude(
  transfers: readonly Result[],
  milliseconds: number,
  say: (text: string) => void,
): number {
  const bad = transfers.filter(({ isEqual }) => !isEqual);
  if (bad.length > 0) {
    const names = bad.map(({ name, family }) => `${name} over ${family}`).join(', ');
    throw new Failure(
      `${bad.length} of ${transfers.length} transfers did not arrive as sent: ${names}`,
    );
  }
  const moved = transfers.reduce((sum, { octets }) => sum + octets, 0);
  const count = `${transfers.length} transfers, ${size(moved)}`;
  say(`\n  ${count}, every SHA-256 equal, in ${time(milliseconds)}.`);
  return Exit.OK;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

export const verb: Verb = {
  help: HELP,
  flags: {
    simulated: { type: 'boolean' },
    size: { type: 'string' },
    'no-offload': { type: 'boolean' },
    pcap: { type: 'string' },
    'pcap-split': { type: 'boolean', needs: 'pcap' },
    sysctl: { type: 'string', multiple: true },
    impair: { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};
