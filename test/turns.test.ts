/** Whose turn it is to send: bursts for who has much, at once for who has little. */
import { expect, test } from 'vitest';
import { Memory } from '../host-web/abi.ts';
import { parseAddress, toMapped } from '../host-web/address.ts';
import { type Core, createCore, setEndpoint } from '../host-web/core.ts';
import { coreModule } from './core-module.ts';

const PORT = 9;
const MUCH = 256 * 1024;

/** Packets of a turn of 64 KiB, and of one of 4 KiB, of 1,500 octets each. */
const LONG = Math.floor(65_536 / 1500);
const SHORT = Math.floor(4096 / 1500);

function coreOf(host: number): Core {
  const core = createCore(coreModule, {}, new Uint8Array(32).fill(host));
  setEndpoint(core, toMapped(parseAddress(`10.0.0.${host}`)!), 0, null, 0);
  core.addAddress(24);
  core.poll(1);
  return core;
}

/** Two cores, and connections between them whose windows have grown. */
function grown(count: number) {
  const [a, b] = [coreOf(1), coreOf(2)];
  let now = 1;
  const carry = (from: Core, to: Core) => {
    for (let n = from.output(); n !== 0; n = from.output()) {
      to.receiveWindow.set(from.transmitWindow.subarray(0, n));
      to.input(n, 0);
    }
  };
  const listener = b.create();
  setEndpoint(b, null, PORT, null, 0);
  b.listen(listener, count);
  const clients = Array.from({ length: count }, () => {
    const client = a.create();
    setEndpoint(a, null, 0, toMapped(parseAddress('10.0.0.2')!), PORT);
    a.connect(client);
    return client;
  });
  const servers: number[] = [];
  for (let round = 0; round < 30; round++) {
    now += 1;
    a.poll(now);
    b.poll(now);
    carry(a, b);
    for (let got = b.accept(listener); got > 0; got = b.accept(listener)) servers.push(got);
    for (const server of servers) while (b.receive(server, Memory.TEXT_SIZE) > 0);
    carry(b, a);
    if (servers.length === count) for (const client of clients) a.send(client, Memory.TEXT_SIZE);
  }
  carry(a, b);
  for (const server of servers) while (b.receive(server, Memory.TEXT_SIZE) > 0);
  carry(b, a);
  const fill = (client: number) => {
    for (let sent = 0; sent < MUCH; sent += Memory.TEXT_SIZE) a.send(client, Memory.TEXT_SIZE);
  };
  return { a, clients, fill };
}

/** The source ports of what a core sends, in their order; before each packet something is done. */
function portsSent(core: Core, before = () => {}, most = Number.POSITIVE_INFINITY): number[] {
  const ports: number[] = [];
  for (before(); ports.length < most && core.output() !== 0; before()) {
    const [high, low] = core.transmitWindow.subarray(20);
    ports.push(high! * 256 + low!);
  }
  return ports;
}

/** How often each port is among them. */
function countsOf(ports: readonly number[]): number[] {
  return [...new Set(ports)].map((port) => ports.filter((other) => other === port).length);
}

/** How many in a row have the same port. */
function runsOf(ports: readonly number[]): number[] {
  const runs: number[] = [];
  for (const [i, port] of ports.entries()) {
    if (port === ports[i - 1]) runs[runs.length - 1]! += 1;
    else runs.push(1);
  }
  return runs;
}

test('those that have much send 64 KiB each in turn, and the same in the end', () => {
  const { a, clients, fill } = grown(4);
  clients.forEach(fill);
  const ports = portsSent(a);
  const counts = countsOf(ports);
  expect(counts).toHaveLength(4);
  expect(Math.min(...counts)).toBeGreaterThan(2 * LONG);
  const runs = runsOf(ports);
  expect(runs.slice(0, 4)).toEqual([SHORT, SHORT, SHORT, SHORT]);
  expect(runs.slice(4, 8)).toEqual([LONG, LONG, LONG, LONG]);
});

test('a short text does not wait behind all who have much', () => {
  const { a, clients, fill } = grown(9);
  const [last, ...others] = clients.toReversed();
  others.forEach(fill);
  a.send(last!, 100);
  const ports = portsSent(a);
  const alone = ports.findIndex((port) => ports.filter((other) => other === port).length === 1);
  expect(alone).toBeLessThanOrEqual(others.length * SHORT + LONG);
});

test('those that have much do not wait for ever behind who is marked again and again', () => {
  const { a, clients, fill } = grown(2);
  const [busy, patient] = clients as [number, number];
  fill(patient);
  const ports = portsSent(a, () => a.send(busy, 4096), 500);
  const counts = countsOf(ports);
  expect(counts).toHaveLength(2);
  expect(Math.min(...counts)).toBeGreaterThan(LONG);
});
