/**
 * A further thread of a verb that stays up (`crew.ts` has the main thread's side): a stack on a
 * queue of the device, the verb's service on it, and answers to what the main thread asks.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { readArguments } from './arguments.ts';
import type { Calls, Errand, Question, Reply } from './crew.ts';
import { openQueue } from './device.ts';
import { reasonOf } from './failure.ts';
import { endConnections, openConnections, type Service } from './foreground.ts';
import { firstOf, reportLines, summaryOf } from './report.ts';
import { TraceWatch } from './trace-watch.ts';
import type { Verb } from './verb.ts';
import type { Watch } from './watch.ts';

/** Does what the main thread asks for, until it asks for the end. */
export function runThread(verb: Verb): void {
  const { words, queue, sides } = workerData as Errand;
  const args = readArguments(words.slice(1), verb.flags);
  const { start } = verb.stay!(args);
  const device = openQueue(args, queue, sides, (error) => {
    throw error;
  });
  const reports = new Map<number, AsyncIterator<string, void>>();
  const watches = new Map<number, Watch>();
  let service: Service | undefined;
  let begun = 0;
  const calls: { [Name in keyof Calls]: (...given: Parameters<Calls[Name]>) => unknown } = {
    serve: async () => {
      service = await start(device);
    },
    summary: () => summaryOf(device),
    first: (most) => firstOf(device, most),
    report: () => {
      reports.set(begun, reportLines(device));
      return begun++;
    },
    next: async (report, isWanted) => {
      const lines = reports.get(report);
      const { done, value } = isWanted && lines ? await lines.next() : { done: true };
      if (done) reports.delete(report);
      return value ?? undefined;
    },
    watch: (filter) => {
      watches.set(begun, new TraceWatch(device.stack, filter));
      return begun++;
    },
    look: (watch) => watches.get(watch)?.read() ?? '',
    unwatch: (watch) => {
      watches.get(watch)?.close();
      watches.delete(watch);
    },
    endConnections: () => {
      if (service !== undefined) endConnections(service);
    },
    left: () => openConnections(device),
    close: async () => {
      await device.close();
      parentPort!.close();
    },
  };
  const answer = async ({ id, call, given }: Question): Promise<Reply> => {
    try {
      const work = calls[call] as (...given: readonly unknown[]) => unknown;
      return { id, answer: await work(...given) };
    } catch (error) {
      return { id, failed: reasonOf(error) };
    }
  };
  parentPort!.on('message', async (question: Question) => {
    parentPort!.postMessage(await answer(question));
  });
}
