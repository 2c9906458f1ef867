/**
 * Orders: what a running process does for its own user, beyond telling what it holds
 * (`control.ts`): its trace.
 *
 * A Unix socket of its own beside the one for reports, in a folder that no other user may enter, so
 * that there is no moment in which one could: sequence numbers and text are not for everybody. Who
 * connects sends one line of JSON that says what to do; the answer is one line, and behind it
 * whatever that order is about. Root may give orders to everybody's.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import {
  listenAt,
  listRunning,
  makeFolder,
  noneRunning,
  offerControl,
  PRIVATE,
  type Running,
  socketName,
  userName,
} from './control.ts';
import { Exit, Failure, reasonOf } from './failure.ts';

/** What is asked for; `do` names it, and the rest is that order's own. */
export interface Order {
  readonly do: string;
  readonly [name: string]: unknown;
}

/** Does an order over the connection it came by; what it throws is the answer. */
export type Obey = (order: Order, caller: Caller) => void | Promise<void>;

/** What a process does, by the names of orders. */
export type Orders = Readonly<Record<string, Obey>>;

/** How long a caller has to say what it wants, and a process to answer, milliseconds. */
const PATIENCE = 5000;
/** Longest line, characters. */
const MAX_LINE = 1 << 14;
/** Connections at once; each that looks costs a share of every turn. */
const MAX_CALLERS = 32;

/** The caller's connection, behind its order. */
export interface Caller {
  readonly socket: Socket;
  /** Says that it is being done. */
  accept(): void;
}

/**
 * Takes orders until the function it returns is called.
 *
 * @throws Failure when there is no folder for it, or the socket can not be made
 */
export async function offerOrders(name: string, orders: Orders): Promise<() => void> {
  const folder = join(makeFolder(), PRIVATE);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const server = createServer((socket) => void serve(socket, orders));
  server.maxConnections = MAX_CALLERS;
  return listenAt(server, join(folder, socketName(name)));
}

/**
 * Offers a process's sockets, until the function it returns is called: that for its orders, and
 * then that for reports, by which it is found. Without either, everything else works as well.
 *
 * @param say hears which verb will not find it, and why
 */
export async function offerSockets(
  name: string,
  report: () => AsyncIterable<string>,
  orders: Orders,
  say: (text: string) => void,
): Promise<() => void> {
  const offers = [
    ['trace', () => offerOrders(name, orders)],
    ['ss', () => offerControl(name, report)],
  ] as const;
  const stops: (() => void)[] = [];
  for (const [verb, offer] of offers) {
    try {
      stops.push(await offer());
    } catch (error) {
      say(`netcell ${verb} will not find this one: ${reasonOf(error)}`);
    }
  }
  return () => {
    for (const stop of stops) stop();
  };
}

async function serve(socket: Socket, orders: Orders): Promise<void> {
  socket.on('error', () => {}).unref();
  const say = (answer: object) => socket.write(`${JSON.stringify(answer)}\n`);
  try {
    const line = await firstLine(socket);
    const order = JSON.parse(line) as Order;
    const obey = Object.hasOwn(orders, order.do) ? orders[order.do] : undefined;
    if (obey === undefined) throw new Failure(`this netcell knows no order '${order.do}'`);
    await obey(order, { socket, accept: () => say({}) });
  } catch (error) {
    const { message, exitCode } = Failure.from(error) ?? new Failure(reasonOf(error));
    if (socket.destroyed) return;
    say({ failed: message, code: exitCode });
    socket.end();
    socket.resume();
  }
}

/** The first line that comes; what is behind it stays in the socket. */
function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = Buffer.alloc(0);
    const finish = (work: () => void) => {
      clearTimeout(timer);
      socket.off('readable', look).off('end', cut).off('error', fail);
      work();
    };
    const fail = (error: Error) => finish(() => reject(error));
    const cut = () => fail(new Failure('it breaks off'));
    const timer = setTimeout(() => fail(new Failure('it says nothing', Exit.TIMED_OUT)), PATIENCE);
    const look = () => {
      for (let part = socket.read(); part !== null; part = socket.read()) {
        line = Buffer.concat([line, part as Buffer]);
        const end = line.indexOf(10);
        if (end < 0 && line.length > MAX_LINE) return fail(new Failure('it says too much'));
        if (end < 0) continue;
        return finish(() => {
          if (end + 1 < line.length) socket.unshift(line.subarray(end + 1));
          resolve(line.toString('utf8', 0, end));
        });
      }
    };
    socket.on('readable', look).once('end', cut).once('error', fail);
  });
}

/**
 * Gives one process an order.
 *
 * @returns the connection it went by, paused, with what the order is about, until either ends
 * @throws Failure when it does not do it, or may not be asked
 */
export async function giveOrder(running: Running, order: Order): Promise<Socket> {
  const { path, name, pid, uid } = running;
  const what = `the netcell on ${name} (process ${pid} of ${userName(uid)})`;
  const socket = createConnection(join(dirname(path), PRIVATE, basename(path)));
  socket.write(`${JSON.stringify(order)}\n`);
  let facts: Record<string, unknown>;
  try {
    facts = JSON.parse(await firstLine(socket)) as Record<string, unknown>;
  } catch (error) {
    socket.destroy();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') {
      const help = `only that user and root may; ask as either\n  sudo netcell ${order.do}`;
      throw new Failure(`${what} takes no orders from this user: ${help}`, Exit.NO_PERMISSION);
    }
    if (code === 'ENOENT' || code === 'ECONNREFUSED') throw new Failure(`${what} takes no orders`);
    throw Failure.while(`cannot ask ${what}`, error);
  }
  if ('failed' in facts) {
    socket.destroy();
    const { failed, code } = facts;
    throw new Failure(printable(String(failed)), typeof code === 'number' ? code : Exit.FAILED);
  }
  return socket;
}

/** What may go to a terminal: another process's words. */
export function printable(text: string): string {
  return text.replace(/[^\n\u0020-\u007e\u00a0-\uffff]/g, '?');
}

/** Every process there is, or those on the device of that name. @throws Failure without any */
export function runningOn(tun: string | undefined): Running[] {
  const all = listRunning(tun);
  if (all.length === 0) throw noneRunning(tun);
  return all;
}
