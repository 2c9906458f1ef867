/**
 * `netcell tunnel`: a TUN device whose other end is a WebSocket.
 *
 * The kernel has an interface, and the WebSocket's other end is the network behind it: a worker
 * at the edge, another machine. No stack runs here; packets are relayed as they are.
 */
import type { WebSocket } from 'ws';
import { parseInterfaceAddress } from '../../host-web/address.ts';
import { RealClock } from '../../host-web/clock.ts';
import { relay } from '../../host-web/link/relay.ts';
import { webSocketLink } from '../../host-web/link/websocket.ts';
import { listLinks } from '../netlink.ts';
import { openTun } from '../tun.ts';
import { TunLink } from '../tun-link.ts';
import { openWebSocket } from '../websocket.ts';
import {
  type Arguments,
  type Flags,
  readNumber,
  takePositionals,
  talkOf,
  UsageError,
} from './arguments.ts';
import { record } from './capture.ts';
import { Failure } from './failure.ts';
import { Ending } from './foreground.ts';
import { behind, readImpairment } from './impair.ts';
import { showProgress } from './progress.ts';
import type { Verb } from './verb.ts';

const HELP = `netcell tunnel: put a TUN device at one end of a WebSocket

  netcell tunnel URL [flags]

  URL                 ws: or wss:, where each binary message is one IP packet
  --tun NAME          device to make, or to attach to if it exists
  --address A/PREFIX  address of the kernel, one of each family; 10.9.0.1/24, fd00:9::1/64
  --impair WORDS      what happens to packets each way, as tc-netem: 'delay 40ms loss 1%'
  --mtu N  --pcap FILE  --json  -q

The far end is a stack, as the worker in host-web/edge/worker.js, or another tunnel.

Examples
  sudo netcell tunnel ws://127.0.0.1:8080/
  sudo netcell tunnel wss://tcp.example.org/ --address 192.0.2.1/30`;

const FLAGS: Flags = {
  tun: { type: 'string' },
  address: { type: 'string', multiple: true },
  addr: { type: 'string', multiple: true, alias: 'address' },
  mtu: { type: 'string' },
  impair: { type: 'string' },
  pcap: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
};

/** The least MTU of a link that carries IPv6 (RFC 8200 §5). */
const LEAST_MTU_IPV6 = 1280;

async function run(args: Arguments): Promise<number> {
  const [url = ''] = takePositionals(args, 'URL');
  if (!URL.canParse(url) || !/^wss?:/.test(url)) {
    throw new UsageError(`URL is such as ws://127.0.0.1:8080/, not '${url}'`);
  }
  const mtu = readNumber(args.value('mtu') ?? '1500', '--mtu', 576, 65_535);
  const addresses = readAddresses(args, mtu);
  // Said before anything is waited for.
  readImpairment(args);
  const ending = new Ending();
  const abandon = new AbortController();
  ending.first.catch(() => {}).finally(() => abandon.abort());
  try {
    const stop = showProgress(() => `${url} has not answered yet`, args.isSet('quiet'));
    const socket = await openWebSocket(url, abandon.signal)
      .catch((error: Error) => {
        throw Failure.from(error) ?? new Failure(error.message);
      })
      .finally(stop);
    try {
      socket.addEventListener('close', () => ending.fail(new Failure(`${url} has closed`)));
      return await carry(args, socket, mtu, addresses, ending);
    } finally {
      socket.close();
    }
  } catch (error) {
    // What ended it before it was open gives the reason.
    if (abandon.signal.aborted) return await ending.first;
    throw error;
  } finally {
    ending.close();
  }
}

/** Opens the device and relays until something ends it; answers the exit code. */
async function carry(
  args: Arguments,
  socket: WebSocket,
  wantedMtu: number,
  addresses: readonly string[],
  ending: Ending,
): Promise<number> {
  const impairment = readImpairment(args);
  const name = args.value('tun');
  const isThere = listLinks().some((link) => link.name === name);
  const tun = openTun({
    ...(name === undefined ? {} : { name }),
    ...(isThere ? { create: false } : { mtu: wantedMtu, addresses }),
  });
  const device = new TunLink(tun, { onError: (error) => ending.fail(error) });
  const { mtu } = tun;
  const pcap = args.value('pcap');
  const say = talkOf(args);
  try {
    const clock = new RealClock();
    const capture = pcap === undefined ? null : record(pcap, device, { name: tun.name, clock });
    const near = behind(impairment, capture?.link ?? device, clock);
    const close = relay(near, webSocketLink(socket, { mtu }));
    const [url] = args.positionals;
    if (args.isSet('json')) {
      console.log(JSON.stringify({ event: 'ready', tun: tun.name, mtu, addresses, url }));
    } else if (!args.isSet('quiet')) {
      say(`  ${tun.name}  ${addresses.join('  ')}  mtu ${mtu}  to ${url}`);
    }
    return await ending.first.finally(async () => {
      close();
      await capture?.close();
    });
  } finally {
    device.close();
  }
}

/** The kernel's addresses, as the flags say. @throws UsageError */
function readAddresses(args: Arguments, mtu: number): readonly string[] {
  const given = args.values('address');
  for (const text of given) {
    const address = parseInterfaceAddress(text);
    if (address !== undefined && address.peer === undefined && text.includes('/')) continue;
    throw new UsageError(`--address is an address with a prefix, not '${text}'`);
  }
  if (given.length > 0) return given;
  return mtu < LEAST_MTU_IPV6 ? ['10.9.0.1/24'] : ['10.9.0.1/24', 'fd00:9::1/64'];
}

export const verb: Verb = { help: HELP, flags: FLAGS, run };
