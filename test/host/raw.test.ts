/** The raw API: callbacks, levels, and what the stack shows of itself. */
import { describe, expect, it, vi } from 'vitest';
import {
  createStack,
  createStackSync,
  END,
  pipe,
  type RawConnection,
  Reason,
  State,
  TraceKind,
  VirtualClock,
} from '../../host-web/index.ts';
import { turn } from '../../host-web/clock.ts';
import { coreModule } from '../core-module.ts';
import { pools, string, text } from './world.ts';

async function pair(mtu = 1500) {
  const clock = new VirtualClock();
  const stack = (host: number) =>
    createStackSync({
      address: `10.0.0.${host}/24`,
      clock,
      module: coreModule,
      seed: new Uint8Array(32).fill(host),
    });
  const [a, b] = [stack(1), stack(2)];
  const [one, other] = pipe(mtu);
  a.attach(one);
  b.attach(other);
  const listener = b.openListener({ port: 7 });
  const client = a.openConnection('10.0.0.2:7', { noDelay: true });
  clock.advance(0);
  const server = listener.accept()!;
  return { clock, a, b, listener, client, server };
}

/** The callbacks a connection gets from here on. */
function log(raw: RawConnection): string[] {
  const calls: string[] = [];
  raw.onOpened = () => calls.push('opened');
  raw.onReadable = () => calls.push('readable');
  raw.onWritable = () => calls.push('writable');
  raw.onEnd = () => calls.push('end');
  raw.onFinAcknowledged = () => calls.push('fin acknowledged');
  raw.onSoftError = (error) => calls.push(`soft ${error.code}`);
  raw.onClosed = (error) => calls.push(`closed ${error?.code ?? ''}`);
  return calls;
}

describe('a raw connection', () => {
  it('opens, carries text, ends', async () => {
    const { clock, client, server, a, b, listener } = await pair();
    const [ours, theirs] = [log(client), log(server)];
    expect([client.isOpened, server.isOpened, listener.accept()]).toEqual([true, true, null]);
    expect(server.receive(new Uint8Array(10))).toBe(0);
    expect(client.send(text('hello'))).toBe(5);
    clock.advance(50);
    expect(theirs).toEqual(['readable']);
    expect(server.receiveQueue).toBe(5);
    const into = new Uint8Array(3);
    expect([server.receive(into), string(into)]).toEqual([3, 'hel']);
    expect(string(server.read() as Uint8Array)).toBe('lo');
    expect(server.read()).toBe(0);
    client.close();
    clock.advance(50);
    expect(theirs).toEqual(['readable', 'readable', 'end']);
    expect([server.receive(into), server.read(), server.discard()]).toEqual([END, END, END]);
    server.close();
    clock.advance(50);
    expect(ours).toEqual(['fin acknowledged', 'readable', 'end', 'closed ']);
    expect(theirs.slice(3)).toEqual(['fin acknowledged', 'closed ']);
    for (const raw of [client, server, listener]) raw.release();
    client.release();
    clock.advance(60_000);
    expect([pools(a), pools(b)]).toEqual([Array(6).fill(0), Array(6).fill(0)]);
  });

  it('says when it is opened, and never before the call has returned', () => {
    const clock = new VirtualClock();
    const stack = createStackSync({ address: '10.0.0.1/24', clock, module: coreModule });
    stack.openListener({ port: 7 });
    const client = stack.openConnection('10.0.0.1:7');
    const calls = log(client);
    expect(client.isOpened).toBe(false);
    clock.advance(0);
    expect(calls).toEqual(['opened']);
    const refused = log(stack.openConnection('10.0.0.1:8'));
    const unroutable = log(stack.openConnection('[fd00::1]:8'));
    expect([...refused, ...unroutable]).toEqual([]);
    clock.advance(0);
    expect([...refused, ...unroutable]).toEqual(['closed ECONNREFUSED', 'closed ENETUNREACH']);
  });

  it('SHLD-20: tells of soft errors only whoever asked', () => {
    const clock = new VirtualClock();
    const stack = createStackSync({ address: '10.0.0.1/24', clock, module: coreModule });
    const [asking, silent] = [1, 2].map((host) => stack.openConnection(`10.0.0.${host + 1}:7`));
    const [asked, other] = [log(asking!), log(silent!)];
    silent!.onSoftError = null;
    // Nobody is there: R1 is reached after three retransmissions.
    clock.advance(10_000);
    expect([asked, other]).toEqual([['soft ETIMEDOUT'], []]);
    expect([asking!.isClosed, silent!.isClosed]).toEqual([false, false]);
  });

  it('takes what fits, and says when there is room again', async () => {
    const { clock, client, server } = await pair();
    const calls = log(client);
    const sent = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 13 + (i >> 10));
    let at = client.send(sent);
    expect(at).toBeLessThan(sent.length);
    expect(client.send(sent.subarray(at))).toBe(0);
    const got = new Uint8Array(sent.length);
    let end = 0;
    for (let rounds = 0; end < got.length && rounds < 10_000; rounds++) {
      clock.advance(1);
      for (let n = 1; n > 0; end += Math.max(n, 0)) n = server.receive(got.subarray(end));
      if (calls.splice(0).includes('writable')) at += client.send(sent.subarray(at));
    }
    expect(end).toBe(sent.length);
    expect(Buffer.compare(got, sent)).toBe(0);
  });

  it('aborts with a RST; the other side learns why', async () => {
    const { clock, client, server } = await pair();
    const [ours, theirs] = [log(client), log(server)];
    client.abort();
    clock.advance(0);
    expect([ours, theirs]).toEqual([['closed ECONNABORTED'], ['closed ECONNRESET']]);
    expect(server.error?.message).toMatch(/^read ECONNRESET 10\.0\.0\.1:\d+: A RST with exactly/);
    expect(server.receive(new Uint8Array(1))).toBeLessThan(0);
    expect(server.failure('write', server.send(text('x'))).code).toBe('ECONNRESET');
  });

  it('released: unread text makes it a RST, otherwise it ends in its own time', async () => {
    const first = await pair();
    first.client.send(text('unread'));
    first.clock.advance(50);
    const calls = log(first.client);
    first.server.release();
    expect(first.server.info()).toMatchObject({ state: 'CLOSED', localPort: 7 });
    first.clock.advance(50);
    expect(calls).toEqual(['closed ECONNRESET']);
    const second = await pair();
    const [ours, theirs] = [log(second.client), log(second.server)];
    second.client.send(text('bye'));
    second.client.release();
    second.clock.advance(50);
    expect(theirs).toEqual(['readable', 'end']);
    expect(string(second.server.read() as Uint8Array)).toBe('bye');
    second.server.close();
    second.clock.advance(50);
    expect([ours, theirs.at(-1)]).toEqual([[], 'closed ']);
  });

  it('is named by its addresses also after its end', async () => {
    const { clock, client, server } = await pair();
    const port = client.localPort;
    client.abort();
    clock.advance(0);
    server.release();
    expect([server.remoteAddress, server.remotePort]).toEqual(['10.0.0.1', port]);
  });

  it('keeps other connections’ news safe from what a callback throws', async () => {
    const { clock, client, server } = await pair();
    const errors: unknown[] = [];
    const catching = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      try {
        task();
      } catch (error) {
        errors.push(error);
      }
    });
    client.onReadable = () => {
      throw new Error('mine');
    };
    let ended = false;
    client.onEnd = () => {
      ended = true;
    };
    server.send(text('x'));
    server.close();
    clock.advance(50);
    catching.mockRestore();
    expect(ended).toBe(true);
    expect(String(errors[0])).toBe('Error: mine');
  });

  it('may send and release within its callbacks', async () => {
    const { clock, client, server } = await pair();
    let echoed = '';
    server.onReadable = () => {
      const chunk = server.read();
      if (typeof chunk === 'object') server.send(chunk);
      else server.release();
    };
    client.onReadable = () => {
      const chunk = client.read();
      if (typeof chunk === 'object') echoed += string(chunk);
      client.close();
    };
    client.send(text('ping'));
    clock.advance(1000);
    expect(echoed).toBe('ping');
    expect(server.handle).toBe(0);
  });
});

describe('a pump', () => {
  it('is one for many writes of one task', async () => {
    const { clock, client, a } = await pair();
    const polls = vi.spyOn(a, 'pump');
    for (let i = 0; i < 1000; i++) client.send(text('0123456789'));
    clock.advance(0);
    expect(polls.mock.calls.length).toBeLessThan(20);
  });

  it('lets two stacks that feed each other for ever not stop the world', async () => {
    const a = await createStack({ address: '10.0.0.1/24', module: coreModule });
    const b = await createStack({ address: '10.0.0.2/24', module: coreModule });
    const [one, other] = pipe();
    a.attach(one);
    b.attach(other);
    const listener = b.openListener({ port: 7 });
    const chunk = new Uint8Array(65_536);
    let got = 0;
    listener.onAcceptable = () => {
      const server = listener.accept()!;
      server.onReadable = () => {
        for (let n = 1; n > 0; got += Math.max(n, 0)) n = server.receive(chunk);
      };
    };
    const client = a.openConnection('10.0.0.2:7');
    const fill = () => {
      while (client.send(chunk) === chunk.length);
    };
    client.onOpened = client.onWritable = fill;
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(got).toBeGreaterThan(1_000_000);
    await a.close();
    await b.close();
  });
});

describe('what a stack shows of itself', () => {
  it('sockets, as ss -tan', async () => {
    const { clock, a, b, client, server } = await pair();
    expect(b.sockets().map(({ state, localPort }) => [state, localPort])).toEqual([
      ['LISTEN', 7],
      ['ESTABLISHED', 7],
    ]);
    client.close();
    clock.advance(10);
    server.close();
    clock.advance(10_000);
    client.release();
    server.release();
    const [waiting] = a.sockets();
    expect(waiting).toMatchObject({
      state: 'TIME-WAIT',
      remoteAddress: '10.0.0.2',
      remotePort: 7,
      timer: 'TIME-WAIT',
      handle: 0,
    });
    expect(waiting!.timerMs).toBeGreaterThan(49_000);
    expect(waiting!.timerMs).toBeLessThanOrEqual(50_100);
    clock.advance(60_000);
    expect(a.sockets()).toEqual([]);
  });

  it('a child in SYN-RECEIVED', () => {
    const clock = new VirtualClock();
    const [a, b] = [1, 2].map((host) =>
      createStackSync({
        address: `10.0.0.${host}/24`,
        clock,
        module: coreModule,
        seed: new Uint8Array(32).fill(host),
      }),
    );
    const [one, other] = pipe();
    a!.attach(one);
    const detach = b!.attach(other);
    b!.openListener({ port: 7 });
    a!.openConnection('10.0.0.2:7');
    // The SYN,ACK is lost.
    vi.spyOn(other, 'send').mockReturnValue(false);
    clock.advance(10);
    expect(b!.sockets()[1]).toMatchObject({
      state: 'SYN-RECEIVED',
      timer: 'SYN-ACK',
      remoteAddress: '10.0.0.1',
    });
    detach();
  });

  it('counters and settings', async () => {
    const { clock, a, client } = await pair();
    expect(a.counters()).toMatchObject({ TcpActiveOpens: 1n, TcpInErrs: 0n });
    expect(Object.keys(a.counters())).not.toContain('COUNT');
    a.set('tcp_time_wait_ms', 1000);
    a.set('tcp_sack', false);
    a.set('icmp_echo_ignore_all', true);
    expect(() => a.set('tcp_nothing', 1)).toThrow('tcp_nothing is not a setting; there are mtu, ');
    expect(() => a.set('mtu', 10)).toThrow(RangeError);
    expect(() => a.set('tcp_sack', 1.5)).toThrow(RangeError);
    client.abort();
    clock.advance(0);
  });

  it('the trace, with its reasons', async () => {
    const { clock, a, client } = await pair();
    const reader = a.trace();
    const start = clock.now();
    client.send(text('hello'));
    clock.advance(50);
    client.abort();
    clock.advance(0);
    const events = reader.read();
    const kinds = events.map(({ kind }) => TraceKind[kind]);
    expect(kinds.slice(0, 3)).toEqual(['CALL', 'SEGMENT_OUT', 'SEGMENT_IN']);
    const end = events.find(({ kind }) => kind === TraceKind.STATE)!;
    expect(end).toMatchObject({ reason: Reason.USER_ABORT, a: State.ESTABLISHED, b: State.CLOSED });
    expect(end.at).toBe(1000 * (start + 50));
    expect([reader.read(), reader.missed]).toEqual([[], 0]);
  });

  it('says how much of the trace was missed', async () => {
    const { clock, a, client } = await pair();
    const reader = a.trace();
    for (let i = 0; i < 3000; i++) client.send(text('x'));
    clock.advance(10);
    expect(reader.read()).toHaveLength(1024);
    expect(reader.missed).toBeGreaterThan(1000);
  });
});

describe('creating a stack', () => {
  it('checks what it is given', () => {
    const make = (options: object) => () => createStackSync({ module: coreModule, ...options });
    expect(make({ address: '10.0.0.1/33' })).toThrow(TypeError);
    expect(make({ address: ['10.0.0.1/24', '10.0.0.1/24'] })).toThrow(RangeError);
    expect(make({ seed: new Uint8Array(5) })).toThrow(RangeError);
    expect(make({ limits: { connections: -1 } })).toThrow(RangeError);
    expect(make({ limits: { nothing: 1 } })).toThrow(TypeError);
    expect(make({ mtu: 100 })).toThrow(RangeError);
  });

  it('compiles the core by itself, once', async () => {
    const [one, other] = [await createStack({ address: '10.0.0.1/24' }), createStackSync()];
    expect(one.core.used(0) + other.core.used(0)).toBe(0);
    await one.close();
  });

  it('has no address, and then some', () => {
    const stack = createStackSync({ module: coreModule });
    stack.addAddress('10.0.0.1/24');
    stack.addAddress('fd00::1/64');
    expect(() => stack.addAddress('10.0.0.1')).toThrow(RangeError);
  });
});
