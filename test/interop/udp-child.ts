/**
 * What `udp.test.ts` runs, in a network namespace of its own: sockets of a stack behind a TUN, the
 * kernel's on the other side, and what they tell each other. The outcome is JSON.
 */
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dgramFor } from '../../host-node/dgram/index.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { openTun, TunError } from '../../host-node/tun.ts';
import { createStack, type Stack } from '../../host-web/index.ts';

const KERNEL = { 4: '10.9.0.1', 6: 'fd00:9::1' } as const;
const STACK = { 4: '10.9.0.2', 6: 'fd00:9::2' } as const;
const GROUP = { 4: '239.1.2.3', 6: 'ff05::1:3' } as const;
type Family = keyof typeof KERNEL;

async function bound(socket: Socket, port: number, address?: string): Promise<Socket> {
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

const typeOf = (family: Family) => `udp${family}` as const;

/** Lengths that came back as they were sent, from the kernel over the stack. */
async function echoes(stack: Stack, family: Family): Promise<number[]> {
  const server = await bound(dgramFor(stack).createSocket(typeOf(family)), 7);
  server.on('message', (data, { port, address }) => server.send(data, port, address));
  const client = await bound(createSocket(typeOf(family)), 0, KERNEL[family]);
  const whole: number[] = [];
  for (const length of [0, 1, 64, 1452, 1473, 20_000, 65_507]) {
    const sent = Buffer.from(Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255));
    client.send(sent, 7, STACK[family]);
    const [data] = (await once(client, 'message')) as [Buffer];
    if (data.equals(sent)) whole.push(length);
  }
  server.close();
  client.close();
  return whole;
}

/** The code of what a connected socket hears that sends to a port nobody has. */
async function refusal(socket: Socket, address: string): Promise<string> {
  await bound(socket, 0);
  socket.connect(9, address);
  await once(socket, 'connect');
  socket.send('anybody');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  socket.close();
  return error.code!;
}

/** What members of a group hear that is sent from the other side. */
async function group(stack: Stack, family: Family): Promise<string[]> {
  const ours = dgramFor(stack).createSocket(typeOf(family));
  const theirs = createSocket(typeOf(family));
  const on = family === 4 ? KERNEL[4] : '::%tun0';
  const heard: string[] = [];
  await bound(ours, 7);
  await bound(theirs, 7, family === 4 ? '0.0.0.0' : '::');
  ours.addMembership(GROUP[family]);
  theirs.addMembership(GROUP[family], on);
  theirs.setMulticastInterface(on);
  theirs.setMulticastLoopback(false);
  ours.setMulticastLoopback(false);
  for (const [sender, member, text] of [
    [theirs, ours, 'from the kernel'],
    [ours, theirs, 'from the stack'],
  ] as const) {
    sender.send(text, 7, GROUP[family]);
    const [data, { address }] = (await once(member, 'message')) as [Buffer, { address: string }];
    heard.push(`${data} ${address}`);
  }
  ours.close();
  theirs.close();
  return heard;
}

/** Answers each question for an address of IPv4 (RFC 1035 §4). */
function answer(query: Buffer): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const header = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 53]);
  return Buffer.concat([header, query.subarray(12, end), record]);
}

/** What the kernel's resolver is told by a name server on the stack. */
async function names(stack: Stack): Promise<string[]> {
  const server = await bound(dgramFor(stack).createSocket('udp4'), 53);
  server.on('message', (query, { port, address }) => server.send(answer(query), port, address));
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([STACK[4]]);
  const found = await resolver.resolve4('a.name.test');
  server.close();
  return found;
}

/** The kernel's counts of datagrams that were not as they should be. */
function kernelErrors(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'));
  const at = names.split(' ').indexOf('InErrors');
  return Number(values.split(' ')[at]);
}

async function main(): Promise<void> {
  const stack = await createStack({ address: [`${STACK[4]}/24`, `${STACK[6]}/64`] });
  stack.attach(openTun({ name: 'tun0', addresses: [`${KERNEL[4]}/24`, `${KERNEL[6]}/64`] }));
  const told: Record<string, unknown> = {};
  for (const family of [4, 6] as const) {
    const type = typeOf(family);
    told[`echo ${family}`] = await echoes(stack, family);
    told[`refused ${family}`] = [
      await refusal(createSocket(type), STACK[family]),
      await refusal(dgramFor(stack).createSocket(type), KERNEL[family]),
    ];
    told[`group ${family}`] = await group(stack, family);
  }
  told['names'] = await names(stack);
  told['errors'] = [kernelErrors(), Number(stack.counters()['UdpInErrors'])];
  process.stdout.write(JSON.stringify(told), () => process.exit(0));
}

try {
  enterNamespace();
} catch (error) {
  if (!(error instanceof TunError)) throw error;
  process.stderr.write(error.message);
  process.exit(1);
}
if (process.argv[2] !== 'probe') await main();
