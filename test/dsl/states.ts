/**
 * Starting states, each built on the one before it.
 *
 * The default is the simplest: IPv4, no timestamps, no window scaling, SACK on, a peer that
 * announces MSS 1460 and a window of 65,535. Passive unless `open` says otherwise.
 */
import { expect } from 'vitest';
import { type Option, Setting, State } from '../../host-web/abi.ts';
import { Host } from './host.ts';
import { Peer, type PeerOptions } from './peer.ts';
import { ack, CWR, ECE, fin, type Segment, syn, synAck } from './segment.ts';
import { Stack, type StackOptions } from './stack.ts';

export interface Options extends PeerOptions, StackOptions {
  open?: 'active' | 'passive';
  /**
   * Milliseconds from the SYN,ACK to its ACK. Left out, the peer's SYN comes twice, so that nothing
   * is measured and RTO is still a second.
   */
  handshakeMs?: number;
  /** MSS option of the peer's SYN; null: none. */
  mss?: number | null;
  /** The peer's shift; window scaling is off where this is left out. */
  wscale?: number;
  sack?: boolean;
  timestamps?: boolean;
  /** Both sides ask for ECN; without it a passive side still would, if asked. */
  ecn?: boolean;
  receiveBuffer?: number;
  backlog?: number;
  /** Options of the connection, set before OPEN. */
  set?: readonly (readonly [Option, number])[];
}

/** A stack, a user with a connection in CLOSED, and a peer that has not spoken. */
export function closed(options: Options = {}) {
  const stack = new Stack({
    ...options,
    limits: {
      ...(options.receiveBuffer ? { receiveBuffer: options.receiveBuffer } : {}),
      ...options.limits,
    },
    settings: {
      [Setting.TIMESTAMPS]: options.timestamps ? 1 : 0,
      [Setting.WINDOW_SCALING]: options.wscale === undefined ? 0 : 1,
      [Setting.SACK]: options.sack === false ? 0 : 1,
      [Setting.ECN]: options.ecn ? 1 : 2,
      ...options.settings,
    },
  });
  const host = new Host(stack).create();
  for (const [option, value] of options.set ?? []) expect(host.setOption(option, value)).toBe(0);
  return { stack, host, peer: new Peer(stack, options) };
}

/** What the peer's SYN carries. */
export function offer(options: Options, peer: Peer): Partial<Segment> {
  const fields: Partial<Segment> = {};
  if (options.mss !== null) fields.mss = options.mss ?? (options.family === 6 ? 1440 : 1460);
  if (options.sack !== false) fields.sackOk = true;
  if (options.wscale !== undefined) fields.wscale = options.wscale;
  peer.timestamps = options.timestamps ?? false;
  return fields;
}

export function listening(options: Options = {}) {
  const made = closed(options);
  expect(made.host.listen(made.peer.flow.destinationPort, { backlog: options.backlog ?? 8 })).toBe(
    0,
  );
  return { ...made, listener: made.host };
}

/** `host` is the entry: it has no handle yet. */
export function synReceived(options: Options = {}) {
  const { stack, peer, listener } = listening(options);
  peer.send(syn({ seq: 0, ctl: options.ecn ? ECE | CWR : 0, ...offer(options, peer) }));
  peer.expect(synAck({ seq: 0, ack: 1, ctl: options.ecn ? ECE : 0 }));
  const host = new Host(stack, 0, peer.ports);
  host.expect(State.SYN_RECEIVED);
  return { stack, peer, listener, host };
}

export function synSent(options: Options = {}) {
  const { stack, host, peer } = closed({ hostPort: 0, ...options });
  const address = options.address ?? (options.family === 6 ? 'fd00::2' : '10.0.0.2');
  expect(host.connect(address, peer.flow.sourcePort)).toBe(0);
  peer.expect(syn({ seq: 0, ctl: options.ecn ? ECE | CWR : 0 }));
  host.expect(State.SYN_SENT);
  return { stack, host, peer, listener: host };
}

export function established(options: Options = {}) {
  if (options.open === 'active') {
    const { stack, host, peer } = synSent(options);
    const ctl = options.ecn ? ECE : 0;
    peer.send(synAck({ seq: 0, ack: 1, ctl, ...offer(options, peer) }));
    peer.expect(ack({ seq: 1, ack: 1 }));
    host.expect(State.ESTABLISHED);
    return { stack, host, peer, listener: host };
  }
  const { stack, peer, listener } = synReceived(options);
  if (options.handshakeMs === undefined) {
    peer.send(syn({ seq: 0, ctl: options.ecn ? ECE | CWR : 0, ...offer(options, peer) }));
  } else {
    stack.wait(options.handshakeMs);
  }
  peer.take();
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.expectNothing();
  const host = listener.accept() ?? stack.fail('nothing to accept');
  host.expect(State.ESTABLISHED);
  return { stack, peer, listener, host };
}

export function finWait1(options: Options = {}) {
  const made = established(options);
  expect(made.host.close()).toBe(0);
  made.peer.expect(fin({ seq: 1, ack: 1 }));
  made.host.expect(State.FIN_WAIT_1);
  return made;
}

export function finWait2(options: Options = {}) {
  const made = finWait1(options);
  made.peer.send(ack({ seq: 1, ack: 2 }));
  made.peer.expectNothing();
  made.host.expect(State.FIN_WAIT_2);
  return made;
}

export function closeWait(options: Options = {}) {
  const made = established(options);
  made.peer.send(fin({ seq: 1, ack: 1 }));
  made.peer.expect(ack({ seq: 1, ack: 2 }));
  made.host.expect(State.CLOSE_WAIT);
  return made;
}

export function closing(options: Options = {}) {
  const made = finWait1(options);
  made.peer.send(fin({ seq: 1, ack: 1 }));
  made.peer.expect(ack({ seq: 2, ack: 2 }));
  made.host.expect(State.CLOSING);
  return made;
}

export function lastAck(options: Options = {}) {
  const made = closeWait(options);
  expect(made.host.close()).toBe(0);
  made.peer.expect(fin({ seq: 1, ack: 2 }));
  made.host.expect(State.LAST_ACK);
  return made;
}

export function timeWait(options: Options = {}) {
  const made = finWait2(options);
  made.peer.send(fin({ seq: 1, ack: 2 }));
  made.peer.expect(ack({ seq: 2, ack: 2 }));
  made.host.expect(State.TIME_WAIT);
  return made;
}

/** Every synchronized state, by its name. */
export const SYNCHRONIZED = {
  ESTABLISHED: established,
  FIN_WAIT_1: finWait1,
  FIN_WAIT_2: finWait2,
  CLOSE_WAIT: closeWait,
  CLOSING: closing,
  LAST_ACK: lastAck,
} as const;
