/**
 * The rows of the table: each state, brought about by segments and calls, and its variables as
 * RFC 9293 §3.3.1 would have them there.
 *
 * Before a row begins, the peer has sent 50 octets, which were read, and we have sent 100, which
 * were acknowledged; another 100 are in flight where they can be. So each edge of the windows has
 * old numbers on one side and valid ones on the other.
 */
import { expect } from 'vitest';
import { setEndpoint } from '../../../host-web/core.ts';
import {
  ack,
  closed,
  data,
  established,
  fin,
  type Host,
  listening,
  type Options,
  type Peer,
  type Stack,
  State,
  syn,
  synAck,
  synReceived,
  synSent,
} from '../../dsl/index.ts';
import { mapped, octetsOf } from '../../dsl/stack.ts';
import { type Connection } from './model.ts';

export const BUFFER = 4000;
export const EPOCH = 1000;
/** One octet past the right edge of the window we offer, relative to IRS; it never moves here. */
const EDGE = 1 + BUFFER;
const MAX_WINDOW = 65_535;

/** A connection brought into a state. */
export interface Made {
  readonly stack: Stack;
  readonly peer: Peer;
  /** What the user holds: the connection, or its listener. */
  readonly host: Host;
}

/** One row. */
export interface Row {
  readonly name: string;
  readonly at: Connection;
  make(): Made;
}

const OPTIONS: Options = {
  epoch: EPOCH,
  receiveBuffer: BUFFER,
  sack: false,
  limits: {
    connections: 4,
    listeners: 2,
    children: 2,
    timeWaits: 2,
    pages: 16,
    ranges: 16,
    replies: 4,
    sendBuffer: 8000,
  },
};

const settle = (made: Made): Made => {
  made.peer.take();
  made.stack.signals.clear();
  return made;
};

/** ESTABLISHED with 100 octets in flight. */
function inFlight(options: Options = {}): Made {
  const made = established({ ...OPTIONS, ...options });
  const { peer, host } = made;
  peer.send(data(50, { seq: 1, ack: 1 }));
  host.read();
  host.write(100);
  peer.send(ack({ seq: 51, ack: 101 }));
  host.write(100);
  return settle(made);
}

function closedWindow(): Made {
  const made = inFlight();
  for (let seq = 51; seq < EDGE; seq += 1000) {
    made.peer.send(data(Math.min(1000, EDGE - seq), { seq, ack: 101 }));
  }
  made.stack.wait(40);
  return settle(made);
}

function finWait1(): Made {
  const made = inFlight();
  made.host.close();
  return settle(made);
}

function finWait2(options: Options = {}): Made {
  const made = inFlight(options);
  made.host.close();
  made.peer.send(ack({ seq: 51, ack: 202 }));
  return settle(made);
}

function closeWait(): Made {
  const made = inFlight();
  made.peer.send(fin({ seq: 51, ack: 101 }));
  return settle(made);
}

function closing(): Made {
  const made = finWait1();
  made.peer.send(fin({ seq: 51, ack: 101 }));
  return settle(made);
}

function lastAck(): Made {
  const made = closeWait();
  made.host.close();
  return settle(made);
}

function timeWait(options: Options = {}): Made {
  const made = finWait2(options);
  made.peer.send(fin({ seq: 51, ack: 202 }));
  // A second later it shows whether 2 MSL begin anew.
  made.stack.wait(1000);
  return settle(made);
}

function crossing(): Made {
  const made = synSent(OPTIONS);
  made.peer.send(syn({ seq: 0, mss: 1460 }));
  made.peer.expect(synAck({ seq: 0, ack: 1 }));
  return settle(made);
}

function entry(): Made {
  const { stack, peer, listener } = synReceived(OPTIONS);
  return settle({ stack, peer, host: listener });
}

/** A connection in CLOSED. Its ISNs mean nothing, and are 0. */
function nothing(): Made {
  return settle(closed({ ...OPTIONS, isn: 0 }));
}

const BASE: Connection = {
  state: 'CLOSED',
  isPassive: true,
  isEntry: false,
  una: 101,
  nxt: 201,
  textEnd: 201,
  maxWnd: MAX_WINDOW,
  rcvNxt: 51,
  rcvWnd: EDGE - 51,
  buffer: BUFFER,
};
const OPENING = { una: 0, nxt: 1, textEnd: 1, rcvNxt: 1, rcvWnd: EDGE - 1 };
const FIN_SENT = { nxt: 202 };
const FIN_ACKED = { una: 202, nxt: 202 };
const FIN_HAD = { rcvNxt: 52, rcvWnd: EDGE - 52 };

/** All rows, in the RFC's order of states. */
export const ROWS: readonly Row[] = [
  { name: 'CLOSED', at: { ...BASE, ...OPENING, isPassive: false }, make: nothing },
  {
    name: 'LISTEN',
    at: { ...BASE, ...OPENING, state: 'LISTEN' },
    make: () => settle(listening({ ...OPTIONS, isn: 0 })),
  },
  {
    name: 'SYN-SENT',
    at: { ...BASE, ...OPENING, state: 'SYN-SENT', isPassive: false },
    make: () => settle(synSent(OPTIONS)),
  },
  {
    name: 'SYN-RECEIVED (entry)',
    at: { ...BASE, ...OPENING, state: 'SYN-RECEIVED', isEntry: true },
    make: entry,
  },
  {
    name: 'SYN-RECEIVED (simultaneous)',
    at: { ...BASE, ...OPENING, state: 'SYN-RECEIVED', isPassive: false },
    make: crossing,
  },
  { name: 'ESTABLISHED', at: { ...BASE, state: 'ESTABLISHED' }, make: inFlight },
  {
    name: 'ESTABLISHED (closed window)',
    at: { ...BASE, state: 'ESTABLISHED', rcvNxt: EDGE, rcvWnd: 0 },
    make: closedWindow,
  },
  { name: 'FIN-WAIT-1', at: { ...BASE, ...FIN_SENT, state: 'FIN-WAIT-1' }, make: finWait1 },
  { name: 'FIN-WAIT-2', at: { ...BASE, ...FIN_ACKED, state: 'FIN-WAIT-2' }, make: finWait2 },
  { name: 'CLOSE-WAIT', at: { ...BASE, ...FIN_HAD, state: 'CLOSE-WAIT' }, make: closeWait },
  {
    name: 'CLOSING',
    at: { ...BASE, ...FIN_SENT, ...FIN_HAD, state: 'CLOSING' },
    make: closing,
  },
  {
    name: 'LAST-ACK',
    at: { ...BASE, ...FIN_SENT, ...FIN_HAD, state: 'LAST-ACK' },
    make: lastAck,
  },
  {
    name: 'TIME-WAIT (listener)',
    at: { ...BASE, ...FIN_ACKED, ...FIN_HAD, state: 'TIME-WAIT' },
    make: timeWait,
  },
  {
    name: 'TIME-WAIT (no listener)',
    at: { ...BASE, ...FIN_ACKED, ...FIN_HAD, state: 'TIME-WAIT', isPassive: false },
    make: () => timeWait({ open: 'active' }),
  },
];

/** Fails unless a row stands where it says, as its STATUS and its segments tell. */
export function verify(row: Row, made: Made): void {
  const { peer, stack } = made;
  const { state, una, nxt, rcvNxt, rcvWnd } = row.at;
  const record = stack.records().find(({ remotePort }) => remotePort === peer.flow.sourcePort);
  const actual = record?.state ?? made.host.state();
  expect(State[actual]?.replaceAll('_', '-')).toBe(state);
  if (state === 'CLOSED' || state === 'LISTEN') return;
  const last = peer.latest();
  expect(last.seq + last.text.length + (last.ctl & 1) + ((last.ctl >> 1) & 1)).toBeLessThanOrEqual(
    nxt,
  );
  if (state !== 'SYN-SENT') expect([last.ack, last.win]).toEqual([rcvNxt, rcvWnd]);
  if (!record || record.handle === 0) return;
  expect([record.sndUna - record.iss, record.sndNxt - record.iss].map((n) => n >>> 0)).toEqual([
    una,
    nxt,
  ]);
}

/** Writes the sockets of the row's tuple for an OPEN, active with `remote`. */
export function nameSockets(made: Made, remote: boolean): void {
  const { flow } = made.peer;
  const to = remote ? mapped(octetsOf('10.0.0.2')) : null;
  setEndpoint(made.stack.core, null, flow.destinationPort, to, remote ? flow.sourcePort : 0);
}
