/**
 * `netcell trace`: what a running stack does, to its own user, who may be slow.
 *
 * The watch itself is tested over a stack without a link, whose calls and resets make events; that
 * another user is refused stands in `control.test.ts`, with what else users may.
 */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readPacketFilter } from '../../host-node/cli/packet-filter.ts';
import { ordersOf } from '../../host-node/cli/stack-orders.ts';
import { readTraced, TraceWatch } from '../../host-node/cli/trace-watch.ts';
import { createStackSync } from '../../host-web/index.ts';
import { bundle, type Outcome } from './bundle.ts';
import { scenariosOf } from './cli-inside.ts';

const { inside, obstacle, title } = await scenariosOf(bundle('test/host/cli-trace-child.ts'));

describe('a filter', () => {
  const sent = {
    family: 4,
    source: Uint8Array.of(10, 9, 0, 2),
    destination: Uint8Array.of(10, 9, 0, 1),
    sourcePort: 80,
    destinationPort: 40_000,
  } as const;

  it.each([
    ['', true],
    ['tcp', true],
    ['ip6', false],
    ['port 80', true],
    ['dst port 80', false],
    ['tcp port 80 and not host 10.9.0.3', true],
    ['port 443 or 80', true],
    ['src net 10.9.0.0/24 && !(dst 10.9.0.1)', false],
    ['ip6 port 80', false],
    ['host fd00::1', false],
  ])('%s', (text, isMatch) => {
    expect(readPacketFilter(text)(sent)).toBe(isMatch);
  });

  it.each([
    ['port', 'the end of the filter should be an address or a port'],
    ['port 65536', "'65536' is no port"],
    ['host 10.9.0.0/24', "'10.9.0.0/24' is no host"],
    ['net 10.9.0.0/33', "'10.9.0.0/33' is no net"],
    ['(port 80', 'should be a closing parenthesis'],
    ['port 80 port 443', "'port' does not belong there"],
  ])('%s is a mistake', (text, sentence) => {
    expect(() => readPacketFilter(text)).toThrow(sentence);
  });
});

describe('a watch', () => {
  it('has the trace on while somebody looks, and no longer', async () => {
    const stack = createStackSync({ address: '10.9.0.2/24' });
    const watches = [new TraceWatch(stack, ''), new TraceWatch(stack, 'port 80')];
    expect(stack.get('trace')).toBe(1);
    watches[0]!.close();
    expect(stack.get('trace')).toBe(1);
    watches[1]!.close();
    expect(stack.get('trace')).toBe(0);
    await stack.close();
  });

  it('is closed where its caller went while the other threads were asked', async () => {
    const stack = createStackSync({ address: '10.9.0.2/24' });
    const socket = new Socket().destroy();
    await once(socket, 'close');
    const orders = ordersOf(stack);
    await orders.trace!({ do: 'trace', filter: '' }, { socket, accept: () => {} });
    expect(stack.get('trace')).toBe(0);
    await stack.close();
  });

  it('is not begun where a further thread can not be looked at', async () => {
    const stack = createStackSync({ address: '10.9.0.2/24' });
    const orders = ordersOf(stack, () => Promise.reject(new Error('has ended')));
    const caller = { socket: new Socket(), accept: () => {} };
    const asked = orders.trace!({ do: 'trace', filter: '' }, caller);
    await expect(asked).rejects.toThrow('has ended');
    expect(stack.get('trace')).toBe(0);
    await stack.close();
  });

  it('says how many events a slow reader has lost, before those that are left', async () => {
    const stack = createStackSync({ address: '10.9.0.2/24', limits: { traceEvents: 16 } });
    const watch = new TraceWatch(stack, '');
    for (let port = 1; port <= 50; port++) stack.openListener({ port });
    const [lost, ...events] = watch.read().trimEnd().split('\n').map(readTraced);
    expect(lost).toBeGreaterThan(0);
    expect(events).toHaveLength(16);
    expect(watch.read()).toBe('');
    watch.close();
    await stack.close();
  });

  it.each(['{}', 'null', '["x"]', '[1,"name",2]'])('%s is no event', (line) => {
    expect(() => readTraced(line)).toThrow('no event');
  });
});

describe.skipIf(obstacle !== undefined)(title, () => {
  it('shows a connection from its SYN to its end, to each what is asked for', async () => {
    const { all, few, none, json, mistake, ...told } = await inside<
      Record<'all' | 'few' | 'none' | 'json', string> & { mistake: Outcome }
    >('one');
    expect(told).toEqual({ echoed: 'text', codes: [0, 0], ends: [0, 0], code: 130 });
    const ends = String.raw`\d\.\d{6}  10\.9\.0\.2:7 10\.9\.0\.1:\d+ +`;
    for (const line of [
      String.raw`LISTEN +◄─+ \[S\] seq 0 win \d+`,
      String.raw`SYN-RECEIVED +─ \[S\.\] seq 0 ack 1 win \d+`,
      String.raw`ESTABLISHED +◄─+ \[P\.\] seq 1:5 ack 1 win \d+`,
      String.raw`\S+ +ESTABLISHED → CLOSE-WAIT: .+ \(RFC 9293 .+\)`,
      String.raw`\S+ +CLOSE-WAIT → LAST-ACK: .+`,
      String.raw`\S+ +LAST-ACK → CLOSED: .+`,
    ]) {
      expect(all).toMatch(new RegExp(`^ *${ends}${line}`, 'm'));
    }
    // The ACK of the handshake, once.
    expect(all.match(/◄─+ \[\.\] seq 1 ack 1 /g)).toHaveLength(1);
    expect(few.match(/10\.9\.0\.2:7/g)).toHaveLength(3);
    expect(none).not.toContain('10.9.0.2:7');
    const event = JSON.parse(json.split('\n').find((line) => line.startsWith('{'))!);
    expect(event).toMatchObject({
      local: '10.9.0.2:7',
      remote: expect.stringContaining('10.9.0.1'),
    });
    expect(mistake).toMatchObject({ code: 2, stderr: expect.stringContaining("'x' is no port") });
  });

  it('shows the connections of every thread', async () => {
    expect(await inside('threads')).toEqual({ echoed: 12, seen: true, threads: 2, code: 130 });
  });
});
