/** `netcell up`: a stack on a device, with a few services to try, until its user ends it. */
import { createServer } from 'node:http';
import {
  type Arguments,
  COMMON,
  COMMON_HELP,
  takePositionals,
  talkOf,
  THREADS,
  THREADS_HELP,
} from './arguments.ts';
import type { Device } from './device.ts';
import { type Service, type Staying, stayUp } from './foreground.ts';
import type { Verb } from './verb.ts';
import { firstSockets } from './report.ts';
import { listening, serveName } from './services.ts';
import { VERSION } from './version.ts';
import { urlOf } from './words.ts';

const HELP = `netcell up: keep a stack up on a TUN device, with a few services to try

  netcell up [flags]

${COMMON_HELP}
${THREADS_HELP}

Services: HTTP on 80 (a page about the stack itself), echo on 7, discard on 9, chargen on 19.
Ctrl-C closes connections properly; a second one resets what is left.

Examples
  sudo netcell up
  sudo netcell up --address 192.0.2.2/30 --pcap up.pcapng`;

/** Sockets the web page shows: every request costs the reading of them. */
const ON_PAGE = 32;

async function run(args: Arguments): Promise<number> {
  takePositionals(args);
  return stayUp(args, stay(args));
}

function stay(args: Arguments): Staying {
  return { say: talkOf(args), start };
}

async function start(device: Device): Promise<Service> {
  const { net, sides } = device;
  const web = createServer((_message, answer) => {
    answer.setHeader('content-type', 'text/plain; charset=utf-8');
    answer.end(
      `Hello from netcell ${VERSION}, a TCP/IP stack in one WebAssembly module.\n\n` +
        `${firstSockets(device, ON_PAGE, true)}\n`,
    );
  });
  const servers = await Promise.all([
    listening(net.serve(web, { port: 80 })),
    serveName(net, 'echo'),
    serveName(net, 'discard'),
    serveName(net, 'chargen'),
  ]);
  const { address } = sides[0]!;
  const second = sides[1] === undefined ? [] : [`curl ${urlOf(sides[1].address, 80)}`];
  return {
    servers,
    hints: [
      [`curl ${urlOf(address, 80)}`, `ping ${address}`, `nc ${address} 7`].join('   ·   '),
      [...second, 'netcell ss -i'].join('   ·   '),
    ],
  };
}

export const verb: Verb = { help: HELP, flags: { ...COMMON, ...THREADS }, stay, run };
