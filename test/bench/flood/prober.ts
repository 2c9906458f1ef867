/**
 * The honest, a process of its own: `prober.ts ADDRESS SECONDS`.
 *
 * Connections one after the other at a steady pace, whatever becomes of them, each with a request
 * and its reply; and beside them round trips on a connection that stood before the flood began.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { comeFirst } from '../loss/processes.ts';
import { announce, conclude } from '../process.ts';
import { PORT, REQUEST } from '../place.ts';
import { PATIENCE, PROBE_PERIOD, type Probed, TRIP_PERIOD } from './place.ts';

const request = Buffer.alloc(REQUEST);

/** Asks on a connection, and tells when the reply is whole. */
function ask(socket: Socket, done: () => void): void {
  let left = REQUEST;
  const take = (octets: Buffer) => {
    left -= octets.length;
    if (left > 0) return;
    socket.off('data', take);
    done();
  };
  socket.on('data', take);
  socket.write(request);
}

function open(host: string): Socket {
  return connect({ host, port: PORT, noDelay: true });
}

/** One honest connection; its time, if it was answered within its patience, goes to `answered`. */
function probe(host: string, answered: number[]): void {
  const startedAt = performance.now();
  const socket = open(host);
  const patience = setTimeout(() => socket.destroy(), PATIENCE);
  socket.once('connect', () => {
    ask(socket, () => {
      answered.push(performance.now() - startedAt);
      clearTimeout(patience);
      socket.end();
    });
  });
  // It was not answered: that is counted, and nothing else.
  socket.on('error', () => {});
}

async function perform(host: string, seconds: number): Promise<Probed> {
  const established = open(host);
  await once(established, 'connect');
  await announce();
  const answered: number[] = [];
  const trips: number[] = [];
  let isOver = false;
  const trip = () => {
    const startedAt = performance.now();
    ask(established, () => {
      trips.push(performance.now() - startedAt);
      if (!isOver) setTimeout(trip, TRIP_PERIOD);
    });
  };
  trip();
  const startedAt = performance.now();
  let probes = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - startedAt;
      for (; probes * PROBE_PERIOD < Math.min(elapsed, seconds * 1000); probes++) {
        probe(host, answered);
      }
      if (elapsed < seconds * 1000) return;
      clearInterval(timer);
      resolve();
    }, PROBE_PERIOD);
  });
  isOver = true;
  await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  return { probes, answered, trips };
}

comeFirst();
const [host = '', seconds] = process.argv.slice(2);
conclude(await perform(host, Number(seconds)));
