/**
 * The filters of ss(8): which states, and an expression over addresses and ports.
 *
 *     state established state time-wait ( sport = :80 or dst 10.0.0.0/8 ) and not dport gt :1024
 *
 * Operators and their other spellings are ss's (`expression.ts`), and `and` may be left out. Its
 * manual has `and` bind more than `or`; ss itself does not do so, and a filter shall find here what
 * it finds there.
 *
 * Not here: families other than IP's, devices, marks and control groups, which the sockets of a
 * stack do not have.
 */
import { readFileSync } from 'node:fs';
import { isIP, parseAddress, samePrefix } from '../../host-web/address.ts';
import type { TcpInfo, TcpState } from '../../host-web/inspect.ts';
import { UsageError } from './arguments.ts';
import { Expression, type Predicate as Tested } from './expression.ts';

export type Predicate = Tested<TcpInfo>;

/** What a command line asks for. */
export interface SocketFilter {
  /** The states named; undefined when none was. */
  readonly states: ReadonlySet<TcpState> | undefined;
  readonly matches: Predicate;
}

// States -------------------------------------------------------------------------

const TCP_STATES: Readonly<Record<string, TcpState>> = {
  established: 'ESTABLISHED',
  'syn-sent': 'SYN-SENT',
  'syn-recv': 'SYN-RECEIVED',
  'fin-wait-1': 'FIN-WAIT-1',
  'fin-wait-2': 'FIN-WAIT-2',
  'time-wait': 'TIME-WAIT',
  closed: 'CLOSED',
  'close-wait': 'CLOSE-WAIT',
  'last-ack': 'LAST-ACK',
  listening: 'LISTEN',
  closing: 'CLOSING',
};

const ALL: readonly TcpState[] = Object.values(TCP_STATES);
const BUCKET: readonly TcpState[] = ['SYN-RECEIVED', 'TIME-WAIT'];

function without(...left: readonly TcpState[]): readonly TcpState[] {
  return ALL.filter((state) => !left.includes(state));
}

/** The names that stand for several states. */
const GROUPS: Readonly<Record<string, readonly TcpState[]>> = {
  all: ALL,
  connected: without('LISTEN', 'CLOSED'),
  synchronized: without('LISTEN', 'CLOSED', 'SYN-SENT'),
  bucket: BUCKET,
  big: without(...BUCKET),
};

/** States ss shows when it is asked for TCP and for no state in particular. */
export const CONNECTIONS: ReadonlySet<TcpState> = new Set(without('LISTEN', 'CLOSED', ...BUCKET));

function statesOf(name: string | undefined): readonly TcpState[] {
  if (name !== undefined && Object.hasOwn(GROUPS, name)) return GROUPS[name]!;
  if (name !== undefined && Object.hasOwn(TCP_STATES, name)) return [TCP_STATES[name]!];
  const known = [...Object.keys(TCP_STATES), ...Object.keys(GROUPS)].join(', ');
  throw new UsageError(`'${name ?? ''}' is not a state; there are ${known}`);
}

/** Reads `[state NAME]… [exclude NAME]… [EXPRESSION]`. @throws UsageError */
export function readFilter(words: readonly string[]): SocketFilter {
  let states: Set<TcpState> | undefined;
  let at = 0;
  for (; at < words.length; at += 2) {
    if (words[at] === 'state') {
      states = new Set([...(states ?? []), ...statesOf(words[at + 1])]);
    } else if (words[at] === 'exclude' || words[at] === 'excl') {
      const left = statesOf(words[at + 1]);
      states = new Set([...(states ?? ALL)].filter((state) => !left.includes(state)));
    } else {
      break;
    }
  }
  return { states, matches: new SocketExpression(words.slice(at).join(' ')).read() };
}

// Expressions --------------------------------------------------------------------

const FIELDS = ['src', 'dst', 'sport', 'dport'] as const;

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

/** Other spellings of the comparisons. */
const ALIASES: Readonly<Record<string, string>> = {
  '==': '=',
  eq: '=',
  ne: '!=',
  neq: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  leq: '<=',
  ge: '>=',
  geq: '>=',
};

/** Reads an expression of ss's. */
class SocketExpression extends Expression<TcpInfo> {
  protected readonly example = 'sport = :80 or dst 10.0.0.0/8';
  protected readonly mayOmitAnd = true;

  constructor(text: string) {
    super(text.match(/&&|\|\||[!<>=]=|[()!<>=&|]|[^\s()!<>=&|]+/g) ?? []);
  }

  protected primary(): Predicate {
    const field = FIELDS.find((name) => name === this.next);
    if (field === undefined) throw this.mistake('is neither src, dst, sport nor dport');
    this.step();
    const sign = this.take([...Object.keys(COMPARISONS), ...Object.keys(ALIASES)]) ?? '=';
    const comparison = ALIASES[sign] ?? sign;
    const value = this.next;
    if (value === undefined || /^[()!<>=&|]/.test(value)) {
      throw this.mistake(`should be what ${field} is compared with`);
    }
    this.step();
    if (field === 'sport' || field === 'dport') return portIs(field, comparison, value);
    if (comparison !== '=') {
      throw new UsageError(`${field} ${sign} is no comparison; write  not ${field} ${value}`);
    }
    return hostIs(field, value);
  }
}

function portIs(field: 'sport' | 'dport', comparison: string, value: string): Predicate {
  const wanted = readPortOf(value.replace(/^(inet6?:)?:?/, ''));
  const compare = COMPARISONS[comparison]!;
  const port = field === 'sport' ? localPort : remotePort;
  return (socket) => compare(port(socket), wanted);
}

function hostIs(field: 'src' | 'dst', value: string): Predicate {
  const [, family, host, bits, port] = splitHost(value);
  const address = field === 'src' ? localAddress : remoteAddress;
  const portAt = field === 'src' ? localPort : remotePort;
  const wantedPort = port === undefined || port === '*' ? undefined : readPortOf(port);
  const isPort: Predicate = (socket) => wantedPort === undefined || portAt(socket) === wantedPort;
  if (host === undefined || host === '' || host === '*') return isPort;
  const octets = parseAddress(host);
  const most = octets === undefined ? -1 : 8 * octets.length;
  const prefix = bits === undefined ? most : Number(bits);
  const isFamily = family === undefined || isIP(host) === (family === 'inet' ? 4 : 6);
  if (octets === undefined || prefix > most || !isFamily) {
    throw new UsageError(
      `${field} ${value}: that is not an address, such as 10.0.0.1, 10.0.0.0/8:80, [fd00::1]:80`,
    );
  }
  return (socket) => {
    const own = parseAddress(address(socket));
    return own?.length === octets.length && samePrefix(own, octets, prefix) && isPort(socket);
  };
}

/** Family, address, prefix and port of `[inet:]ADDRESS[/PREFIX][:PORT]`. */
function splitHost(value: string): readonly (string | undefined)[] {
  const bare = value.replace(/^inet6?:/, '');
  const family = bare === value ? undefined : value.slice(0, value.indexOf(':'));
  const [address = '', bits] = bare.split('/');
  if (isIP(address) === 6 && (bits === undefined || /^\d+$/.test(bits))) {
    return [value, family, address, bits];
  }
  const pattern = /^(?:\[([^\]]*)\]|([^:/]*))(?:\/(\d+))?(?::([\w*-]+))?$/;
  const [, bracketed, plain, prefix, port] = pattern.exec(bare) ?? [];
  const host = bracketed ?? plain ?? 'nothing';
  return [value, family, host, prefix, port];
}

function localAddress(socket: TcpInfo): string {
  return socket.localAddress;
}

function localPort(socket: TcpInfo): number {
  return socket.localPort;
}

/** A listener's peer is anybody of its family. */
function remoteAddress(socket: TcpInfo): string {
  if (socket.remoteAddress !== '') return socket.remoteAddress;
  return socket.localAddress.includes(':') ? '::' : '0.0.0.0';
}

function remotePort(socket: TcpInfo): number {
  return socket.remotePort;
}

/** A port by number or by the name that /etc/services gives it. */
function readPortOf(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : portNamed(text);
  if (number === undefined || number > 65_535) {
    throw new UsageError(`'${text}' is not a port, such as :80 or :http`);
  }
  return number;
}

function portNamed(name: string): number | undefined {
  let text: string;
  try {
    text = readFileSync('/etc/services', 'utf8');
  } catch {
    return undefined;
  }
  for (const line of text.split('\n')) {
    const [first, port, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const [, number] = /^(\d+)\/tcp$/.exec(port ?? '') ?? [];
    if (number !== undefined && (first === name || aliases.includes(name))) return Number(number);
  }
  return undefined;
}
