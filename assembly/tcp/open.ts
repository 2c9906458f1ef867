/**
 * OPEN (RFC 9293 §3.10.1), active and passive, and ACCEPT, which RFC 9293 leaves to the user
 * interface.
 */
import { Call, Counter, Endpoint, Reason, Result, Signal, State, TraceKind } from '../abi';
import { count } from '../counters';
import { isLocal, isUnicast } from '../ip/address';
import { sourceFor } from '../ip/route';
import { firstHop } from '../ip/source-route';
import { config } from '../limits';
import { ports, tcbs } from '../pools';
import { beginChain } from '../store/chain';
import { shift } from '../store/queue';
import { random } from '../random';
import { trace } from '../trace';
import { isIpv4, isLoopback, isUnspecified } from '../wire/address';
import { shiftOf } from './autotune';
import { insertListener, insertTcb, isTaken } from './demux';
import { choosePort, isFree } from './ephemeral';
import { flowLabel, initialSequenceNumber, originOf, timestampOffset } from './isn';
import { markReady, signal } from './marks';
import { offer } from './negotiate';
import { claimTcb } from './orphans';
import { lt } from './seq';
import { enter } from './state';
import { beginBacklog, Flag, handleOf, lower, Passive, raise, Tcb, tcbAt, TUPLE } from './tcb';
import { mayBegin, reuseTimeWait } from './time-wait';

/**
 * Prepares a connection: a TCB in CLOSED, whose options can be set before its SYN leaves.
 *
 * @returns a handle, or -INSUFFICIENT_RESOURCES
 */
export function create(): i32 {
  const tcb = claimTcb();
  return tcb == null ? -Result.INSUFFICIENT_RESOURCES : handleOf(tcb);
}

/**
 * Active OPEN of a created connection to the remote socket in the ENDPOINT window.
 *
 * The local address may be unspecified: it is then the one packets to the remote leave from
 * (MUST-44). The local port may be 0: it is then chosen by RFC 6056. A source route is IPv4's and
 * for the wire, so with one the remote must be, too (INVALID_ARGUMENT).
 */
export function openActive(tcb: Tcb, to: Endpoint): Result {
  // DEVIATION: §3.10.1 lets an active OPEN turn a LISTEN into SYN-SENT, and §3.10.2 a SEND. A
  // listener here serves many and stays one; nobody has used that arrow since sockets(7).
  if (tcb.state != State.CLOSED || tcb.snd.iss != 0) return Result.CONNECTION_ALREADY_EXISTS;
  if (to.remotePort == 0 || to.remotePort > 65_535 || to.localPort > 65_535) {
    return Result.REMOTE_SOCKET_UNSPECIFIED;
  }
  if (!isUnicast(to.remote0, to.remote1)) {
    return Result.CONNECTION_ILLEGAL_FOR_THIS_PROCESS; // MUST-46
  }
  const mayTakeSourceRoute = isIpv4(to.remote0, to.remote1) && !isLocal(to.remote0, to.remote1);
  if (tcb.sourceRoute != 0 && !mayTakeSourceRoute) return Result.INVALID_ARGUMENT;
  if (!mayBegin(0)) return Result.INSUFFICIENT_RESOURCES;
  const addressed = setSockets(tcb, to);
  if (addressed != Result.OK) return addressed;

  const tuple = changetype<usize>(tcb) + TUPLE;
  const origin = originOf(tuple);
  tcb.snd.iss = initialSequenceNumber(origin);
  const old = reuseTimeWait(tcb);
  if (old != 0 && !lt(old, tcb.snd.iss)) tcb.snd.iss = old + 65_536; // RFC 6191
  tcb.ts.offset = timestampOffset(origin);
  tcb.flowLabel = flowLabel(tuple);
  beginSequence(tcb);
  tcb.rcv.shift = <u8>shiftOf(tcb);
  tcb.rcv.wnd = tcb.rcv.buffer;
  offer(tcb);
  raise(tcb, Flag.ACTIVE | Flag.SYN_NOW | Flag.SYN_UNACKED); // MUST-11
  insertTcb(tcb);
  enter(tcb, State.SYN_SENT, Reason.USER_OPEN);
  count(Counter.TcpActiveOpens);
  markReady(tcb);
  return Result.OK;
}

/** Begins our sequence space at ISS: the SYN has it, text follows. */
function beginSequence(tcb: Tcb): void {
  const snd = tcb.snd;
  snd.una = snd.nxt = snd.up = snd.iss;
  snd.end = snd.iss + 1;
  tcb.cc.recoveryPoint = snd.iss; // RFC 6582 §3.2a
  beginChain(tcb.outgoing, snd.end);
}

function setSockets(tcb: Tcb, to: Endpoint): Result {
  const next = tcb.sourceRoute == 0 ? to.remote1 : firstHop(tcb.sourceRoute);
  const source = sourceFor(to.remote0, next);
  if (source == null) {
    count(Counter.IpOutNoRoutes);
    return Result.NETWORK_UNREACHABLE;
  }
  tcb.remote0 = to.remote0;
  tcb.remote1 = to.remote1;
  tcb.remotePort = <u16>to.remotePort;
  tcb.local0 = source.a0; // MUST-44, MUST-45
  tcb.local1 = source.a1;
  if (!isUnspecified(to.local0, to.local1)) {
    if (!isLocal(to.local0, to.local1)) return Result.ADDRESS_NOT_AVAILABLE;
    if (isIpv4(to.local0, to.local1) != isIpv4(to.remote0, to.remote1)) {
      return Result.INVALID_ARGUMENT;
    }
    // The loopback leads nowhere else.
    if (isLoopback(to.local0, to.local1) && !isLocal(to.remote0, to.remote1)) {
      return Result.INVALID_ARGUMENT;
    }
    tcb.local0 = to.local0; // MUST-43
    tcb.local1 = to.local1;
  }
  if (to.localPort == 0) return choosePort(tcb) ? Result.OK : Result.NO_PORT_AVAILABLE;
  tcb.localPort = <u16>to.localPort;
  return isFree(tcb) ? Result.OK : Result.CONNECTION_ALREADY_EXISTS;
}

/**
 * Passive OPEN of a created connection on the local socket in the ENDPOINT window.
 *
 * All zero is any address of ours, the mapped 0.0.0.0 any of IPv4, and port 0 any port, of a
 * listener that takes what is for others (Option.ANY_DESTINATION). Existing connections on the port
 * are not disturbed (MUST-41, MUST-42).
 */
export function openPassive(tcb: Tcb, at: Endpoint, backlog: u32): Result {
  if (tcb.state != State.CLOSED || tcb.snd.iss != 0) return Result.CONNECTION_ALREADY_EXISTS;
  const isForAny = (tcb.passive & Passive.ANY_DESTINATION) != 0;
  if ((at.localPort == 0 && !isForAny) || at.localPort > 65_535) return Result.INVALID_ARGUMENT;
  // A listener answers each peer the way it came.
  if (tcb.sourceRoute != 0) return Result.INVALID_ARGUMENT;
  const any = isUnspecified(at.local0, at.local1);
  if (!any && !isForAny && !isLocal(at.local0, at.local1)) return Result.ADDRESS_NOT_AVAILABLE;
  if (ports().used == config().listeners) return Result.INSUFFICIENT_RESOURCES;
  tcb.local0 = at.local0;
  tcb.local1 = at.local1;
  tcb.localPort = <u16>at.localPort;
  if (isTaken(tcb)) return Result.ADDRESS_IN_USE;
  // A listener's weight among those that share its socket.
  tcb.flowLabel = <u32>random();
  beginBacklog(tcb, max<u32>(backlog, 1)); // RFC 4987 §3.2
  enter(tcb, State.LISTEN, Reason.USER_OPEN);
  insertListener(tcb); // MUST-41, MUST-42
  return Result.OK;
}

/**
 * Takes the oldest connection of a listener's accept queue.
 *
 * @returns a handle; 0 when the queue is empty
 */
export function accept(listener: Tcb): i32 {
  if (listener.state != State.LISTEN) return -Result.NOT_SUPPORTED_IN_THIS_STATE;
  const index = shift(listener.backlog.queue, tcbs(), 0);
  if (index == 0) return 0;
  listener.backlog.waiting--;
  const tcb = tcbAt(index);
  lower(tcb, Flag.UNACCEPTED);
  // What was signalled while it waited is fetched from now on.
  if (tcb.signals != 0) signal(tcb, Signal.NONE);
  trace(TraceKind.CALL, handleOf(tcb), tcb.state, Reason.NONE, Call.ACCEPT, 0, 0, 0);
  return handleOf(tcb);
}
