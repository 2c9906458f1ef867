/**
 * Flows of ours side by side through one line, in virtual time: what each gets, and what can be
 * seen of its sender meanwhile.
 */
import {
  createStackSync,
  END,
  type RawConnection,
  type TcpInfo,
  VirtualClock,
} from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';
import { type LinkOptions, link } from '../../host-web/sim/index.ts';
import type { Sysctl } from '../../host-web/sysctl.ts';

const PORT = 7001;

/** One flow: its controller, and when it begins. */
export interface Flow {
  readonly control: 'cubic' | 'reno' | 'bbr';
  readonly from?: number;
}

/** What was seen at one time. */
export interface Sight {
  readonly at: number;
  /** Of each flow: octets read since the last look, and its sender; null before it begins. */
  readonly octets: readonly number[];
  readonly senders: readonly (TcpInfo | null)[];
}

/** Sends through a line for so many milliseconds, looking at it every `every`. */
export class Race {
  readonly clock = new VirtualClock(1_000);
  readonly sender;
  readonly receiver;
  readonly network;
  readonly connections: RawConnection[] = [];
  readonly sights: Sight[] = [];
  readonly #read: number[];
  /** Whether flows write as much as goes. */
  isWriting = true;

  constructor(line: LinkOptions, flows: readonly Flow[], sysctl: Sysctl = {}) {
    const [a, b] = ['10.0.0.1/24', '10.0.0.2/24'].map((address, i) =>
      createStackSync({
        module: coreModule,
        address,
        clock: this.clock,
        sysctl,
        seed: new Uint8Array(32).fill(i + 1),
      }),
    );
    this.sender = a!;
    this.receiver = b!;
    this.network = link(a!, b!, line);
    this.#read = flows.map(() => 0);
    const into = new Uint8Array(65_536);
    for (const [i, { control, from = 0 }] of flows.entries()) {
      const listener = b!.openListener({ port: PORT + i });
      listener.onAcceptable = () => {
        const accepted = listener.accept()!;
        accepted.onReadable = () => {
          for (let n = accepted.receive(into); n > 0 && n !== END; n = accepted.receive(into)) {
            this.#read[i]! += n;
          }
        };
      };
      const alarm = this.clock.alarm(() => this.#open(i, control));
      alarm.set(this.clock.now() + from);
    }
  }

  #open(i: number, control: Flow['control']): void {
    const options = { congestionControl: control };
    const connection = this.sender.openConnection(`10.0.0.2:${PORT + i}`, options);
    this.connections[i] = connection;
    connection.onOpened = () => this.fill(i);
    connection.onWritable = () => this.fill(i);
  }

  /** Writes as much as goes. */
  fill(i: number): void {
    const chunk = new Uint8Array(65_536);
    while (this.isWriting && this.connections[i]!.send(chunk) === chunk.length);
  }

  /** Lets time pass; answers what was seen of it. */
  run(millis: number, every: number): Sight[] {
    const begun = this.sights.length;
    for (let passed = 0; passed < millis; passed += every) {
      const before = [...this.#read];
      this.clock.advance(every);
      this.sights.push({
        at: this.clock.now() - 1_000,
        octets: this.#read.map((octets, i) => octets - before[i]!),
        senders: before.map((_, i) => this.connections[i]?.info() ?? null),
      });
    }
    return this.sights.slice(begun);
  }

  /** A counter of the sender's, or of another stack's. */
  counter(name: string, of = this.sender): number {
    return Number(of.counters()[name as never]);
  }
}

/** Mbit/s of a flow. */
export function rateOf(sights: readonly Sight[], flow = 0): number {
  const octets = sights.reduce((sum, sight) => sum + sight.octets[flow]!, 0);
  const every = sights.length > 1 ? sights[1]!.at - sights[0]!.at : sights[0]!.at;
  return (8 * octets) / (sights.length * every) / 1_000;
}

/** Mean of what is seen of a flow's sender. */
export function meanOf(sights: readonly Sight[], figure: keyof TcpInfo, flow = 0): number {
  const seen = sights.map(({ senders }) => Number(senders[flow]?.[figure] ?? 0));
  return seen.reduce((sum, value) => sum + value, 0) / seen.length;
}
