/**
 * Options of a connection or listener, as `abi.ts` lists them; an accepted connection has its
 * listener's.
 */
import { Controller, Option, Result, State, Timer } from '../abi';
import { markReady } from './marks';
import { trustPath } from './path-mtu';
import { choose } from './rate/congestion';
import { repace } from './rate/pacing';
import { giveUpAt } from './loss/rto';
import { armedFor, Fixed, Flag, lower, Passive, raise, Tcb } from './tcb';
import { now } from '../time';
import { setKeepAlive } from './timeouts';
import { arm } from './timers';


/** Largest buffer a window can offer: a shift of 14. */
const MAX_BUFFER: u32 = 1 << 30;

/** Sets an option; INVALID_ARGUMENT when the value is out of its range. */
export function setOption(tcb: Tcb, option: Option, value: u32): Result {
  switch (option) {
    case Option.NAGLE:
      return turn(tcb, Flag.NAGLE_OFF, value == 0); // MUST-17
    case Option.CORK:
      return turn(tcb, Flag.CORK, value != 0);
    case Option.REUSE_PORT:
      return turn(tcb, Flag.REUSE_PORT, value != 0);
    case Option.ANY_DESTINATION:
      return takeSyns(tcb, Passive.ANY_DESTINATION, value != 0);
    case Option.ASK:
      return takeSyns(tcb, Passive.ASK, value != 0);
    case Option.IPV6_ONLY:
      return takeSyns(tcb, Passive.IPV6_ONLY, value != 0);
    case Option.BLACK_HOLE_DETECTION:
      trustPath(tcb, value == 0);
      return Result.OK;
    case Option.KEEP_ALIVE:
      setKeepAlive(tcb, value != 0); // MUST-24, MUST-25
      return Result.OK;
    case Option.DELAYED_ACK_MS:
      if (value >= 500) return Result.INVALID_ARGUMENT; // MUST-40
      tcb.delayedAckMs = <u16>value;
      return Result.OK;
    case Option.KEEP_ALIVE_IDLE_MS:
      tcb.keepAliveIdleMs = max<u32>(value, 1); // MUST-27
      return Result.OK;
    case Option.KEEP_ALIVE_INTERVAL_MS:
      tcb.keepAliveIntervalMs = max<u32>(value, 1);
      return Result.OK;
    case Option.USER_TIMEOUT_MS:
      setUserTimeout(tcb, value);
      return Result.OK;
    case Option.FIN_WAIT_2_MS:
      tcb.finWait2Ms = max<u32>(value, 1);
      return Result.OK;
    default:
      return setSized(tcb, option, value);
  }
}

/**
 * Sets the user timeout. Timers that the old one has brought forward go back to their own time, and
 * none is due after the new one.
 */
function setUserTimeout(tcb: Tcb, millis: u32): void {
  const wasBounded = tcb.userTimeoutMs != 0;
  tcb.userTimeoutMs = millis; // MUST-21
  moveTimer(tcb, Timer.RETRANSMIT, wasBounded);
  moveTimer(tcb, Timer.PERSIST, wasBounded);
}

function moveTimer(tcb: Tcb, timer: Timer, wasBounded: bool): void {
  const due = armedFor(tcb, timer);
  if (due == 0) return;
  const own = wasBounded ? max(due, now() + tcb.rtt.rto) : due;
  // A timeout that has run out already ends the connection now.
  const end = tcb.userTimeoutMs == 0 ? own : max(giveUpAt(tcb, 0), now());
  arm(tcb, timer, min(own, end));
}

function turn(tcb: Tcb, flag: Flag, on: bool): Result {
  if (on) raise(tcb, flag);
  else lower(tcb, flag);
  // What Nagle or the cork held back may go now.
  markReady(tcb);
  return Result.OK;
}

/** How a listener is to take SYNs, which is settled before it does. */
function takeSyns(tcb: Tcb, how: Passive, on: bool): Result {
  if (tcb.state != State.CLOSED) return Result.NOT_SUPPORTED_IN_THIS_STATE;
  tcb.passive = <u8>(on ? tcb.passive | how : tcb.passive & ~how);
  return Result.OK;
}

/** Options that are a size or an octet. */
function setSized(tcb: Tcb, option: Option, value: u32): Result {
  switch (option) {
    case Option.RECEIVE_BUFFER:
      if (value == 0 || value > MAX_BUFFER) return Result.INVALID_ARGUMENT;
      tcb.rcv.buffer = value;
      tcb.fixed |= <u8>Fixed.RECEIVE;
      return Result.OK;
    case Option.SEND_BUFFER:
      if (value == 0 || value > MAX_BUFFER) return Result.INVALID_ARGUMENT;
      tcb.snd.buffer = value;
      tcb.fixed |= <u8>Fixed.SEND;
      return Result.OK;
    case Option.KEEP_ALIVE_COUNT:
      if (value == 0 || value > 255) return Result.INVALID_ARGUMENT;
      tcb.keepAliveCount = <u8>value;
      return Result.OK;
    case Option.QUICK_ACKS:
      if (value > 255) return Result.INVALID_ARGUMENT;
      tcb.rcv.quickAcks = <u8>value;
      return Result.OK;
    case Option.CONGESTION_CONTROL:
      if (value >= <u32>Controller.COUNT) return Result.INVALID_ARGUMENT;
      choose(tcb, <Controller>value);
      return Result.OK;
    case Option.NOT_SENT_LOW_WATER:
      tcb.snd.notSentLowWater = value;
      return Result.OK;
    case Option.MAX_PACING_RATE:
      tcb.rates.most = value;
      repace(tcb);
      markReady(tcb);
      return Result.OK;
    case Option.DIFFSERV:
      if (value > 255) return Result.INVALID_ARGUMENT;
      tcb.diffserv = <u8>(value & 0xfc); // MUST-48, SHLD-21
      return Result.OK;
    case Option.HOP_LIMIT:
      if (value == 0 || value > 255) return Result.INVALID_ARGUMENT;
      tcb.hopLimit = <u8>value; // MUST-49
      return Result.OK;
    case Option.MAX_SEGMENT_SIZE:
      if (value > 65_495 || (value != 0 && value < 64)) return Result.INVALID_ARGUMENT;
      if (tcb.state > State.LISTEN) return Result.NOT_SUPPORTED_IN_THIS_STATE;
      tcb.snd.mssLimit = <u16>value;
      return Result.OK;
    default:
      return Result.INVALID_ARGUMENT;
  }
}
