/** A stack for one job: `get`, `connect`, `ping`. Opened, used, and always closed properly. */
import type { Arguments } from './arguments.ts';
import { type Device, openDevice } from './device.ts';
import { Exit } from './failure.ts';

/** How long a connection has to finish closing after the job, milliseconds. */
const PATIENCE = 2000;

/** Does the job; Ctrl-C ends it, connections closed properly. Answers the exit code. */
export async function once(
  args: Arguments,
  job: (device: Device, interrupted: AbortSignal) => Promise<number>,
): Promise<number> {
  const interruption = new AbortController();
  let count = 0;
  const onSignal = () => {
    count++;
    interruption.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  let fail: (error: Error) => void = () => {};
  const gone = new Promise<never>((_resolve, reject) => (fail = reject));
  gone.catch(() => {});
  const device = openDevice(args, (error) => fail(error));
  // The wait for an answer must not end because nothing else is referenced.
  device.tun.ref();
  const alive = setInterval(() => {}, 1 << 30);
  try {
    const code = await Promise.race([job(device, interruption.signal), gone]);
    return count > 0 ? Exit.INTERRUPTED : code;
  } finally {
    await settle(device, () => count > 1);
    await device.close();
    clearInterval(alive);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** Waits until our FIN is acknowledged: the stack resets what is open when it closes. */
async function settle({ stack }: Device, isAsked: () => boolean): Promise<void> {
  const over = new Set(['LISTEN', 'TIME-WAIT', 'CLOSED', 'SYN-SENT', 'FIN-WAIT-2']);
  const isOpen = () => stack.sockets().some(({ state }) => !over.has(state));
  for (
    const end = performance.now() + PATIENCE;
    isOpen() && !isAsked() && performance.now() < end;
  ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
