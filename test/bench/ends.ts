/** One figure: an end is started, a peer does its work with it, and the end is stopped. */
import { bundle } from '../host/bundle.ts';
import { type EndName, type Service, STACK, type Task } from './place.ts';
import { Process } from './process.ts';
import { BEHIND_VETH, startBehindVeth } from './veth.ts';

const END = 'test/bench/end.ts';
const PEER = 'test/bench/peer.ts';
/** Seconds a peer may need beyond those of its work. */
const PATIENCE = 20;

async function start(end: EndName, service: Service): Promise<Process<never>> {
  const parameters = [end, JSON.stringify(service)];
  if (end === 'kernel') return startBehindVeth(bundle(END), parameters, service.offload);
  const process = new Process<never>(bundle(END), parameters);
  await process.ready();
  return process;
}

/** What a peer says of its work with an end. */
export async function perform<T>(
  end: EndName,
  service: Service,
  task: Omit<Task, 'address'>,
): Promise<T> {
  const standing = await start(end, service);
  const address = end === 'kernel' ? BEHIND_VETH : STACK;
  const peer = new Process<T>(bundle(PEER), [JSON.stringify({ ...task, address })]);
  // An end that has stopped answering is a failure, and not a bench that hangs.
  const patience = setTimeout(() => peer.stop(), 1000 * (task.seconds + PATIENCE));
  try {
    return await peer.outcome();
  } finally {
    clearTimeout(patience);
    await standing.stop();
  }
}
