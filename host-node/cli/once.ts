/** A stack for one job: `get`, `connect`, `ping`. Opened, used, and always closed properly. */
import { countStates } from '../../host-web/inspect.ts';
import type { Arguments } from './arguments.ts';
import { type Device, openDevice } from './device.ts';
import { Exit } from './failure.ts';
import { watchOutput } from './output.ts';
import { showProgress } from './progress.ts';

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
  let leave: (code: number) => void = () => {};
  // What ends the job from outside: the device is gone, or nobody can be told what comes of it.
  const cut = new Promise<number>((resolve, reject) => {
    fail = reject;
    leave = resolve;
  });
  const stopWatching = watchOutput((failure) => {
    if (failure === null) leave(Exit.OK);
    else fail(failure);
  });
  try {
    const device = openDevice(args, (error) => fail(error));
    // The wait for an answer must not end because nothing else is referenced.
    const alive = setInterval(() => {}, 1 << 30);
    try {
      device.tun.ref();
      const done = job(device, interruption.signal);
      // A job that was cut short ends as an interrupted one does, and what it says is not heard.
      void cut.catch(() => {}).finally(() => interruption.abort());
      done.catch(() => {});
      const code = await Promise.race([done, cut]);
      return count > 0 ? Exit.INTERRUPTED : code;
    } finally {
      const stop = showProgress(() => 'waiting for the end to be heard', args.isSet('quiet'));
      await settle(device, () => count > 1);
      await device.close().finally(() => clearInterval(alive));
      stop();
    }
  } finally {
    stopWatching();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** Waits until our FIN is acknowledged: the stack resets what is open when it closes. */
async function settle({ stack }: Device, isAsked: () => boolean): Promise<void> {
  const over = new Set(['LISTEN', 'TIME-WAIT', 'CLOSED', 'SYN-SENT', 'FIN-WAIT-2']);
  const isOpen = () => [...countStates(stack.core).keys()].some((state) => !over.has(state));
  for (
    const end = performance.now() + PATIENCE;
    isOpen() && !isAsked() && performance.now() < end;
  ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
