/**
 * The sending ends of the loss bench: Linux, with blocking calls, and netcell behind a TUN.
 */
import { closeSync, readFileSync } from 'node:fs';
import { type Libc, SOCK_STREAM } from '../../../host-node/libc.ts';
import { openTun } from '../../../host-node/tun.ts';
import { TunLink } from '../../../host-node/tun-link.ts';
import { Controller } from '../../../host-web/abi.ts';
import { createStack, END, type RawConnection, type Stack } from '../../../host-web/index.ts';
import type { OpenOptions } from '../../../host-web/raw/tuning.ts';
import {
  AF_INET,
  BUFFER_SIZE,
  check,
  chooseCongestion,
  retransmissionsOf,
  socketAddress,
} from '../sockets.ts';
import {
  cellNetwork,
  type End,
  portOf,
  RECEIVER,
  type Reply,
  ROUTER_SIDE,
  type Sent,
} from './place.ts';

const RECEIVER_ADDRESS = RECEIVER.split('/')[0]!;

// Linux ---------------------------------------------------------------------------

/** Sends as the kernel does, once `begin` has come. */
export async function linux(c: Libc, end: End, begin: () => Promise<void>): Promise<Sent> {
  await begin();
  const { work } = end;
  const buffer = new Uint8Array(BUFFER_SIZE);
  const at = c.address(buffer);
  let congestion = '';
  let retransmissions = 0;
  const open = () => {
    const fd = check(c.socket(AF_INET, SOCK_STREAM, 0), c, 'socket');
    congestion = chooseCongestion(c, fd, end.congestion);
    const to = socketAddress(RECEIVER_ADDRESS, portOf(end));
    check(c.connect(fd, to, to.length), c, 'connect');
    return fd;
  };
  const close = (fd: number) => {
    retransmissions += retransmissionsOf(c, fd);
    closeSync(fd);
  };
  if (work.kind === 'stream') {
    const fd = open();
    while (c.send(fd, at, buffer.length, 0) > 0);
    close(fd);
  } else {
    for (let i = 0; i < work.connections; i++) {
      const fd = open();
      for (const { octets } of work.replies) {
        if (c.recv(fd, at, 1, 0) <= 0) throw new Error('the receiver has ended too early');
        for (let left = octets; left > 0; ) {
          left -= check(c.send(fd, at, Math.min(left, buffer.length), 0), c, 'send');
        }
      }
      // Until the receiver closes: what is lost has to be sent again before.
      while (c.recv(fd, at, 1, 0) > 0);
      close(fd);
    }
  }
  return { congestion, retransmissions, timeouts: timeoutsHere(), drops: dropsHere() };
}

/** Retransmission timeouts of this namespace. */
function timeoutsHere(): number {
  const lines = readFileSync('/proc/net/netstat', 'utf8').split('\n');
  const [names, figures] = lines.filter((line) => line.startsWith('TcpExt:'));
  const at = names!.split(' ').indexOf('TCPTimeouts');
  return Number(figures!.split(' ')[at]);
}

/** Packets that did not reach the router: its queue was full. */
function dropsHere(): number {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n');
  const fields = lines.find((line) => line.trim().startsWith(`${ROUTER_SIDE}:`))?.split(/[:\s]+/);
  // Interface, eight fields of what was received, and of what was sent: octets, packets, errors.
  return Number(fields?.filter(Boolean)[12] ?? 0);
}

// netcell -------------------------------------------------------------------------

/** Sends as netcell does, once `begin` has come. */
export async function netcell(end: End, begin: () => Promise<void>): Promise<Sent> {
  const { work, congestion, ecn } = end;
  const { kernel, stack: address } = cellNetwork(end.flow);
  const stack = await createStack({ address, sysctl: { tcp_ecn: ecn } });
  if (!(congestion.toUpperCase() in Controller)) throw new Error(`netcell has no ${congestion}`);
  const options = { congestionControl: congestion } as OpenOptions;
  stack.attach(new TunLink(openTun({ addresses: [kernel], queueLength: 10_000 })));
  await begin();
  const open = () => stack.openConnection(`${RECEIVER_ADDRESS}:${portOf(end)}`, options);
  if (work.kind === 'stream') await stream(open());
  else for (let i = 0; i < work.connections; i++) await reply(open(), work.replies);
  return { congestion, ...countedBy(stack), drops: dropsHere() };
}

function countedBy(stack: Stack): { retransmissions: number; timeouts: number } {
  const counters = stack.counters();
  return {
    retransmissions: Number(counters['TcpRetransSegs'] ?? 0n),
    timeouts: Number(counters['TcpExtTCPTimeouts'] ?? 0n),
  };
}

/** Sends as much as goes; the receiver's end resets the connection. */
function stream(connection: RawConnection): Promise<void> {
  const chunk = new Uint8Array(65_536);
  const fill = () => {
    while (connection.send(chunk) === chunk.length);
  };
  connection.onOpened = fill;
  connection.onWritable = fill;
  return new Promise((resolve) => {
    connection.onClosed = () => resolve();
  });
}

/** Sends what is asked for, until the receiver closes. */
function reply(connection: RawConnection, replies: readonly Reply[]): Promise<void> {
  const chunk = new Uint8Array(65_536);
  const into = new Uint8Array(1);
  let next = 0;
  let left = 0;
  const fill = () => {
    while (left > 0) {
      const taken = connection.send(chunk.subarray(0, Math.min(left, chunk.length)));
      if (taken <= 0) return;
      left -= taken;
    }
  };
  connection.onWritable = fill;
  connection.onReadable = () => {
    let length = connection.receive(into);
    for (; length > 0; length = connection.receive(into)) {
      left += replies[next++]!.octets;
      fill();
    }
    if (length === END) connection.close();
  };
  connection.onEnd = connection.onReadable;
  return new Promise((resolve) => {
    connection.onClosed = () => resolve();
  });
}
