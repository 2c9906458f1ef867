/**
 * The two ends of a connection behind one face, so that a sequence is written once and cast twice.
 */

/** Octets either side has room for: few, so that a window is soon closed. */
export const RECEIVE_BUFFER = 65_536;

/** Both sockets of a connection; known beforehand, whoever connects. */
export interface Tuple {
  readonly kernel: string;
  readonly kernelPort: number;
  readonly netcell: string;
  readonly netcellPort: number;
}

/** A TCP with a socket on its address and port of the tuple. */
export interface Side {
  readonly name: 'kernel' | 'netcell';
  /** Everything received, as Latin-1. */
  readonly received: string;
  /** The peer's FIN has been reached. */
  readonly hasEnded: boolean;
  /** Code of the first error the socket met. */
  readonly error: string;
  /** Reads nothing; to be set before there is a connection. */
  isDeaf: boolean;
  /** The user has a connection, be it over. */
  readonly isHolding: boolean;

  listen(): void;
  stopListening(): void;
  connect(): void;
  send(text: string): void;
  /** Half-close: a FIN behind what was sent; receiving goes on. */
  finish(): void;
  /** As close(2): the user has gone. */
  close(): void;
  /** As close(2) with SO_LINGER 0. */
  reset(): void;
  /** Lets go of what is over, so that the next connection can be accepted. */
  renew(): void;
  /** The user timeout of the connection. */
  giveUpAfter(milliseconds: number): void;
  /** A keep-alive every second, and patience for eight of them. */
  keepAlive(): void;
  /** How long FIN-WAIT-2 lasts once the user has gone. */
  orphanFor(milliseconds: number): void;
  /** Code of the error of a SEND after `finish`. */
  sendAfterFin(): string;
  /** Takes in whatever has happened meanwhile. */
  look(): void;
  /** Octets sent, or to be sent, and not acknowledged. */
  sendQueue(): number;
  /** The connection's state, cheaply; 'none' without a connection. */
  state(): string;
  /** The state as the program says it that users ask. */
  lastWord(): Promise<string>;
  dispose(): void | Promise<void>;
}
