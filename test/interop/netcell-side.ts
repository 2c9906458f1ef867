/**
 * A socket of `netcell/net` on a stack of its own: what a program in Node would hold.
 *
 * The stack can be lost, and another take its place, as when a machine crashes.
 */
import { type Net, netFor, type Server, type Socket } from '../../host-node/net/index.ts';
import { Option, Result } from '../../host-web/abi.ts';
import { SocketError } from '../../host-web/errors.ts';
import { createStackSync, type Stack } from '../../host-web/index.ts';
import type { TcpInfo } from '../../host-web/inspect.ts';
import { RECEIVE_BUFFER, type Side, type Tuple } from './side.ts';
import type { Wire } from './wire.ts';

export class NetcellSide implements Side {
  readonly name = 'netcell';
  received = '';
  hasEnded = false;
  error = '';
  isDeaf = false;
  stack: Stack;
  readonly #tuple: Tuple;
  readonly #wire: Wire;
  #net: Net;
  #server: Server | undefined;
  #socket: Socket | undefined;

  constructor(tuple: Tuple, wire: Wire) {
    this.#tuple = tuple;
    this.#wire = wire;
    this.stack = this.#boot();
    this.#net = netFor(this.stack);
  }

  #boot(): Stack {
    const { netcell } = this.#tuple;
    const prefix = netcell.includes(':') ? 64 : 16;
    const stack = createStackSync({
      address: `${netcell}/${prefix}`,
      limits: { receiveBuffer: RECEIVE_BUFFER },
    });
    stack.attach(this.#wire.plug());
    return stack;
  }

  /** The machine loses its memory: nobody is told, and a new stack has the address. */
  async crash(): Promise<void> {
    this.#wire.unplug();
    const lost = this.stack;
    this.#socket?.removeAllListeners('error').on('error', () => {});
    this.#socket = this.#server = undefined;
    await lost.close();
    this.stack = this.#boot();
    this.#net = netFor(this.stack);
    this.#renew();
  }

  listen(): void {
    const options = { allowHalfOpen: true, pauseOnConnect: true };
    this.#server = this.#net.createServer(options, (socket) => this.#hold(socket));
    this.#server.listen({ port: this.#tuple.netcellPort, host: this.#tuple.netcell });
  }

  stopListening(): void {
    this.#server?.close();
  }

  connect(): void {
    this.connectTo(this.#tuple.kernel);
  }

  /** As `connect`, but to any address. */
  connectTo(host: string): void {
    const { netcell, netcellPort, kernelPort } = this.#tuple;
    const from = { localAddress: netcell, localPort: netcellPort };
    this.#hold(this.#net.connect({ host, port: kernelPort, ...from, allowHalfOpen: true }));
  }

  #hold(socket: Socket): void {
    this.#renew();
    this.#socket = socket;
    // Whoever has gone over to another connection is not told of this one any more.
    const isHeld = () => this.#socket === socket;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (isHeld()) this.error ||= error.code ?? error.message;
    });
    socket.once('end', () => {
      if (isHeld()) this.hasEnded = true;
    });
    if (this.isDeaf) {
      socket.pause();
      return;
    }
    socket.on('data', (text: Buffer) => {
      if (isHeld()) this.received += text.toString('latin1');
    });
    socket.resume();
  }

  renew(): void {
    this.#socket = undefined;
    this.#renew();
  }

  #renew(): void {
    this.received = this.error = '';
    this.hasEnded = false;
  }

  #setOption(option: Option, value: number): void {
    const { handle } = this.#info()!;
    if (this.stack.core.setOption(handle, option, value) !== Result.OK) throw new Error('refused');
  }

  giveUpAfter(milliseconds: number): void {
    this.#setOption(Option.USER_TIMEOUT_MS, milliseconds);
  }

  keepAlive(): void {
    this.#setOption(Option.KEEP_ALIVE_IDLE_MS, 1000);
    this.#setOption(Option.KEEP_ALIVE_INTERVAL_MS, 1000);
    this.#setOption(Option.KEEP_ALIVE_COUNT, 8);
    this.#setOption(Option.KEEP_ALIVE, 1);
  }

  orphanFor(milliseconds: number): void {
    this.#setOption(Option.FIN_WAIT_2_MS, milliseconds);
  }

  get isHolding(): boolean {
    return this.#socket !== undefined;
  }

  send(text: string): void {
    this.#socket!.write(Buffer.from(text, 'latin1'));
  }

  finish(): void {
    this.#socket!.end();
  }

  close(): void {
    this.#socket!.destroy();
  }

  reset(): void {
    this.#socket!.resetAndDestroy();
  }

  /** A stream of Node's refuses by itself to write after its end, so this goes to the core. */
  sendAfterFin(): string {
    const result = -this.stack.core.send(this.#info()!.handle, 1);
    return new SocketError({ syscall: 'write', result }).code;
  }

  look(): void {
    // Its events come by themselves.
  }

  #info(): TcpInfo | undefined {
    const { kernelPort, netcellPort } = this.#tuple;
    return this.stack.sockets().find(({ state, localPort, remotePort }) => {
      return state !== 'LISTEN' && localPort === netcellPort && remotePort === kernelPort;
    });
  }

  sendQueue(): number {
    return this.#info()?.sendQueue ?? 0;
  }

  state(): string {
    return this.#info()?.state ?? 'none';
  }

  /** What `netcell ss` would print, and what the socket says of itself while it has its record. */
  async lastWord(): Promise<string> {
    const info = this.#info();
    if (info === undefined) return 'none';
    const own = this.#socket?.destroyed === false ? this.#socket.info() : undefined;
    if (own === undefined || own.handle !== info.handle || own.state === info.state) {
      return info.state;
    }
    return `${info.state}, but ${own.state} says the socket`;
  }

  async dispose(): Promise<void> {
    this.#wire.unplug();
    await this.stack.close();
  }
}
