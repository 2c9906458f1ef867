/**
 * The part of tcpdump's filter language (pcap-filter(7)) that tells one conversation from another:
 *
 *     tcp port 80 and not host 10.9.0.1
 *
 * `host`, `net` and `port`, each with `src` or `dst` and a protocol before it (`tcp`, `ip`, `ip6`),
 * the protocols alone, and a value alone behind `and` or `or`, which is of the kind of the one
 * before. Not here: octets of headers (`tcp[13]`), lengths, and links, of which a stack has none
 * but IP.
 */
import { parseAddress, samePrefix } from '../../host-web/address.ts';
import { UsageError } from './arguments.ts';
import { Expression, type Predicate } from './expression.ts';

/** What a filter looks at: the packets that a connection sends from here. */
export interface Addressed {
  readonly family: 4 | 6;
  /** 4 or 16 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Protocols a filter may name; all that a connection sends is of the first. */
const PROTOCOLS = ['tcp', 'ip', 'ip6'] as const;
const KINDS = ['host', 'net', 'port'] as const;
const WAYS = ['src', 'dst'] as const;

/** What stands before a value. */
interface Qualifier {
  readonly protocol: (typeof PROTOCOLS)[number] | undefined;
  readonly way: (typeof WAYS)[number] | undefined;
  readonly kind: (typeof KINDS)[number];
}

class PacketExpression extends Expression<Addressed> {
  protected readonly example = 'tcp port 80 and not host 10.9.0.1';
  protected readonly mayOmitAnd = false;
  #last: Qualifier | undefined;

  constructor(text: string) {
    super(text.match(/&&|\|\||[()!]|[^\s()!&|]+/g) ?? []);
  }

  protected primary(): Predicate<Addressed> {
    const protocol = this.take(PROTOCOLS) as Qualifier['protocol'];
    const way = this.take(WAYS) as Qualifier['way'];
    const kind = this.take(KINDS) as Qualifier['kind'] | undefined;
    if (protocol !== undefined && way === undefined && kind === undefined) {
      return ofProtocol(protocol);
    }
    const { next } = this;
    if (next === undefined || /^[()!&|]|^(and|or|not)$/.test(next)) {
      throw this.mistake('should be an address or a port');
    }
    const isBare = protocol === undefined && way === undefined && kind === undefined;
    const said: Qualifier = { protocol, way, kind: kind ?? 'host' };
    const qualifier: Qualifier = isBare ? (this.#last ?? said) : said;
    const matches = valueMatches(qualifier, next);
    if (matches === undefined) throw this.mistake(`is no ${qualifier.kind}`);
    this.#last = qualifier;
    this.step();
    if (qualifier.protocol === undefined) return matches;
    const isOfProtocol = ofProtocol(qualifier.protocol);
    return (packet) => isOfProtocol(packet) && matches(packet);
  }
}

function ofProtocol(name: (typeof PROTOCOLS)[number]): Predicate<Addressed> {
  if (name === 'tcp') return () => true;
  const family = name === 'ip' ? 4 : 6;
  return (packet) => packet.family === family;
}

/** Whether a packet has that value there; undefined when the text is none of that kind. */
function valueMatches({ way, kind }: Qualifier, text: string): Predicate<Addressed> | undefined {
  const either = (source: Predicate<Addressed>, destination: Predicate<Addressed>) => {
    if (way === 'src') return source;
    if (way === 'dst') return destination;
    return (packet: Addressed) => source(packet) || destination(packet);
  };
  if (kind === 'port') {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    if (!(port <= 65_535)) return undefined;
    return either(
      ({ sourcePort }) => sourcePort === port,
      ({ destinationPort }) => destinationPort === port,
    );
  }
  const [address = '', bits, ...rest] = text.split('/');
  const octets = parseAddress(address);
  if (octets === undefined || rest.length > 0 || (bits !== undefined && kind === 'host')) {
    return undefined;
  }
  const most = 8 * octets.length;
  const prefix = bits === undefined ? most : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix <= most)) return undefined;
  const isIn = (own: Uint8Array) => own.length === octets.length && samePrefix(own, octets, prefix);
  return either(
    ({ source }) => isIn(source),
    ({ destination }) => isIn(destination),
  );
}

/** Reads a filter; none is for everything. @throws UsageError */
export function readPacketFilter(text: string): Predicate<Addressed> {
  if (text.length > LONGEST) throw new UsageError('the filter is too long');
  return new PacketExpression(text).read();
}

/** Each level of a filter is a level of calls: this is of no more than some thousand. */
const LONGEST = 4096;
