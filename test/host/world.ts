/**
 * Two stacks on a virtual clock with a network between them: where the tests of the hosts take
 * place.
 */
import {
  type Clock,
  type ConnectOptions,
  createStackSync,
  type CreateStackOptions,
  type Listener,
  type ListenOptions,
  type Socket,
  type Stack,
  VirtualClock,
} from '../../host-web/index.ts';
import { turn } from '../../host-web/clock.ts';
import { link, type LinkOptions, type Simulation } from '../../host-web/sim/index.ts';
import { coreModule } from '../core-module.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly a: Stack;
  readonly b: Stack;
  readonly network: Simulation & { close(): void };
  /**
   * Every packet that entered the network: `A S`, `B S.`, `A P. 5`, with its fate if that is not to
   * pass.
   */
  readonly packets: string[];
}

/** The stack of 10.0.0.`host`. */
export function stackAt(host: number, clock: Clock, options: CreateStackOptions = {}): Stack {
  return createStackSync({
    address: [`10.0.0.${host}/24`, `fd00::${host}/64`],
    clock,
    module: coreModule,
    seed: new Uint8Array(32).fill(host),
    ...options,
  });
}

export async function world(
  options: LinkOptions = {},
  ofStacks: CreateStackOptions = {},
): Promise<World> {
  const clock = new VirtualClock();
  const [a, b] = [stackAt(1, clock, ofStacks), stackAt(2, clock, ofStacks)];
  const packets: string[] = [];
  const network = link(a, b, {
    ...options,
    watch: (packet, fate) => {
      const text = packet.textLength > 0 ? ` ${packet.textLength}` : '';
      packets.push(`${packet.from} ${packet.flags}${text}${fate === 'passed' ? '' : ` ${fate}`}`);
      options.watch?.(packet, fate);
    },
  });
  return { clock, a, b, network, packets };
}

export interface Pair extends World {
  readonly client: Socket;
  readonly server: Socket;
  readonly listener: Listener;
}

/** An open connection from A to B, port 7; `packets` begins behind the handshake. */
export async function connected(
  options: LinkOptions = {},
  connect: ConnectOptions = {},
  listen: Partial<ListenOptions> = {},
): Promise<Pair> {
  const w = await world(options);
  const listener = w.b.listen({ port: 7, ...listen });
  const client = w.a.connect('10.0.0.2:7', connect);
  let server: Socket | undefined;
  void listener.accept().then((socket) => {
    server = socket;
  });
  await w.clock.runUntil(() => server !== undefined, 10_000);
  if (server === undefined) throw new Error('no connection');
  await turn();
  w.packets.length = 0;
  return { ...w, client, server, listener };
}

/** What has become of a promise, now that everything that could run has run. */
export async function fate(promise: Promise<unknown>): Promise<string> {
  let answer = 'pending';
  promise.then(
    () => {
      answer = 'fulfilled';
    },
    (error: unknown) => {
      answer = (error as { code?: string })?.code ?? String(error);
    },
  );
  await turn();
  return answer;
}

export const text = (value: string) => new TextEncoder().encode(value);
export const string = (octets: Uint8Array | undefined) => new TextDecoder().decode(octets);

/** Everything until the end of the stream. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  let all = '';
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) all += string(chunk);
  return all;
}

/**
 * Items each pool of a core has handed out: connections, children, TIME-WAIT, ranges, replies,
 * pages.
 */
export function pools(stack: Stack): number[] {
  return [0, 1, 2, 3, 4, 5].map((pool) => stack.core.used(pool));
}
