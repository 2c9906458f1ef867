/** The device of a program as its switch gives it to one of the processes (`own-device.ts`). */
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { descriptorOf, type Tun } from '../tun.ts';
import type { TunLink } from '../tun-link.ts';
import { giveDescriptor } from '../tun-share.ts';

/** Where a process is given the device, and what it is told of it. */
export interface Given {
  readonly path: string;
  readonly queueLength: number;
}

/** What a switch needs of it. */
export type Shared = Pick<SharedDevice, 'given' | 'open' | 'read' | 'close'>;

export class SharedDevice {
  readonly #link: TunLink;
  readonly #tun: Tun;
  readonly #server: Server;
  #path = '';

  constructor(link: TunLink, tun: Tun) {
    this.#link = link;
    this.#tun = tun;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      socket.on('error', () => {});
      giveDescriptor(socket, descriptorOf(tun));
      socket.end();
    });
  }

  /** What a process is told of it. */
  get given(): Given {
    return { path: this.#path, queueLength: this.#tun.queueLength };
  }

  /** Begins to give it to who comes: a process of this user's, in a folder of its own. */
  async open(folder: string): Promise<void> {
    this.#path = join(folder, 'device');
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#path, resolve);
    });
  }

  /** Whether what comes is read here. */
  read(isOurs: boolean): void {
    if (isOurs) this.#link.resume();
    else this.#link.pause();
  }

  close(): void {
    this.#server.close();
  }
}
