/**
 * User calls (RFC 9293 §3.10.1 to §3.10.6), as rules.
 *
 * The user of a connection nobody has accepted yet holds its listener: calls reach that. `release`
 * is close(2)'s other half, ACCEPT its accept(2); the RFC leaves both to the user interface.
 */
import { ACK, FIN, RST, SYN } from '../../dsl/segment.ts';
import { type Connection, Outcome, type StateName } from './model.ts';

/** Octets of the SEND of the table: one full segment, which Nagle's algorithm lets go. */
export const SENT = 1460;

export const CALLS = [
  'OPEN passive',
  'OPEN active',
  'ACCEPT',
  'SEND',
  'RECEIVE',
  'CLOSE',
  'ABORT',
  'STATUS',
  'release',
] as const;
export type Call = (typeof CALLS)[number];

/** What comes of a call; `unread` octets wait for RECEIVE. */
export function userCall(at: Connection, call: Call, unread: number): Outcome {
  const o = new Outcome(at);
  o.result = 'ok';
  // What a listener is asked, whether it has a SYN-queue entry or not.
  const state: StateName = at.isEntry ? 'LISTEN' : at.state;
  switch (call) {
    case 'OPEN passive':
    case 'OPEN active':
      return open(o.by('§3.10.1'), state, call === 'OPEN active').done();
    case 'ACCEPT':
      if (state !== 'LISTEN') o.result = 'NOT_SUPPORTED_IN_THIS_STATE';
      return o.by('accept(2)');
    case 'SEND':
      return send(o.by('§3.10.2'), state).done();
    case 'RECEIVE':
      return receive(o.by('§3.10.3'), state, unread).done();
    case 'CLOSE':
      return close(o.by('§3.10.4'), state).done();
    case 'ABORT':
      return abort(o.by('§3.10.5'), state).done();
    case 'STATUS':
      return o.by('§3.10.6');
    default:
      return release(o.by('close(2)'), state, unread).done();
  }
}

/** §3.10.1. A listener stays one: it is never turned into an active OPEN (as with listen(2)). */
function open(o: Outcome, state: StateName, isActive: boolean): Outcome {
  if (state !== 'CLOSED') {
    o.result = 'CONNECTION_ALREADY_EXISTS';
    return o;
  }
  o.enter(isActive ? 'SYN-SENT' : 'LISTEN');
  return isActive ? o.send({ ctl: SYN, seq: 0 }, 'seq=ISS') : o;
}

/** §3.10.2. */
function send(o: Outcome, state: StateName): Outcome {
  switch (state) {
    case 'CLOSED':
      o.result = 'CONNECTION_DOES_NOT_EXIST';
      return o;
    case 'LISTEN':
      o.result = 'REMOTE_SOCKET_UNSPECIFIED';
      return o;
    case 'SYN-SENT':
    case 'SYN-RECEIVED':
      o.take('queued');
      o.result = `${SENT}`;
      return o;
    case 'ESTABLISHED':
    case 'CLOSE-WAIT':
      o.result = `${SENT}`;
      o.nxt += SENT;
      return o.send(
        { ctl: ACK, seq: o.from.nxt, ack: o.rcvNxt, text: ' '.repeat(SENT) },
        'and text, seq=SND.NXT',
      );
    default:
      o.result = 'CONNECTION_CLOSING';
      return o;
  }
}

/** §3.10.3. DEVIATION (`receive.ts`): text that came before the FIN can be read in every state. */
function receive(o: Outcome, state: StateName, unread: number): Outcome {
  switch (state) {
    case 'CLOSED':
    case 'LISTEN':
      o.result = 'CONNECTION_DOES_NOT_EXIST';
      return o;
    case 'SYN-SENT':
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
      if (unread === 0) return o;
      // The window was closed: that it opens is worth an acknowledgment.
      o.result = `${unread}`;
      o.unread = -unread;
      return o.acknowledge('ACK: window');
    default:
      o.result = 'CONNECTION_CLOSING';
      return o;
  }
}

/** §3.10.4. */
function close(o: Outcome, state: StateName): Outcome {
  switch (state) {
    case 'CLOSED':
      o.result = 'CONNECTION_DOES_NOT_EXIST';
      return o;
    case 'LISTEN':
      return o.end('in order');
    case 'SYN-SENT':
      return o.end('ECONNABORTED');
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
      return sendFin(o, 'FIN-WAIT-1');
    case 'CLOSE-WAIT':
      return sendFin(o, 'LAST-ACK');
    default:
      o.result = 'CONNECTION_CLOSING';
      return o;
  }
}

function sendFin(o: Outcome, next: StateName): Outcome {
  o.enter(next);
  o.nxt++;
  return o.send({ ctl: FIN | ACK, seq: o.from.nxt, ack: o.rcvNxt }, 'seq=SND.NXT');
}

/** The RST of §3.10.5; the ACK bit it has besides says more and does no harm. */
export function sendRst(o: Outcome): Outcome {
  return o.send({ ctl: RST | ACK, seq: o.from.nxt, ack: o.rcvNxt }, 'seq=SND.NXT');
}

/** §3.10.5. A listener's entry ends with it in silence: whatever its peer sends meets CLOSED. */
function abort(o: Outcome, state: StateName): Outcome {
  switch (state) {
    case 'CLOSED':
      o.result = 'CONNECTION_DOES_NOT_EXIST';
      return o;
    case 'LISTEN':
    case 'SYN-SENT':
      return o.end('ECONNABORTED');
    case 'CLOSING':
    case 'LAST-ACK':
      // A RST where text is lost (a DEVIATION in `abort.ts`).
      o.end('ECONNABORTED');
      return o.from.una < o.from.textEnd ? sendRst(o) : o;
    case 'TIME-WAIT':
      // The wait goes on, for RFC 1337's reasons (a DEVIATION in `abort.ts`).
      return o;
    default:
      return sendRst(o.end('ECONNABORTED'));
  }
}

/** Letting go: CLOSE where the user has not, and no signal from then on. */
function release(o: Outcome, state: StateName, unread: number): Outcome {
  if (state === 'CLOSED') return o;
  if (unread > 0) {
    // SHLD-3: the peer must not believe that its text was read.
    o.enter('CLOSED');
    return sendRst(o.by('SHLD-3'));
  }
  close(o, state);
  o.result = 'ok';
  o.signals.length = 0;
  return o;
}
