/**
 * What `kernel.test.ts` runs inside a network namespace: kernel sockets and a stack behind a TUN
 * device, one scenario named by the argument, whose result goes to standard output as JSON.
 */
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import * as kernel from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { record } from '../../host-node/cli/capture.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { type Net, netFor } from '../../host-node/net/index.ts';
import { openTun, TunError } from '../../host-node/tun.ts';
import { TunLink } from '../../host-node/tun-link.ts';
import { createStackSync, type Stack } from '../../host-web/index.ts';
import { impaired, type Rule, type Simulation } from '../../host-web/sim/index.ts';

const [scenario = '', argument = ''] = process.argv.slice(2);
const KERNEL = { 4: '10.9.0.1', 6: 'fd00:9::1' } as const;
const NETCELL = { 4: '10.9.0.2', 6: 'fd00:9::2' } as const;
type Version = keyof typeof KERNEL;

interface Place {
  readonly stack: Stack;
  readonly net: Net;
  readonly rule: Simulation['rule'];
  close(): Promise<void>;
}

function open(pcap?: string): Place {
  const tun = openTun({ addresses: [`${KERNEL[4]}/24`, `${KERNEL[6]}/64`] });
  const stack = createStackSync({ address: [`${NETCELL[4]}/24`, `${NETCELL[6]}/64`] });
  const link = new TunLink(tun);
  // Segment by segment, for each of them is to be right.
  const recording = { name: tun.name, clock: stack.clock, split: true };
  const capture = pcap ? record(pcap, link, recording) : undefined;
  const path = scenario === 'marks' ? impaired(link, { clock: stack.clock }) : undefined;
  stack.attach(path ?? capture?.link ?? link);
  return {
    stack,
    net: netFor(stack),
    rule: (rule) => path?.rule(rule) ?? (() => {}),
    close: async () => {
      await stack.close();
      await capture?.close();
    },
  };
}

// The two TCPs behind one face ---------------------------------------------------

interface Socket extends Duplex {
  readonly connecting: boolean;
  readonly localPort?: number;
  readonly remotePort?: number;
  resetAndDestroy(): unknown;
}

interface Side {
  readonly name: 'kernel' | 'netcell';
  connect(version: Version, port: number): Socket;
  listen(port: number): Promise<{ accepted: Promise<Socket>; close(): void }>;
}

function sides({ net }: Place): { kernelSide: Side; netcellSide: Side } {
  const listenOn = async (server: kernel.Server, port: number) => {
    const accepted = once(server, 'connection').then(([socket]) => socket as Socket);
    server.listen({ port, host: '::' });
    await once(server, 'listening');
    return { accepted, close: () => void server.close() };
  };
  const halfOpen = { allowHalfOpen: true };
  return {
    kernelSide: {
      name: 'kernel',
      connect: (version, port) => kernel.connect({ port, host: NETCELL[version], ...halfOpen }),
      listen: (port) => listenOn(kernel.createServer(halfOpen), port),
    },
    netcellSide: {
      name: 'netcell',
      connect: (version, port) => net.connect({ port, host: KERNEL[version], ...halfOpen }),
      listen: (port) => listenOn(net.createServer(halfOpen) as unknown as kernel.Server, port),
    },
  };
}

/** A connection that `client` has opened to `server`. */
async function open_(client: Side, server: Side, version: Version, port: number) {
  const listening = await server.listen(port);
  const near = client.connect(version, port);
  const far = await listening.accepted;
  if (near.connecting) await once(near, 'connect');
  return { near, far, close: listening.close };
}

// Transfers ----------------------------------------------------------------------

function makeText(size: number, seed: number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

function digest(parts: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Everything until the peer's FIN; our side stays open, which `for await` would destroy. */
async function receive(socket: Socket): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  await once(socket, 'end');
  return parts;
}

/** Text there, FIN, other text back, FIN: each side half-closed while the other sends. */
async function exchange(client: Side, server: Side, version: Version, size: number) {
  const [there, back] = [makeText(size, 1), makeText(size, 2)];
  const { near, far, close } = await open_(client, server, version, 5000);
  const startedAt = performance.now();
  near.end(there);
  const arrived = await receive(far);
  const half = performance.now();
  far.end(back);
  const returned = await receive(near);
  const milliseconds = [half - startedAt, performance.now() - half];
  close();
  return {
    client: client.name,
    version,
    there: digest(arrived) === digest([there]),
    back: digest(returned) === digest([back]),
    mbitPerSecond: milliseconds.map((ms) => Math.round((size * 8) / 1000 / ms)),
  };
}

async function transfer(place: Place, size: number): Promise<object[]> {
  const { kernelSide, netcellSide } = sides(place);
  const results: object[] = [];
  for (const version of [4, 6] as const) {
    results.push(await exchange(kernelSide, netcellSide, version, size));
    results.push(await exchange(netcellSide, kernelSide, version, size));
  }
  return results;
}

// States -------------------------------------------------------------------------

/** State of the connection on the netcell port, as the kernel's ss says; null without iproute2. */
function kernelState(port: number): string | null {
  try {
    const lines = execFileSync('ss', ['-Htan'], { encoding: 'utf8' }).split('\n');
    const line = lines.find(
      (text) => new RegExp(`:${port}( |$)`).test(text) && !text.startsWith('LISTEN'),
    );
    return line === undefined ? 'none' : line.split(/\s+/)[0]!;
  } catch {
    return null;
  }
}

function netcellState({ stack }: Place, port: number): string {
  const found = stack.sockets().find(({ state, localPort, remotePort }) => {
    return state !== 'LISTEN' && (localPort === port || remotePort === port);
  });
  return found?.state ?? 'none';
}

/** States in which something is on its way, in the words of either side. */
const PASSING = /^(?:SYN|FIN-WAIT-1|CLOSING|LAST-ACK)/;
/** Milliseconds that they may take. */
const PATIENCE = 100_000;
/** A connection in TIME-WAIT must not be taken for the next. */
let nextPort = 6000;

/** One connection closed in halves; the states of both at each step. */
async function closeInHalves(place: Place, first: 'client' | 'server', byKernel: boolean) {
  const { kernelSide, netcellSide } = sides(place);
  const [client, server] = byKernel ? [kernelSide, netcellSide] : [netcellSide, kernelSide];
  const port = nextPort++;
  const { near, far, close } = await open_(client, server, 4, port);
  const look = async () => {
    for (const end = performance.now() + PATIENCE; ; await pause(5)) {
      const states = [kernelState(port), netcellState(place, port)];
      const isPassing = states.some((state) => state !== null && PASSING.test(state));
      if (!isPassing || performance.now() > end) return states;
    }
  };
  const steps = [await look()];
  const [a, b] = first === 'client' ? [near, far] : [far, near];
  b.resume();
  a.end();
  await once(b, 'end');
  steps.push(await look());
  // Half-closed: the other direction still works.
  const received = receive(a);
  b.end('still here');
  const text = Buffer.concat(await received).toString();
  steps.push(await look());
  close();
  return { steps, text };
}

async function states(place: Place): Promise<object> {
  return {
    kernelOpensAndCloses: await closeInHalves(place, 'client', true),
    kernelOpensNetcellCloses: await closeInHalves(place, 'server', true),
    netcellOpensAndCloses: await closeInHalves(place, 'client', false),
    netcellOpensKernelCloses: await closeInHalves(place, 'server', false),
  };
}

// Resets and refusals --------------------------------------------------------------

/** Code of the error a socket ends with; 'none' when it ends without. */
function failureOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('none'));
    socket.resume();
  });
}

async function resets(place: Place): Promise<object> {
  const { kernelSide, netcellSide } = sides(place);
  const results: Record<string, unknown> = {};
  for (const version of [4, 6] as const) {
    results[`kernel refused ${version}`] = await failureOf(kernelSide.connect(version, 1));
    results[`netcell refused ${version}`] = await failureOf(netcellSide.connect(version, 1));
    const toKernel = await open_(netcellSide, kernelSide, version, 5100);
    const kernelHears = failureOf(toKernel.far);
    toKernel.near.resetAndDestroy();
    results[`kernel is reset ${version}`] = await kernelHears;
    toKernel.close();
    const toNetcell = await open_(kernelSide, netcellSide, version, 5101);
    const netcellHears = failureOf(toNetcell.far);
    toNetcell.near.resetAndDestroy();
    results[`netcell is reset ${version}`] = await netcellHears;
    toNetcell.close();
  }
  // Unread text: destroy is a RST on both sides.
  const { near, far, close } = await open_(kernelSide, netcellSide, 4, 5102);
  far.pause();
  near.write(Buffer.alloc(200_000));
  await pause(50);
  const hears = failureOf(near);
  far.destroy();
  results['destroy with unread text'] = await hears;
  close();
  const { TcpOutRsts, TcpEstabResets } = place.stack.counters();
  return { ...results, counted: TcpOutRsts! > 0n && TcpEstabResets! > 0n };
}

// Everything else that answers -------------------------------------------------------

/** Echo requests of the stack to the kernel, and a datagram to a port of the stack nobody has. */
async function others({ stack }: Place): Promise<object> {
  const pings = [];
  for (const version of [4, 6] as const) {
    const { ttl, size } = await stack.ping(KERNEL[version], { size: 1000 });
    pings.push([ttl, size]);
  }
  const socket = createSocket('udp4');
  socket.connect(9999, NETCELL[4]);
  await once(socket, 'connect');
  const unreachable = once(socket, 'error');
  socket.send('anybody?');
  const [error] = (await unreachable) as [NodeJS.ErrnoException];
  socket.close();
  return { pings, udp: error.code };
}

// Congestion marks -------------------------------------------------------------------

/** What the kernel's ss says of the connection on a port, without the numbers; as `kernelState`. */
function kernelWords(port: number): string[] | null {
  try {
    const filter = `( sport = ${port} or dport = ${port} )`;
    const told = execFileSync('ss', ['-Htnio', 'state', 'established', filter], {
      encoding: 'utf8',
    });
    return told.split(/\s+/).filter((word) => word.startsWith('ecn'));
  } catch {
    return null;
  }
}

/**
 * How often silence alone had something sent again, by a probe of the tail or a timeout: a machine
 * that stands still for long enough makes such retransmissions of its own.
 */
function stallsOf({ stack }: Place): bigint {
  const { TcpExtTCPTimeouts = 0n, TcpExtTCPLossProbes = 0n } = stack.counters();
  return TcpExtTCPTimeouts + TcpExtTCPLossProbes;
}

/** Both sides ask for ECN; one packet of text each way is marked on its way. */
async function marks(place: Place): Promise<object[]> {
  writeFileSync('/proc/sys/net/ipv4/tcp_ecn', '1');
  place.stack.set('tcp_ecn', 1);
  const { kernelSide, netcellSide } = sides(place);
  const results: object[] = [];
  let port = 5200;
  for (const version of [4, 6] as const) {
    for (const [client, server] of [
      [kernelSide, netcellSide],
      [netcellSide, kernelSide],
    ] as const) {
      port++;
      const { near, far, close } = await open_(client, server, version, port);
      const seen = new Set<string>();
      const stalls = stallsOf(place);
      const remove = place.rule(marking(seen));
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        let missing = 1 << 20;
        to.on('data', (part: Buffer) => {
          missing -= part.length;
        });
        from.write(Buffer.alloc(1 << 20));
        while (missing > 0) await pause(5);
      }
      const netcell = place.stack.sockets().find(({ state, localPort, remotePort }) => {
        return state === 'ESTABLISHED' && (localPort === port || remotePort === port);
      });
      const lost = stallsOf(place) !== stalls ? 0 : netcell?.total_retrans;
      results.push({
        client: client.name,
        version,
        kernel: kernelWords(port),
        netcell: [netcell?.ecn, netcell?.ecnseen, lost],
        seen: [...seen].sort(),
      });
      remove();
      close();
      near.destroy();
      far.destroy();
    }
  }
  return results;
}

/** Marks the thirtieth packet of text of each side; notes who marks, echoes and says CWR. */
function marking(seen: Set<string>): Rule {
  const count: Record<string, number> = { A: 0, B: 0 };
  return ({ from, flags, textLength }) => {
    const name = from === 'A' ? 'netcell' : 'kernel';
    if (flags.includes('E')) seen.add(`${name} echoes`);
    if (flags.includes('W')) seen.add(`${name} reduced`);
    return textLength > 0 && ++count[from]! === 30 ? 'mark' : 'pass';
  };
}

/** A little of everything, recorded. */
async function everything(place: Place): Promise<object> {
  return {
    transfer: await transfer(place, 1 << 20),
    states: await states(place),
    resets: await resets(place),
    others: await others(place),
    counters: Object.fromEntries(
      Object.entries(place.stack.counters())
        .filter(([, count]) => count > 0n)
        .map(([name, count]) => [name, Number(count)]),
    ),
  };
}

const scenarios: Record<string, (place: Place) => unknown> = {
  transfer: (place) => transfer(place, Number(argument)),
  states,
  resets,
  others,
  marks,
  everything,
};

try {
  enterNamespace();
} catch (error) {
  console.error((error as Error).message);
  process.exit(error instanceof TunError ? error.exitCode : 1);
}
if (scenario === 'probe') {
  openTun().close();
} else {
  const place = open(scenario === 'everything' ? argument : undefined);
  const result = await scenarios[scenario]!(place);
  await place.close();
  process.stdout.write(JSON.stringify(result));
}
