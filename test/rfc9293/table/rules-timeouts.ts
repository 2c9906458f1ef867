/**
 * Timeouts (RFC 9293 §3.10.8, §3.8.3, §3.8.4, §3.8.6) and ICMP errors (§3.9.2.2), as rules.
 *
 * A timeout is decided by whether it can come at all. Each begins as the row stands, after what its
 * line in `PREPARED` lets happen first; then the peer is silent for ever.
 */
import { ACK, FIN, SYN } from '../../dsl/segment.ts';
import { type Connection, isTold, Outcome } from './model.ts';
import { sendRst } from './rules-calls.ts';

/** Every timeout, and what happens before the peer falls silent. */
export const PREPARED = {
  retransmission: '',
  'user timeout': '',
  '2 MSL': '',
  'FIN-WAIT-2 orphan': 'release',
  persist: 'the peer closes its window',
  'keep-alive': 'KEEP_ALIVE; the peer acknowledges our text',
  'keep-alive, 10th': 'KEEP_ALIVE; the peer acknowledges our text',
  'delayed ACK': 'text in order',
} as const;
export type Timeout = keyof typeof PREPARED;
export const TIMEOUTS = Object.keys(PREPARED) as Timeout[];

/** What has not been acknowledged, as it is sent again: text, and the FIN right behind it. */
function again(o: Outcome): Outcome {
  const { una, nxt, textEnd, rcvNxt, state } = o.from;
  if (state === 'SYN-SENT') return o.send({ ctl: SYN, seq: 0 }, 'seq=ISS');
  if (state === 'SYN-RECEIVED') {
    return o.send({ ctl: SYN | ACK, seq: 0, ack: rcvNxt }, 'seq=ISS ack=RCV.NXT');
  }
  const fin = nxt > textEnd ? FIN : 0;
  const text = ' '.repeat(textEnd - una);
  return o.send({ ctl: ACK | fin, seq: una, ack: rcvNxt, text }, 'and text, seq=SND.UNA');
}

function never(o: Outcome): Outcome {
  o.result = 'never';
  return o.by('-');
}

/** What a timeout does; the result says whether it comes. */
export function timeout(at: Connection, kind: Timeout): Outcome {
  const o = new Outcome(at);
  o.result = 'runs out';
  const isOutstanding = at.state !== 'CLOSED' && at.state !== 'LISTEN' && at.una < at.nxt;
  switch (kind) {
    case 'retransmission':
      return isOutstanding ? again(o.by('§3.10.8')) : never(o);
    case 'user timeout':
      return isOutstanding ? userTimeout(o.by('§3.10.8')) : never(o);
    case '2 MSL':
      if (at.state !== 'TIME-WAIT') return never(o);
      o.by('§3.10.8').enter('CLOSED');
      return o;
    case 'FIN-WAIT-2 orphan':
      if (at.state !== 'FIN-WAIT-2') return never(o);
      // Its user has gone: nobody hears of it.
      o.by('tcp_fin_timeout').enter('CLOSED');
      return o;
    case 'persist':
      if (!isTold(at.state) || !isOutstanding) return never(o);
      return o
        .by('§3.8.6.1')
        .send({ ctl: ACK, seq: at.una, ack: at.rcvNxt, text: ' ' }, 'and one octet, seq=SND.UNA');
    case 'delayed ACK':
      return delayedAck(o);
    default:
      return keepAlive(o, kind === 'keep-alive');
  }
}

/** §3.10.8; the RST tells a peer that may live after all. A listener's entry goes in silence. */
function userTimeout(o: Outcome): Outcome {
  if (o.from.isEntry) {
    o.enter('LISTEN');
    return o;
  }
  o.end('ETIMEDOUT');
  return o.from.state === 'SYN-SENT' ? o : sendRst(o);
}

/** §3.8.6.3: only where text is still taken, and not where the window was closed. */
function delayedAck(o: Outcome): Outcome {
  const { state, rcvWnd, nxt, rcvNxt } = o.from;
  const takes = state === 'ESTABLISHED' || state === 'FIN-WAIT-1' || state === 'FIN-WAIT-2';
  if (!takes || rcvWnd === 0) return never(o);
  o.rcvNxt += 2;
  o.unread = 2;
  return o.by('§3.8.6.3').send({ ctl: ACK, seq: nxt, ack: rcvNxt + 2 }, 'seq=SND.NXT');
}

/** §3.8.4: only while nothing is outstanding (MUST-26), so never behind a FIN of ours. */
function keepAlive(o: Outcome, isProbe: boolean): Outcome {
  const { state, nxt, textEnd, una, rcvNxt } = o.from;
  if (!isTold(state) || (nxt > textEnd && una < nxt)) return never(o);
  o.una = nxt;
  o.by('§3.8.4');
  if (isProbe) return o.send({ ctl: ACK, seq: nxt - 1, ack: rcvNxt }, 'seq=SND.NXT-1');
  return sendRst(o.end('ETIMEDOUT'));
}

/** ICMP errors: what they say, and type and code in ICMPv4. */
export const ICMP = {
  'port unreachable': [3, 3],
  'host unreachable': [3, 1],
  'time exceeded': [11, 0],
  'fragmentation needed': [3, 4],
} as const;
export type Icmp = keyof typeof ICMP;

/** What an ICMP error does that quotes a segment of ours, in flight or not. */
export function icmp(at: Connection, kind: Icmp, isInFlight: boolean): Outcome {
  const o = new Outcome(at).by('§3.9.2.2');
  // RFC 5927 §4.1.
  const isBelieved = isInFlight && at.una < at.nxt;
  if (!isBelieved || at.state === 'CLOSED' || at.state === 'LISTEN') return o;
  if (kind === 'fragmentation needed') return isTold(at.state) ? again(o.by('RFC 1191')) : o;
  if (isTold(at.state)) {
    // DEVIATION (`unreachable.ts`): not even a hard error ends a synchronized connection.
    o.tell('SOFT_ERROR EHOSTUNREACH');
    return o;
  }
  if (at.isEntry) {
    if (kind === 'port unreachable') o.enter('LISTEN');
    return o;
  }
  if (kind === 'port unreachable') return o.end('ECONNREFUSED');
  // MUST-56: soft errors end nothing.
  o.tell('SOFT_ERROR EHOSTUNREACH');
  return o;
}
