/**
 * The table of sockets, in the columns and words of `ss` (iproute2), so that what reads `ss` reads
 * this.
 *
 * Not here: where the sockets come from, and which are shown.
 */
import { formatEndpoint } from '../../host-web/address.ts';
import type { TcpInfo, TcpState, TimerName } from '../../host-web/inspect.ts';

/** States as `ss` abbreviates them, where it does. */
const STATES: Readonly<Partial<Record<TcpState, string>>> = {
  CLOSED: 'UNCONN',
  ESTABLISHED: 'ESTAB',
  'SYN-RECEIVED': 'SYN-RECV',
};

/** Timers as `ss -o` names them; the others it does not show. */
const TIMERS: Readonly<Partial<Record<TimerName, string>>> = {
  RETRANSMIT: 'on',
  'SYN-ACK': 'on',
  PERSIST: 'persist',
  KEEP_ALIVE: 'keepalive',
  LINGER: 'timewait',
  'TIME-WAIT': 'timewait',
};

const HEADINGS = ['State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port'] as const;

/** What is shown besides the columns, by the letters of ss. */
export interface TableOptions {
  /** -i */
  readonly info?: boolean;
  /** -H: no heading. */
  readonly bare?: boolean;
  /** -O: what would be a second line follows on the first. */
  readonly oneLine?: boolean;
  /** A first column with the protocol, as where ss was asked for several. */
  readonly netid?: boolean;
  /** No column for the state, as where ss was asked for one alone. */
  readonly noState?: boolean;
  /** -p, -e, -m: whose a socket is, its number, and its buffers. */
  readonly owner?: (socket: TcpInfo) => string;
  readonly extended?: (socket: TcpInfo) => string;
  readonly memory?: (socket: TcpInfo) => string;
}

/** Prints sockets as a table; with `info`, a second line about each connection. */
export function socketTable(sockets: readonly TcpInfo[], options: TableOptions = {}): string {
  const { owner, extended, memory, noState = false, netid = false } = options;
  const cells = (row: readonly string[]) => [
    ...(netid ? [row[0]!] : []),
    ...row.slice(noState ? 2 : 1),
  ];
  const heading = cells(['Netid', ...HEADINGS]);
  const rows = sockets.map((socket) =>
    cells([
      protocolOf(socket),
      STATES[socket.state] ?? socket.state,
      String(socket.receiveQueue),
      String(socket.sendQueue),
      localOf(socket),
      remoteOf(socket),
    ]),
  );
  const widths = heading.map((title, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]!.length), title.length),
  );
  const line = (row: readonly string[], end: string) =>
    `${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' ')} ${end}`.trimEnd();
  const lines = options.bare ? [] : [line(heading, owner === undefined ? '' : 'Process')];
  for (const [i, socket] of sockets.entries()) {
    const isListening = socket.state === 'LISTEN';
    const ends = [owner?.(socket), isListening ? queuesOf(socket) : timerOf(socket)];
    const first = line(rows[i]!, joined([...ends, extended?.(socket)]));
    const isInfo = options.info === true && !isListening && protocolOf(socket) === 'tcp';
    const second = joined([memory?.(socket), isInfo ? infoOf(socket) : '']);
    if (options.oneLine) lines.push(joined([first, second]));
    else lines.push(first, ...(second === '' ? [] : [`\t ${second}`]));
  }
  return lines.join('\n');
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part).join(' ');
}

/** What the first column has, where there is one. */
function protocolOf(socket: TcpInfo & { readonly protocol?: string }): string {
  return socket.protocol ?? 'tcp';
}

function localOf({ localAddress, localPort }: TcpInfo): string {
  // `ss` writes any address of both families with a star.
  return localAddress === '::' ? `*:${localPort}` : formatEndpoint(localAddress, localPort);
}

function remoteOf(socket: TcpInfo): string {
  const { state, localAddress, remoteAddress, remotePort } = socket;
  const isOpen = state === 'CLOSED' && protocolOf(socket) === 'udp';
  if (state !== 'LISTEN' && !isOpen) return formatEndpoint(remoteAddress, remotePort);
  if (localAddress === '::') return '*:*';
  return localAddress.includes(':') ? '[::]:*' : '0.0.0.0:*';
}

/**
 * A listener's SYN queue and its bound, which `ss` has no column for. Its accept queue is Recv-Q,
 * whose bound is Send-Q.
 */
function queuesOf({ synQueue, sendQueue }: TcpInfo): string {
  return `syn:${synQueue}/${sendQueue}`;
}

function timerOf({ timer, timerMs, retransmits }: TcpInfo): string {
  const name = timer === null ? undefined : TIMERS[timer];
  return name === undefined ? '' : `timer:(${name},${remaining(timerMs)},${retransmits})`;
}

/** Time as `ss` writes it: `41sec`, `5.320ms` for seconds with a fraction, `200ms`, `119min`. */
export function remaining(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const seconds = Math.floor(milliseconds / 1000) % 60;
  const rest = String(milliseconds % 1000).padStart(3, '0');
  if (minutes > 9) return `${minutes}min`;
  if (minutes > 0) return `${minutes}min${seconds > 0 ? `${seconds}sec` : ''}`;
  if (seconds > 9) return `${seconds}sec`;
  if (seconds > 0) return rest === '000' ? `${seconds}sec` : `${seconds}.${rest}ms`;
  return `${rest}ms`;
}

/** What `ss -i` says of a connection, as far as it is known here. */
function infoOf(socket: TcpInfo): string {
  const words: string[] = [];
  const say = (word: string, isSaid: unknown) => {
    if (isSaid) words.push(word);
  };
  const millis = (value: number) => String(Math.round(value * 1000) / 1000);
  say('ts', socket.timestamps);
  say('sack', socket.sack);
  say('ecn', socket.ecn);
  say('ecnseen', socket.ecnseen);
  say(`wscale:${socket.snd_wscale},${socket.rcv_wscale}`, socket.wscale);
  say(`rto:${millis(socket.rto)}`, socket.rto);
  say(`rtt:${millis(socket.rtt)}/${millis(socket.rttvar)}`, socket.rtt);
  say(`mss:${socket.snd_mss}`, socket.snd_mss);
  say(`rcvmss:${socket.rcv_mss}`, socket.rcv_mss);
  // `ss` counts congestion windows in segments.
  const segments = (octets: number) => Math.max(1, Math.floor(octets / socket.snd_mss));
  say(`cwnd:${segments(socket.cwnd)}`, socket.snd_mss && socket.cwnd);
  const isKnown = socket.snd_mss && socket.ssthresh && socket.ssthresh < 0x7fff_ffff;
  say(`ssthresh:${segments(socket.ssthresh)}`, isKnown);
  say(`bytes_acked:${socket.bytes_acked}`, socket.bytes_acked);
  say(`bytes_received:${socket.bytes_received}`, socket.bytes_received);
  say(`segs_out:${socket.segs_out}`, socket.segs_out);
  say(`segs_in:${socket.segs_in}`, socket.segs_in);
  // What another version's process does not tell is nothing.
  const count = (octets = 0) => (socket.snd_mss ? Math.ceil(octets / socket.snd_mss) : 0);
  const { unacked, retrans, lost, sacked, dsack_dups, reord_seen, min_rtt } = socket;
  const { pacing_rate, delivery_rate } = socket;
  say(`pacing_rate ${pacing_rate}bps`, pacing_rate);
  say(`delivery_rate ${delivery_rate}bps`, delivery_rate);
  say('app_limited', socket.app_limited);
  const { busy, notsent } = socket;
  const shareOf = (millis: number) => `${millis}ms(${((100 * millis) / busy).toFixed(1)}%)`;
  say(`busy:${busy}ms`, busy);
  for (const name of ['rwnd_limited', 'sndbuf_limited'] as const) {
    say(`${name}:${shareOf(socket[name])}`, busy && socket[name]);
  }
  say(`unacked:${count(unacked)}`, count(unacked));
  say(`retrans:${count(retrans)}/${socket.total_retrans}`, socket.total_retrans);
  say(`lost:${count(lost)}`, count(lost));
  say(`sacked:${count(sacked)}`, count(sacked));
  say(`dsack_dups:${dsack_dups}`, dsack_dups);
  say(`reord_seen:${reord_seen}`, reord_seen);
  say(`rcv_rtt:${millis(socket.rcv_rtt)}`, socket.rcv_rtt);
  say(`rcv_space:${socket.rcv_space}`, socket.rcv_space);
  say(`rcv_ssthresh:${socket.rcv_ssthresh}`, socket.rcv_ssthresh);
  say(`notsent:${notsent}`, notsent);
  say(`minrtt:${millis(min_rtt)}`, min_rtt);
  say(`snd_wnd:${socket.snd_wnd}`, socket.snd_wnd);
  return words.join(' ');
}
