/**
 * What the user of a simulated host may do, as plain data: a scenario's steps, the web page's
 * buttons and a branch's edits are all made of these.
 *
 * A connection is named as it is counted on its host, from 1: `A1` is the first A opened, `B1` the
 * first B accepted; a listener is `B:80`. Left out, it is the host's newest. Not here: doing them
 * (`app.ts`), and packets made by hand (`craft.ts`).
 */
import type { Crafted } from './craft.ts';

/** Where a connection goes: a host by its id, or an address. */
export interface Target {
  readonly to: string;
  readonly port: number;
  /** The local port; 40000 and up by default, for pictures that can be compared. */
  readonly from?: number;
}

/** Options of connections and listeners; `Option` in `abi.ts` says what each means. */
export interface SocketOptions {
  readonly noDelay?: boolean;
  readonly delayedAckMs?: number;
  readonly sendBuffer?: number;
  readonly receiveBuffer?: number;
  readonly maxSegmentSize?: number;
  readonly userTimeoutMs?: number;
  readonly keepAlive?: boolean;
  readonly keepAliveIdleMs?: number;
  readonly keepAliveIntervalMs?: number;
  readonly keepAliveCount?: number;
}

/** How the user of a connection behaves without being told. */
export interface Manners {
  /** Reads what arrives as it arrives; true by default. */
  readonly reads?: boolean;
  /** Closes when the peer has closed; true for what a listener accepts, false otherwise. */
  readonly closesAfterPeer?: boolean;
  /** Sends back what it reads. */
  readonly echoes?: boolean;
}

/** One thing a host's user does. `on` is the connection, `A1`; by default the newest. */
export type Action =
  | ({
      readonly do: 'listen';
      readonly port: number;
      readonly backlog?: number;
      /** Accepts connections as they come; true by default. */
      readonly accepts?: boolean;
    } & SocketOptions &
      Manners)
  | ({ readonly do: 'connect' } & Target & SocketOptions & Manners)
  /** Takes so many connections from the accept queue. */
  | { readonly do: 'accept'; readonly count?: number; readonly port?: number }
  /** From now on accepts as they come, or no more. */
  | { readonly do: 'accepting'; readonly is: boolean; readonly port?: number }
  /** So many octets; the data is made from the connection's number and the place in the stream. */
  | { readonly do: 'send'; readonly octets: number; readonly on?: string }
  /** Reads at most so many octets, once. */
  | { readonly do: 'read'; readonly octets: number; readonly on?: string }
  /** Reads as data arrives, or no more. */
  | { readonly do: 'reading'; readonly is: boolean; readonly on?: string }
  /** CLOSE behind what is still to be sent, and goes on reading: `shutdown(SHUT_WR)`. */
  | { readonly do: 'shutdown'; readonly on?: string }
  /** Lets go: CLOSE behind what is still to be sent; RST if data is unread. `close(2)`. */
  | { readonly do: 'close'; readonly on?: string }
  /** ABORT: a RST now. */
  | { readonly do: 'abort'; readonly on?: string }
  /** Stops listening. */
  | { readonly do: 'unlisten'; readonly port?: number }
  /** Changes a setting by its sysctl's name: `tcp_syncookies`, `tcp_time_wait_ms`. */
  | { readonly do: 'set'; readonly name: string; readonly value: number }
  /** One packet made by hand, or `count` of them `every` so many milliseconds, past its core. */
  | {
      readonly do: 'craft';
      readonly packet: Crafted;
      readonly count?: number;
      readonly every?: number | string;
    };

export type Verb = Action['do'];

/** What the user of a core does: everything but sending packets past it. */
export type UserAction = Exclude<Action, { do: 'craft' }>;
