/**
 * Programs that stood still and machines that slept: on every link, what has arrived meanwhile is
 * processed before a timeout is believed.
 */
import { describe, expect, it } from 'vitest';
import { TunLink } from '../../host-node/tun-link.ts';
import { pipe, type RawConnection, VirtualClock } from '../../host-web/index.ts';
import { type Link, type LinkPort } from '../../host-web/link/link.ts';
import { type PacketStreams } from '../../host-web/link/streams.ts';
import { webSocketLink } from '../../host-web/link/websocket.ts';
import { turn } from '../../host-web/clock.ts';
import { FakeSocket, FakeTun } from './fake-links.ts';
import { connected, fate, stackAt, text } from './world.ts';

/** A loop that stood still for longer than the least RTO. */
const BLOCK = 350;

/** A peer that is not held up: a stack on a clock of its own, with a server that reads. */
function makePeer() {
  const clock = new VirtualClock();
  const stack = stackAt(2, clock);
  const answers: Uint8Array[] = [];
  let port: LinkPort | undefined;
  const listener = stack.openListener({ port: 7, delayedAck: 0 });
  listener.onAcceptable = () => {
    const raw = listener.accept();
    if (raw !== null) raw.onReadable = () => raw.discard();
  };
  stack.attach({
    mtu: 1500,
    attach: (given) => {
      port = given;
    },
    send: (length) => {
      answers.push(new Uint8Array(port!.memory.slice(port!.transmitAt, port!.transmitAt + length)));
      return true;
    },
    close: () => {},
  });
  /** Takes packets; answers what the peer sends then. */
  const exchange = (packets: readonly Uint8Array[]) => {
    for (const packet of packets) {
      new Uint8Array(port!.memory).set(packet, port!.receiveAt);
      port!.input(packet.length, 0);
    }
    port!.pump();
    clock.advance(0);
    return answers.splice(0);
  };
  return { stack, exchange };
}

/** A link to a peer, as its stack's program has it. */
interface Wire {
  readonly device: Link | PacketStreams;
  /** What the stack has sent. */
  sent(): Uint8Array[];
  /** A packet arrives; it waits until the program goes on. */
  arrive(packet: Uint8Array): void;
}

/** Links whose packets come from outside of the program; events wait for their turn. */
const WIRES: Record<string, (clock: VirtualClock) => Wire> = {
  'a TUN': (clock) => {
    const tun = new FakeTun();
    return {
      device: new TunLink(tun),
      sent: () => tun.sent.splice(0),
      arrive: (packet) => {
        tun.waiting.push(packet);
        event(clock, () => tun.onReadable?.());
      },
    };
  },
  'a WebSocket': (clock) => {
    const socket = new FakeSocket();
    return {
      device: webSocketLink(socket),
      sent: () => socket.sent.splice(0),
      arrive: (packet) => event(clock, () => socket.receive(packet)),
    };
  },
  'a pair of streams': (clock) => {
    const sent: Uint8Array[] = [];
    let controller: ReadableStreamDefaultController<Uint8Array>;
    return {
      device: {
        readable: new ReadableStream<Uint8Array>({ start: (own) => void (controller = own) }),
        writable: new WritableStream<Uint8Array>({ write: (packet) => void sent.push(packet) }),
      },
      sent: () => sent.splice(0),
      arrive: (packet) => event(clock, () => controller.enqueue(packet)),
    };
  },
};

/** An event that the loop hears of when it turns again: behind timers that are overdue. */
function event(clock: VirtualClock, heard: () => void): void {
  clock.alarm(heard).set(clock.now());
}

/** Connections from a stack over a wire to a peer, all of them open. */
async function open(make: (clock: VirtualClock) => Wire, count = 1) {
  const clock = new VirtualClock();
  const stack = stackAt(1, clock);
  const wire = make(clock);
  const peer = makePeer();
  stack.attach(wire.device);
  const raws: RawConnection[] = [];
  for (let i = 0; i < count; i++) raws.push(stack.openConnection('10.0.0.2:7', { timeout: '1s' }));
  for (let rounds = 0; rounds < 3; rounds++) {
    await clock.run(1);
    for (const answer of peer.exchange(wire.sent())) wire.arrive(answer);
  }
  await clock.run(1);
  expect(raws.every((raw) => raw.isOpened)).toBe(true);
  /** The program stands still while the peer's answers to what was sent come in. */
  const stall = async (ms: number) => {
    await clock.run(0);
    const answers = peer.exchange(wire.sent());
    clock.stall(ms);
    for (const answer of answers) wire.arrive(answer);
    await clock.run(0);
  };
  return { clock, stack, raws, wire, peer, stall };
}

const LOSSES = { TcpExtTCPTimeouts: 0n, TcpRetransSegs: 0n, TcpExtTCPAbortOnTimeout: 0n };

describe.each(Object.entries(WIRES))('behind %s', (_, make) => {
  it.each([BLOCK, 1500])('acknowledgments wait for %i ms: nothing is sent again', async (ms) => {
    const { clock, stack, raws, wire, stall } = await open(make, 5);
    for (const raw of raws) raw.send(text('hello'));
    await stall(ms);
    expect(stack.counters()).toMatchObject(LOSSES);
    expect(raws.map((raw) => raw.sendQueue)).toEqual([0, 0, 0, 0, 0]);
    await clock.run(5000);
    expect(wire.sent()).toEqual([]);
    expect(raws.map((raw) => raw.state)).toEqual(Array(5).fill('ESTABLISHED'));
  });

  it('nothing has come in 1.5 s: one retransmission before a timeout of 1 s', async () => {
    const { clock, stack, raws, wire } = await open(make);
    raws[0]!.send(text('hello'));
    await clock.run(0);
    expect(wire.sent()).toHaveLength(1);
    clock.stall(1500);
    await clock.run(0);
    expect(wire.sent()).toHaveLength(1);
    expect(raws[0]!.state).toBe('ESTABLISHED');
    await clock.run(5000);
    expect(raws[0]!.error).toMatchObject({ code: 'ETIMEDOUT' });
    expect(stack.counters()).toMatchObject({ TcpRetransSegs: 1n, TcpExtTCPAbortOnTimeout: 1n });
  });

  it('the reply to a ping waits for longer than its timeout: it counts', async () => {
    const { stack, stall } = await open(make);
    const reply = stack.ping('10.0.0.2', { timeout: '1s' });
    await stall(1500);
    expect(await fate(reply)).toBe('fulfilled');
  });

  it('packets that never cease do not keep a timer from running', async () => {
    const { clock, stack, raws, wire } = await open(make);
    raws[0]!.send(text('hello'));
    await clock.run(0);
    clock.stall(BLOCK);
    for (let steps = 0; steps < 50; steps++) {
      wire.arrive(new Uint8Array(20));
      await turn();
      clock.step();
    }
    expect(stack.counters()['TcpExtTCPLossProbes']).toBe(1n);
  });
});

it('behind a TUN, what waits may be more than one batch', async () => {
  const { stack, raws, wire, clock, peer } = await open(WIRES['a TUN']!);
  raws[0]!.send(text('hello'));
  await clock.run(0);
  const answers = peer.exchange(wire.sent());
  clock.stall(BLOCK);
  for (let i = 0; i < 1500; i++) wire.arrive(new Uint8Array(20));
  for (const answer of answers) wire.arrive(answer);
  await clock.run(0);
  expect(stack.counters()).toMatchObject(LOSSES);
});

describe('where both sides stand still', () => {
  it('through a pipe, the delayed acknowledgment comes before the retransmission', () => {
    const clock = new VirtualClock();
    const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
    const [one, other] = pipe();
    a.attach(one);
    b.attach(other);
    b.openListener({ port: 7, quickAcks: 0, delayedAck: 100 });
    const raw = a.openConnection('10.0.0.2:7');
    clock.advance(1);
    raw.send(text('hello'));
    clock.advance(1);
    expect(raw.sendQueue).toBe(5);
    clock.stall(BLOCK);
    clock.advance(0);
    expect(raw.sendQueue).toBe(0);
    expect(a.counters()).toMatchObject(LOSSES);
  });

  it('over a simulated link, what is on the way arrives before the retransmission', async () => {
    const { client, clock, a } = await connected({ delay: 50 });
    await client.writable.getWriter().write(text('hello'));
    await clock.run(BLOCK);
    const before = a.counters()['TcpRetransSegs'];
    client.raw.send(text('again'));
    // Its acknowledgment leaves 40 ms after it has arrived.
    await clock.run(100);
    clock.stall(1500);
    await clock.run(0);
    expect(client.raw.sendQueue).toBe(0);
    expect(a.counters()['TcpRetransSegs']).toBe(before);
  });

  it('a machine that slept past R2 finds its connections alive', async () => {
    const { client, server, clock, network } = await connected({ delay: 10 });
    network.impair({ delay: 10, loss: 1 });
    await client.writable.getWriter().write(text('hello'));
    await clock.run(1000);
    clock.stall(3_600_000);
    network.impair({ delay: 10 });
    const read = server.readable.getReader().read();
    await clock.run(1000);
    expect((await read).value).toEqual(text('hello'));
    expect([client.state, server.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });
});
