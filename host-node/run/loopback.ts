/**
 * One localhost for all processes and workers of a program, each of which has a stack of its own.
 *
 * A connect to the loopback is its own stack's where that has a listener for it, as fast as ever.
 * Where not, the switch is asked who of the program listens there (`program-ports.ts`); and the
 * connection goes from an inner address to another (`inner.ts`). Programs, and `netcell ss`, see
 * the addresses that those stand for.
 */
import type { TcpInfo } from '../../host-web/inspect.ts';
import type { RawListener } from '../../host-web/raw/raw.ts';
import type { Stack } from '../../host-web/stack.ts';
import { ANY, isLoopback } from '../net/names.ts';
import { type Place, portsOf } from '../net/ports.ts';
import { innerOf, outerOf } from './inner.ts';
import type { StreamLink } from './join.ts';
import { exactOf, type Said, type Told } from './program-ports.ts';

/** What has been answered. */
type Answer = Extract<Told, { id: number }>;

/** How long a listener waits to hear whether its port is free, milliseconds, and each nap of it. */
const PATIENCE = 500;
const NAP = 0.05;

export class Loopback {
  readonly #stack: Stack;
  readonly #link: StreamLink;
  readonly #index: number;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  /** Numbers by which the switch knows listeners. */
  readonly #claims = new Map<RawListener, number>();
  #count = 0;

  /**
   * @param index of all processes that have joined, which this is
   * @param onGone hears of another one that is over
   */
  constructor(stack: Stack, link: StreamLink, index: number, onGone: (index: number) => void) {
    this.#stack = stack;
    this.#link = link;
    this.#index = index;
    link.onMessage = (message) => {
      const told = message as Exclude<Told, { device: boolean }>;
      if ('gone' in told) onGone(told.gone);
      else this.#asked.get(told.id)?.(told);
    };
    for (const address of ['127.0.0.1', '::1']) this.#own(address);
  }

  #say(said: Said): void {
    this.#link.tell(said);
  }

  /** The inner address of one of the loopback, the stack's from here on; undefined without room. */
  #own(loopback: string): string | undefined {
    const address = innerOf(this.#index, loopback);
    if (this.#stack.addresses.includes(address)) return address;
    try {
      this.#stack.addAddress(`${address}/128`);
      return address;
    } catch {
      return undefined;
    }
  }

  // Listening ------------------------------------------------------------------------

  /**
   * Tells of a listener, and waits for the answer, as listen(2) has one at once.
   *
   * @returns false where another process of the program has that port of localhost
   */
  claim(listener: RawListener, place: Place): boolean {
    const { address } = place;
    if (!isLoopback(address) && address !== ANY[4] && address !== ANY[6]) return true;
    const id = ++this.#count;
    let answer: Answer | undefined;
    this.#asked.set(id, (told) => (answer = told));
    this.#say({ say: 'listen', id, place });
    const until = performance.now() + PATIENCE;
    while (answer === undefined && performance.now() < until) {
      // What waits to be written is written by nobody meanwhile.
      if (!this.#link.isFlushed || !this.#link.readNow(NAP)) break;
    }
    this.#asked.delete(id);
    if (answer?.isFree === false) return false;
    this.#claims.set(listener, id);
    return true;
  }

  unclaim(listener: RawListener): void {
    const id = this.#claims.get(listener);
    if (id === undefined) return;
    this.#claims.delete(listener);
    this.#say({ say: 'leave', id });
  }

  /**
   * Where a listener stands besides, for others of the program; undefined where it need not: one of
   * all addresses has the inner ones, too.
   */
  besides({ address }: Place): string | undefined {
    const isReached = address === ANY[6] || !isLoopback(exactOf({ address }));
    return isReached ? undefined : this.#own(exactOf({ address }));
  }

  // Connecting -----------------------------------------------------------------------

  /**
   * Looks who listens at a port of the loopback, where this process does not.
   *
   * @param bound where the connection is to come from
   * @param found is called later: with two inner addresses, or with none where nobody does
   * @returns whether it will be called
   */
  locate(
    address: string,
    port: number,
    bound: string | undefined,
    found: (at?: string, from?: string) => void,
  ): boolean {
    const isOurs = portsOf(this.#stack).takersOf(address, port).length > 0;
    if (!isLoopback(address) || isOurs || this.#link.isClosed) return false;
    const id = ++this.#count;
    this.#asked.set(id, ({ at }) => {
      this.#asked.delete(id);
      if (at === undefined) found();
      else found(at, this.#from(at, bound));
    });
    this.#say({ say: 'find', id, address, port });
    return true;
  }

  #from(at: string, bound: string | undefined): string | undefined {
    const isIpv6 = outerOf(at).includes(':');
    const isSame = bound !== undefined && isLoopback(bound) && bound.includes(':') === isIpv6;
    const first = isIpv6 ? '::1' : '127.0.0.1';
    return this.#own(isSame ? bound : first) ?? this.#own(first);
  }

  /** The link is gone: who has asked is alone. */
  end(): void {
    for (const [id, answer] of this.#asked) answer({ id });
  }

  // Looking ----------------------------------------------------------------------------

  /** A socket as its program sees it; undefined for one that it does not know of. */
  shown(socket: TcpInfo): TcpInfo | undefined {
    const localAddress = outerOf(socket.localAddress);
    if (socket.state === 'LISTEN' && localAddress !== socket.localAddress) return undefined;
    return { ...socket, localAddress, remoteAddress: outerOf(socket.remoteAddress) };
  }
}
