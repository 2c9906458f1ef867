/**
 * What a program of the comparison is given, and keeps: a `net` to connect by, one to listen by,
 * addresses, and a log.
 *
 * The log has voices, one for each object that is listened to: what one object tells comes in an
 * order that Node promises, while which of two ends of a connection is told first is the network's.
 * Whatever a program opened is destroyed behind it, and one that does not come to its end says so.
 */
import type nodeDgram from 'node:dgram';
import type { EventEmitter } from 'node:events';
import { Agent, type AgentOptions } from 'node:http';
import type nodeNet from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Identity } from '../host/certificate.ts';

/** The kernel, or stacks of ours. */
export interface Place {
  /** `net` of who connects, and of who listens: one on the kernel and on one stack. */
  readonly here: typeof nodeNet;
  readonly there: typeof nodeNet;
  serve(server: nodeNet.Server, options: nodeNet.ListenOptions): void;
  /** `dgram` of who asks, and of who answers. */
  readonly dgramHere: typeof nodeDgram;
  readonly dgramThere: typeof nodeDgram;
}

export type Log = Record<string, string[]>;
export type Program = (world: World) => unknown;
export type Programs = Readonly<Record<string, Program>>;

type OnConnection = (socket: nodeNet.Socket) => void;
type Options<T> = Partial<T> & { [other: string]: unknown };

/** Addresses of the two ends; on the kernel both are its own. */
export const HERE = '10.0.0.1';
export const THERE = '10.0.0.2';
export const HERE6 = 'fd00::1';
export const THERE6 = 'fd00::2';

/** Milliseconds after which a program hangs. */
const LONGEST = 2500;
/** Octets that a log shows as they are. */
const SHOWN = 60;

/** Resolves with what an event carries; an 'error' before it is no reason to give up. */
export function until(emitter: EventEmitter, event: string): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));
}

/** Lets the event loop turn, by default once. */
export async function turn(times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Connections that a server has. */
export function connectionsOf(server: nodeNet.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

/** A value as a log shows it. */
export function show(value: unknown): string {
  if (value instanceof Error) return describe(value);
  if (value instanceof Uint8Array || typeof value === 'string') {
    const text = String(value);
    return text.length > SHOWN ? `${text.length} octets` : text;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Everything of an error that a program may ask for. */
export function describe(error: unknown): string {
  const known = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const { name, code, errno, syscall, address, port, message } = known;
  const parts = [name, code, errno, syscall, address, port].filter((part) => part !== undefined);
  const inner = (error as { errors?: unknown[] }).errors;
  const all = inner === undefined ? '' : ` [${inner.map(describe).join('; ')}]`;
  return `${parts.join(' ')} "${message}"${all}`;
}

/** What a call answers, or throws. */
export function attempt(call: () => unknown): string {
  try {
    return show(call());
  } catch (error) {
    return `throws ${describe(error)}`;
  }
}

export class World {
  readonly here: typeof nodeNet;
  readonly there: typeof nodeNet;
  /** The program's own, and so are the nine above. */
  readonly port: number;
  /** Of the name `netcell`. */
  readonly identity: Identity;
  readonly log: Log = {};
  readonly #place: Place;
  readonly #serve: Place['serve'];
  readonly #opened: { destroy(): unknown }[] = [];
  readonly #servers: nodeNet.Server[] = [];

  constructor(place: Place, port: number, identity: Identity) {
    this.here = place.here;
    this.there = place.there;
    this.#place = place;
    this.#serve = place.serve;
    this.port = port;
    this.identity = identity;
  }

  /** Adds a line to what a voice has said. */
  say(voice: string, line: string): void {
    this.log[voice] ??= [];
    this.log[voice].push(line);
  }

  /** Logs events of an object; data that comes in several pieces is one line. */
  hear(voice: string, emitter: EventEmitter, ...events: string[]): void {
    let data = '';
    let isData = false;
    for (const event of events) {
      emitter.on(event, (...values: unknown[]) => {
        if (event !== 'data') isData = false;
        else {
          data = (isData ? data : '') + String(values[0]);
          if (isData) this.log[voice]!.pop();
          isData = true;
        }
        const shown = event === 'data' ? [show(data)] : values.map(show);
        this.say(voice, [event, ...shown].join(' '));
      });
    }
  }

  /** Destroys an object when the program is over. */
  own<T extends { destroy(): unknown }>(object: T): T {
    this.#opened.push(object);
    return object;
  }

  #look<T extends nodeNet.Server>(server: T): T {
    this.#servers.push(server);
    server.on('connection', (socket) => this.own(socket));
    return server;
  }

  /** A server of this place, which does not listen yet. */
  server(options: Options<nodeNet.ServerOpts> | OnConnection = {}, listener?: OnConnection) {
    return this.#look(this.there.createServer(options as nodeNet.ServerOpts, listener));
  }

  /** A server of this place that listens. */
  async listen(
    options: Options<nodeNet.ServerOpts> | OnConnection = {},
    listener?: OnConnection,
  ): Promise<nodeNet.Server> {
    const server = this.server(options, listener);
    server.listen(this.port, THERE);
    await until(server, 'listening');
    return server;
  }

  /** Has a server of `http`, `https`, `http2` or `tls` listen here. */
  async serve<T extends nodeNet.Server>(server: T, options: object = {}): Promise<T> {
    this.#look(server);
    this.#serve(server, { port: this.port, host: THERE, ...options });
    await until(server, 'listening');
    return server;
  }

  /** A connection to the program's own port, on its way. */
  connect(options: Options<nodeNet.NetConnectOpts> = {}): nodeNet.Socket {
    const all = { port: this.port, host: THERE, ...options };
    return this.own(this.here.connect(all as nodeNet.NetConnectOpts));
  }

  /** Both ends of a connection, open. */
  async pair(
    options: Options<nodeNet.NetConnectOpts> = {},
    ofServer: Options<nodeNet.ServerOpts> = {},
  ): Promise<{ client: nodeNet.Socket; server: nodeNet.Socket; listener: nodeNet.Server }> {
    const listener = await this.listen(ofServer);
    const accepted = until(listener, 'connection');
    const client = this.connect(options);
    const connected = until(client, 'connect');
    const [server] = (await accepted) as [nodeNet.Socket];
    await connected;
    return { client, server, listener };
  }

  /** A socket of `dgram` of who answers, or of who asks; it is closed when the program is over. */
  datagrams(type: string | nodeDgram.SocketOptions, isHere = false): nodeDgram.Socket {
    const { dgramHere, dgramThere } = this.#place;
    const socket = (isHere ? dgramHere : dgramThere).createSocket(type as nodeDgram.SocketOptions);
    this.own({
      destroy: () => {
        // What is closed already says so.
        attempt(() => socket.close());
      },
    });
    return socket;
  }

  /** An agent of `http` whose connections are those of this place. */
  agent(options: AgentOptions = {}): Agent {
    const { createConnection } = this.here;
    return this.own(Object.assign(new Agent(options), { createConnection }));
  }

  /** Runs a program to its end, and takes away what it opened. */
  async run(program: Program): Promise<Log> {
    const over = new AbortController();
    const thrown = (error: unknown) => this.say('uncaught', describe(error));
    process.on('uncaughtException', thrown);
    const { signal } = over;
    const hangs = pause(LONGEST, 'hangs', { signal }).catch(() => '');
    try {
      const ended = await Promise.race([program(this), hangs]);
      if (ended === 'hangs') this.say('program', 'hangs');
    } catch (error) {
      this.say('program', `throws ${describe(error)}`);
    }
    over.abort();
    const log = structuredClone(this.log);
    for (const object of this.#opened) object.destroy();
    for (const server of this.#servers) if (server.listening) server.close();
    // What is destroyed may still tell of it.
    await turn(4);
    process.off('uncaughtException', thrown);
    return log;
  }
}
