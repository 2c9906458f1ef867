/**
 * What JavaScript keeps for a connection: its heap with thousands of them that have a callback, the
 * same for all, and nothing to do, beside its heap without.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createStackSync, pipe, VirtualClock } from '../../host-web/index.ts';

/** Connections opened before packets are carried. */
const BATCH = 64;

/** Collects what nobody holds any more, the memory of cores as well. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What a first pass finds to be finished is let go by the second.
  collect();
  collect();
}

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Octets of JavaScript's heap for each end of a connection, of as many connections. */
export function octetsOfCallbacks(module: WebAssembly.Module, count: number): number {
  const clock = new VirtualClock();
  const limits = { connections: count + BATCH, listeners: 4 };
  const stack = (host: number) =>
    createStackSync({ address: `10.0.0.${host}/24`, clock, module, limits });
  const [a, b] = [stack(1), stack(2)];
  const [one, other] = pipe();
  a.attach(one);
  b.attach(other);
  const ends: object[] = [];
  const nothing = () => {};
  const listener = b.openListener({ port: 7, backlog: BATCH });
  listener.onAcceptable = () => {
    for (let end = listener.accept(); end; end = listener.accept()) {
      end.onReadable = nothing;
      ends.push(end);
    }
  };
  const before = heapUsed();
  for (let i = 1; i <= count; i++) {
    const end = a.openConnection('10.0.0.2:7');
    end.onReadable = nothing;
    ends.push(end);
    if (i % BATCH === 0 || i === count) clock.advance(0);
  }
  const each = (heapUsed() - before) / ends.length;
  if (ends.length !== 2 * count) throw new Error(`${ends.length} ends of ${count} connections`);
  return each;
}
