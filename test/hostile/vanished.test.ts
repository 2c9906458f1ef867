/**
 * Peers that vanish behind our FIN (line 16 of `cases.ts`), by the thousand and by the second, and
 * what others notice of it: a client that is served all the while, and one whose path is slow. A
 * core with its default limits, on virtual time.
 */
import { describe, expect, test } from 'vitest';
import { Counter, Memory, Setting } from '../../host-web/abi.ts';
import type { Core } from '../../host-web/core.ts';
import { ACK, decode, encode, type Fields, FIN, type Flow, RST, SYN } from '../dsl/segment.ts';
import { octetsOf } from '../dsl/stack.ts';
import { Pair } from '../notes/pair.ts';

const SECOND = 1000;
const REPLY = 20_000;

const counter = (core: Core, which: Counter) =>
  Number(core.view.getBigUint64(Memory.COUNTERS + 8 * which, true));

/** How a peer is there no more: behind a FIN of its own or not. */
type Leaving = 'LAST-ACK' | 'FIN-WAIT-1' | 'FIN-WAIT-2';

/** Server B, its client A, and strangers who are packets made by hand. */
class Scene extends Pair {
  readonly listener = this.listen(80, 64);
  readonly strangers = octetsOf('10.0.0.9');
  /** Packets to strangers, and RSTs among them, by port. */
  readonly toStrangers = new Map<number, { packets: number; resets: number; seq: number }>();
  #port = 0;

  constructor(settings: Partial<Record<Setting, number>> = {}) {
    super({}, settings);
    this.watch = (from, packet) => {
      if (from === 'a' || packet[19] !== 9) return true;
      const { ctl, seq, text, flow } = decode(packet);
      const seen = this.toStrangers.get(flow.destinationPort) ?? { packets: 0, resets: 0, seq: 0 };
      seen.packets++;
      if (ctl & RST) seen.resets++;
      seen.seq = (seq + text.length + (ctl & (SYN | FIN) ? 1 : 0)) >>> 0;
      this.toStrangers.set(flow.destinationPort, seen);
      return false;
    };
  }

  /** A stranger's segment arrives. */
  #arrive(port: number, fields: Fields & { ctl: number }): void {
    const flow: Flow = {
      source: this.strangers,
      destination: octetsOf('10.0.0.2'),
      sourcePort: port,
      destinationPort: 80,
    };
    const packet = encode({ win: 65_535, ...fields }, flow);
    this.b.receiveWindow.set(packet);
    this.b.input(packet.length, 0);
    this.exchange();
  }

  /** A stranger connects, asks, is answered, and is heard no more; answers its port. */
  stranger(leaving: Leaving, reply = REPLY): number {
    const port = 1024 + (this.#port++ % 64_000);
    this.toStrangers.delete(port);
    this.#arrive(port, { ctl: SYN, seq: 0, mss: 1460 });
    const iss = (this.toStrangers.get(port)?.seq ?? 0) - 1;
    const ack = (iss + 1) >>> 0;
    this.#arrive(port, { ctl: ACK | (leaving === 'LAST-ACK' ? FIN : 0), seq: 1, ack, text: 'GET' });
    this.#serve(reply);
    // All of it and the FIN are acknowledged; its own FIN never comes.
    const all = (iss + 1 + reply + 1) >>> 0;
    if (leaving === 'FIN-WAIT-2') {
      for (let got = 0; got < reply; got += 14_600) {
        this.#arrive(port, { ctl: ACK, seq: 4, ack: (iss + 1 + Math.min(got, reply)) >>> 0 });
      }
      this.#arrive(port, { ctl: ACK, seq: 4, ack: all });
    }
    return port;
  }

  #serve(reply: number): boolean {
    const server = this.b.accept(this.listener);
    if (server <= 0) return false;
    this.b.receive(server, 1000);
    const sent = this.b.send(server, reply);
    this.b.release(server);
    this.exchange();
    return sent === reply;
  }

  /** The client asks and gets all of it; nothing in between takes any time. */
  isServed(): boolean {
    const client = this.connect(80);
    if (client < 0) return false;
    this.a.send(client, 100);
    this.exchange();
    const isWhole = this.#serve(REPLY);
    const got = this.a.receive(client, 65_536);
    this.a.release(client);
    this.exchange();
    return isWhole && got === REPLY;
  }

  /** A client whose ACKs come 300 ms late is let go; answers whether its end was clean. */
  slow(): () => boolean {
    const port = this.stranger('FIN-WAIT-1', 1000);
    const { seq } = this.toStrangers.get(port)!;
    return () => {
      this.#arrive(port, { ctl: ACK | FIN, seq: 4, ack: seq });
      return this.toStrangers.get(port)!.resets === 0;
    };
  }

  get held(): { tcbs: number; orphans: number; pages: number } {
    return { tcbs: this.b.used(0), orphans: this.b.used(9), pages: this.b.used(5) };
  }
}

describe('hostile 16m: a thousand at once', () => {
  test.each(['LAST-ACK', 'FIN-WAIT-1', 'FIN-WAIT-2'] as const)(
    'hostile 16m: in %s: everybody else is served as before, and in two minutes they are gone',
    (leaving) => {
      const scene = new Scene();
      for (let i = 0; i < 1000; i++) scene.stranger(leaving);
      const most = scene.held;
      expect([most.tcbs, most.orphans]).toEqual([1001, 1000]);
      let served = 0;
      for (let second = 0; second < 60; second++) {
        if (scene.isServed()) served++;
        scene.wait(SECOND);
      }
      expect(served).toBe(60);
      scene.wait(leaving === 'FIN-WAIT-2' ? 1 : 64 * SECOND);
      expect(scene.held).toEqual({ tcbs: 1, orphans: 0, pages: 0 });
      // The reply, its first segment eight times more, and a RST.
      const packets = [...scene.toStrangers.values()].map((seen) => seen.packets);
      expect(Math.max(...packets)).toBeLessThanOrEqual(2 + 14 + 8 + 1 + 1);
    },
    60_000,
  );
});

describe('hostile 16m: so many every second', () => {
  test.each([
    // At 14 a second no limit is met. At 40 the pages run out, at 200 the TCBs.
    [14, 'FIN-WAIT-1', 150, 1500],
    [40, 'LAST-ACK', 150, 4095],
    [200, 'FIN-WAIT-1', 60, 4095],
    [200, 'FIN-WAIT-2', 60, 4095],
  ] as const)(
    'hostile 16m: %i a second in %s: a client is served, a slow one ends as it should',
    (rate, leaving, seconds, most) => {
      const scene = new Scene();
      const failed: string[] = [];
      let orphans = 0;
      for (let second = 0; second < seconds; second++) {
        const end = scene.slow();
        for (let i = 0; i < rate; i++) {
          scene.stranger(leaving);
          scene.wait(SECOND / rate / 2);
          if (i === Math.floor((rate * 6) / 10) && !end()) failed.push(`slow at ${second} s`);
        }
        if (!scene.isServed()) failed.push(`at ${second} s`);
        scene.wait(SECOND / 2);
        orphans = Math.max(orphans, scene.held.orphans);
      }
      expect(failed).toEqual([]);
      expect(orphans).toBeGreaterThan(most / 2);
      expect(orphans).toBeLessThanOrEqual(most);
      scene.wait(125 * SECOND);
      expect(scene.held).toEqual({ tcbs: 1, orphans: 0, pages: 0 });
      expect(counter(scene.b, Counter.TcpExtListenDrops)).toBe(0);
    },
    120_000,
  );
});
