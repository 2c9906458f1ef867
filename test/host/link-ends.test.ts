/** Links that are over by themselves: their owner is told, and the stack takes another. */
import { describe, expect, it } from 'vitest';
import { TunLink } from '../../host-node/tun-link.ts';
import { type Link, pipe, relay, VirtualClock, webSocketLink } from '../../host-web/index.ts';
import { turn } from '../../host-web/clock.ts';
import type { PacketStreams } from '../../host-web/link/streams.ts';
import { FakeSocket, FakeTun } from './fake-links.ts';
import { fate, stackAt } from './world.ts';

/** A pair of streams, and what is at their other ends. */
function streams() {
  let readable!: ReadableStreamDefaultController<Uint8Array>;
  let writable!: WritableStreamDefaultController;
  let isCancelled = false;
  const device: PacketStreams = {
    readable: new ReadableStream({
      start: (controller) => void (readable = controller),
      cancel: () => void (isCancelled = true),
    }),
    writable: new WritableStream({ start: (controller) => void (writable = controller) }),
  };
  return { device, readable, writable, isCancelled: () => isCancelled };
}

/** Ways for a link to be over, and the error its owner is told. */
const ENDS: Record<
  string,
  () => { device: Link | PacketStreams; end: () => void; error?: string }
> = {
  'streams, whose readable fails': () => {
    const { device, readable } = streams();
    return { device, end: () => readable.error(new Error('cable')), error: 'cable' };
  },
  'streams, whose readable ends': () => {
    const { device, readable } = streams();
    return { device, end: () => readable.close() };
  },
  'streams, whose writable fails': () => {
    const { device, writable } = streams();
    return { device, end: () => writable.error(new Error('full')), error: 'full' };
  },
  'streams, whose packet is refused': () => {
    const { readable } = streams().device;
    const write = () => Promise.reject(new Error('refused'));
    return {
      device: { readable, writable: new WritableStream({ write }) },
      end: () => {},
      error: 'refused',
    };
  },
  'a WebSocket that closes': () => {
    const socket = new FakeSocket();
    return { device: webSocketLink(socket), end: () => socket.close() };
  },
  'a WebSocket that had closed': () => {
    const socket = new FakeSocket();
    socket.close();
    return { device: webSocketLink(socket), end: () => {} };
  },
  'a TUN whose interface is deleted, noticed by sending': () => {
    const tun = new FakeTun();
    const gone = Object.assign(new Error('deleted'), { code: 'EBADFD' });
    return { device: new TunLink(tun), end: () => (tun.error = gone), error: 'deleted' };
  },
  'a TUN whose interface is deleted, noticed by receiving': () => {
    const tun = new FakeTun();
    const gone = Object.assign(new Error('deleted'), { code: 'EBADFD' });
    const end = () => {
      tun.error = gone;
      tun.onReadable!();
    };
    return { device: new TunLink(tun), end, error: 'deleted' };
  },
};

describe.each(Object.entries(ENDS))('%s', (_, make) => {
  it('tells its owner, once, and another link goes on', async () => {
    const clock = new VirtualClock();
    const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
    const { device, end, error } = make();
    const told: string[] = [];
    const detach = a.attach(device, {
      onClosed: (reason) => {
        told.push(`closed ${(reason as Error)?.message}`);
        // From here on another can be attached.
        const [one, other] = pipe();
        a.attach(one);
        b.attach(other);
      },
      onError: (reason) => told.push(`error ${(reason as Error).message}`),
    });
    // The packets of this one go over the one link or the other.
    b.listen({ port: 7 });
    const socket = a.connect('10.0.0.2:7');
    await turn();
    end();
    await clock.run(5000);
    expect(told).toEqual([`closed ${error}`]);
    expect(socket.state).toBe('ESTABLISHED');
    expect(a.link).not.toBe(null);
    // What was attached before has no say any more.
    detach();
    expect(a.link).not.toBe(null);
    await a.close();
    await b.close();
  });

  it('without onClosed, tells onError what it failed with', async () => {
    const clock = new VirtualClock();
    const stack = stackAt(1, clock);
    const { device, end, error } = make();
    const told: string[] = [];
    stack.attach(device, { onError: (reason) => told.push((reason as Error).message) });
    stack.connect('10.0.0.2:7');
    await turn();
    end();
    await clock.run(5000);
    expect(told).toEqual(error === undefined ? [] : [error]);
    expect(stack.link).toBe(null);
  });
});

describe('a stack that lets go of its link', () => {
  it('has the owner told nothing, whatever the streams do then', async () => {
    const clock = new VirtualClock();
    const stack = stackAt(1, clock);
    const { device, isCancelled } = streams();
    const told: unknown[] = [];
    const detach = stack.attach(device, {
      onClosed: (reason) => told.push(reason),
      onError: (reason) => told.push(reason),
    });
    detach();
    await turn();
    expect([told, isCancelled()]).toEqual([[], true]);
  });

  it('takes nothing from it any more', async () => {
    const clock = new VirtualClock();
    const stack = stackAt(1, clock);
    const tun = new FakeTun();
    const detach = stack.attach(new TunLink(tun));
    detach();
    detach();
    expect(tun.isClosed).toBe(true);
    tun.waiting.push(new Uint8Array(40));
    await clock.run(10);
    expect(stack.counters()['IpInReceives']).toBe(0n);
  });
});

it('a relay closes both of its links when one is over, and says so', async () => {
  const socket = new FakeSocket();
  const tun = new FakeTun();
  const told: unknown[] = [];
  relay(new TunLink(tun), webSocketLink(socket), { onClosed: (reason) => told.push(reason) });
  socket.close();
  expect([tun.isClosed, told]).toEqual([true, [undefined]]);
});

describe('what is no link', () => {
  it.each([undefined, null, 0, 'tun0', {}, { mtu: 1500 }, { readable: 1, writable: 2 }, []])(
    'is refused: %o',
    (device) => {
      const stack = stackAt(1, new VirtualClock());
      expect(() => stack.attach(device as never)).toThrow(/^a stack is attached to a link/);
      expect(stack.link).toBe(null);
    },
  );

  it('streams that somebody else reads or writes are refused, and left alone', async () => {
    const stack = stackAt(1, new VirtualClock());
    const { device } = streams();
    const writer = device.writable.getWriter();
    expect(() => stack.attach(device)).toThrow(TypeError);
    expect([device.readable.locked, stack.link]).toEqual([false, null]);
    writer.releaseLock();
    stack.attach(device);
    expect(await fate(stack.close())).toBe('fulfilled');
  });
});
