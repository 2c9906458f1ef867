/**
 * The worker: the cores, their link and their clock, away from the web page's own thread.
 *
 * The module is fetched from beside the web page, the very file the package ships. Batches are
 * handed over, not copied.
 */
import type { Command, Update } from './protocol.ts';
import { Runs } from './runs.ts';

/** What a worker's global is, as far as it is needed here. */
interface WorkerScope {
  postMessage(message: Update, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<Command>) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;

function tell(update: Update): void {
  scope.postMessage(update, update.kind === 'grown' ? buffersOf(update) : []);
}

function buffersOf({ batch }: Extract<Update, { kind: 'grown' }>): ArrayBuffer[] {
  const { packets, events, changes, heads } = batch;
  const columns = [packets, events, changes].flatMap((table) => Object.values(table));
  return [...columns, heads].map((column) => (column as Uint8Array<ArrayBuffer>).buffer);
}

async function load(): Promise<Runs> {
  const response = await fetch(new URL('core.wasm', globalThis.location.href));
  if (!response.ok) throw new Error(`the core can not be fetched: status ${response.status}`);
  return new Runs(await WebAssembly.compile(await response.arrayBuffer()), tell);
}

const runs = load();
runs.catch((error: Error) => tell({ kind: 'failed', message: error.message }));
scope.onmessage = ({ data }) => {
  runs.then((ready) => ready.perform(data)).catch(() => {});
};
