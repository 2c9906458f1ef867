/** What `cli-trace.test.ts` runs inside a namespace: a stack that is looked at, and connections. */
import { exchange, launch, netcell, perform, type Running, start, stop } from './cli-running.ts';

/** Begins to look, and waits until the stack knows. */
async function look(...words: string[]): Promise<Running> {
  const trace = launch(['trace', ...words]);
  await trace.said(/looking at/);
  return trace;
}

await perform({
  one: async () => {
    const running = await start(['listen', '7', '--echo', '--seed', 'x']);
    const all = await look();
    const few = await look('-c', '3', 'port', '7');
    const none = await look('not', 'port', '7');
    const json = await look('--json', '-c', '1', 'src', 'port', '7');
    const echoed = await exchange(7, 'text');
    await all.said(/LAST-ACK → CLOSED.*\n/);
    const codes = await Promise.all([few.ended, json.ended]);
    const mistake = await netcell('trace', 'port', 'x');
    const ends = [await stop(all), await stop(none)];
    return {
      echoed,
      all: all.output(),
      few: few.output(),
      none: none.output(),
      json: json.output(),
      codes: codes.map(({ code }) => code),
      ends,
      mistake,
      code: await stop(running),
    };
  },

  /** Connections of two threads, by the ports they came from. */
  threads: async () => {
    const running = await start(['listen', '7', '--echo', '--threads', '2', '--seed', 'x']);
    const trace = await look();
    const texts = Array.from({ length: 12 }, (_, i) => `${i}`);
    const echoed = await Promise.all(texts.map((text) => exchange(7, text)));
    const opened = /(?:SYN-RECEIVED → ESTABLISHED[\s\S]*){12}/;
    await trace.said(opened);
    const table = (await netcell('ss', '--json')).stdout;
    await stop(trace);
    const seen = opened.test(trace.output());
    return {
      echoed: echoed.length,
      seen,
      threads: JSON.parse(table).threads,
      code: await stop(running),
    };
  },
});
