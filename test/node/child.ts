/**
 * What `parity.test.ts` runs, in a network namespace of its own: every program in one place, named
 * by the first argument. Logs go to standard output as JSON. A second argument is a key and a
 * certificate, as JSON; any more are the names of the only programs to run.
 *
 * - `kernel`: `node:net`, where all four addresses are those of `lo`;
 * - `pipe`: two stacks, joined by a pipe;
 * - `loopback`: one stack, which has all four addresses;
 * - `probe`: nothing, but for the namespace.
 */
import nodeDgram from 'node:dgram';
import nodeNet from 'node:net';
import { enterNamespace } from '../../host-node/namespace.ts';
import { addAddress } from '../../host-node/netlink.ts';
import { dgramFor } from '../../host-node/dgram/index.ts';
import { netFor } from '../../host-node/net/index.ts';
import { TunError } from '../../host-node/tun.ts';
import { octetsOf } from '../../host-web/address.ts';
import { createStackSync, pipe, type Stack } from '../../host-web/index.ts';
import { PROGRAMS } from './programs/index.ts';
import { HERE, HERE6, type Log, type Place, THERE, THERE6, World } from './world.ts';

const [where = '', identity = '{}', ...only] = process.argv.slice(2);
/** The first program's port; each has ten. */
const FIRST_PORT = 2000;

function kernel(): Place {
  for (const address of [HERE, THERE]) addAddress('lo', { octets: octetsOf(address), prefix: 32 });
  for (const address of [HERE6, THERE6]) {
    addAddress('lo', { octets: octetsOf(address), prefix: 128 });
  }
  const serve: Place['serve'] = (server, options) => void server.listen(options);
  return {
    here: nodeNet,
    there: nodeNet,
    serve,
    dgramHere: nodeDgram,
    dgramThere: nodeDgram,
  };
}

function stacks(here: Stack, there: Stack): Place {
  const [ours, theirs] = [netFor(here), netFor(there)];
  return {
    here: ours as unknown as typeof nodeNet,
    there: theirs as unknown as typeof nodeNet,
    serve: (server, options) => void theirs.serve(server, options),
    dgramHere: dgramFor(here) as typeof nodeDgram,
    dgramThere: dgramFor(there) as typeof nodeDgram,
  };
}

function joined(): Place {
  const here = createStackSync({ address: [`${HERE}/24`, `${HERE6}/64`] });
  const there = createStackSync({ address: [`${THERE}/24`, `${THERE6}/64`] });
  const [a, b] = pipe();
  here.attach(a);
  there.attach(b);
  return stacks(here, there);
}

function alone(): Place {
  const address = [`${HERE}/24`, `${THERE}/24`, `${HERE6}/64`, `${THERE6}/64`];
  const stack = createStackSync({ address });
  return stacks(stack, stack);
}

const PLACES: Readonly<Record<string, () => Place>> = { kernel, pipe: joined, loopback: alone };

async function main(): Promise<void> {
  const place = PLACES[where]!();
  const logs: Record<string, Log> = {};
  for (const [i, [name, program]] of Object.entries(PROGRAMS).entries()) {
    if (only.length > 0 && !only.includes(name)) continue;
    const world = new World(place, FIRST_PORT + 10 * i, JSON.parse(identity));
    logs[name] = await world.run(program);
  }
  process.stdout.write(JSON.stringify(logs), () => process.exit(0));
}

// No place reaches an address outside, whatever a program does.
try {
  enterNamespace();
} catch (error) {
  if (!(error instanceof TunError)) throw error;
  process.stderr.write(error.message);
  process.exit(1);
}
if (where !== 'probe') await main();
