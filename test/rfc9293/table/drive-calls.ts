/** Drives the core through the cells that are not segments: calls, timeouts and ICMP errors. */
import { Option, Reason, Timer, TraceKind } from '../../../host-web/abi.ts';
import { type TraceRecord } from '../../dsl/ladder.ts';
import { ACK, encode, onesSum, packetOf } from '../../dsl/segment.ts';
import { octetsOf } from '../../dsl/stack.ts';
import { answered, type Bench } from './drive.ts';
import { type Facts, isTold } from './model.ts';
import { nameSockets } from './rows.ts';
import { type Call, SENT } from './rules-calls.ts';
import { ICMP, type Icmp, type Timeout } from './rules-timeouts.ts';

/** Makes a call on what the user holds; answers what it answers. */
function make(bench: Bench, call: Call): string {
  const { core, made } = bench;
  const { handle } = made.host;
  switch (call) {
    case 'OPEN passive':
      nameSockets(made, false);
      return answered(core.listen(handle, 8));
    case 'OPEN active':
      nameSockets(made, true);
      return answered(core.connect(handle));
    case 'ACCEPT':
      return answered(core.accept(handle));
    case 'SEND':
      core.textWindow.fill(32, 0, SENT);
      return answered(core.send(handle, SENT));
    case 'RECEIVE':
      return answered(core.receive(handle, core.textWindow.length));
    case 'CLOSE':
      return answered(core.close(handle));
    case 'ABORT':
      return answered(core.abort(handle));
    case 'STATUS':
      return answered(core.status(handle));
    default:
      return answered(core.release(handle));
  }
}

export function driveCall(bench: Bench, call: Call): Facts {
  return bench.cell(() => make(bench, call));
}

/** What happens before the peer falls silent. */
function prepare(bench: Bench, kind: Timeout): void {
  const { at, core, made } = bench;
  const bare = { ctl: ACK, seq: at.rcvNxt, ack: at.una, text: '', up: 0 };
  switch (kind) {
    case 'FIN-WAIT-2 orphan':
      core.release(made.host.handle);
      return;
    case 'persist':
      bench.arrive(bare, 0);
      return;
    case 'keep-alive':
    case 'keep-alive, 10th':
      core.setOption(made.host.handle, Option.KEEP_ALIVE, 1);
      if (isTold(at.state) && at.una < at.textEnd) bench.arrive({ ...bare, ack: at.textEnd });
      return;
    case 'delayed ACK':
      bench.arrive({ ...bare, text: 'ab' });
      return;
    default:
      return;
  }
}

/** How the trace shows that a timeout has come. */
function hasCome(kind: Timeout, event: TraceRecord): boolean {
  const isTimer = (timer: Timer) =>
    event.kind === TraceKind.TIMER && event.numbers[0] === (timer as number);
  const isEnd = (...reasons: Reason[]) =>
    event.kind === TraceKind.STATE && reasons.includes(event.reason);
  switch (kind) {
    case 'retransmission':
      return isTimer(Timer.RETRANSMIT);
    case 'user timeout':
      return isEnd(Reason.USER_TIMEOUT, Reason.SYN_ACK_TIMEOUT);
    case '2 MSL':
      return isEnd(Reason.TIME_WAIT_OVER);
    case 'FIN-WAIT-2 orphan':
      return isEnd(Reason.FIN_WAIT_2_TIMEOUT);
    case 'persist':
      return isTimer(Timer.PERSIST);
    case 'keep-alive':
      return isTimer(Timer.KEEP_ALIVE);
    case 'keep-alive, 10th':
      return isEnd(Reason.KEEP_ALIVE_TIMEOUT);
    default:
      return isTimer(Timer.DELAYED_ACK);
  }
}

/** Lets a timeout come; `null` when it never does. */
export function driveTimeout(bench: Bench, kind: Timeout): Facts | null {
  let came = false;
  const facts = bench.cell(() => {
    prepare(bench, kind);
    bench.sent();
    bench.signals();
    let from = bench.core.traceCount() >>> 0;
    came = bench.until(() => {
      const events = bench.trace(from);
      from = bench.core.traceCount() >>> 0;
      // A SYN-queue entry has one timer, which the trace does not show.
      if (bench.at.isEntry && kind === 'retransmission') return true;
      return events.some((event) => hasCome(kind, event));
    });
    return 'runs out';
  });
  return came ? facts : null;
}

/** An ICMP error from a router, quoting a segment of ours with that sequence number. */
export function driveIcmp(bench: Bench, kind: Icmp, isInFlight: boolean): Facts {
  const { flow, iss } = bench.made.peer;
  const seq = (iss + bench.at.una - (isInFlight ? 0 : 1)) >>> 0;
  const ours = {
    source: flow.destination,
    destination: flow.source,
    sourcePort: flow.destinationPort,
    destinationPort: flow.sourcePort,
  };
  const quote = encode({ ctl: ACK, seq }, ours).subarray(0, 28);
  const message = new Uint8Array(8 + quote.length);
  message.set(ICMP[kind]);
  // The next hop's MTU.
  if (kind === 'fragmentation needed') new DataView(message.buffer).setUint16(6, 576);
  message.set(quote, 8);
  new DataView(message.buffer).setUint16(2, 0xffff - onesSum(message));
  const packet = packetOf(message, 1, octetsOf('10.0.0.99'), flow.destination);
  return bench.cell(() => {
    bench.packet(packet);
    return '';
  });
}
