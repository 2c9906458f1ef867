/** What stands on a stack's raw connections and listeners needs of that stack, and nothing more. */
import type { SocketAddress } from '../address.ts';
import type { Clock } from '../clock.ts';
import type { RawConnection, RawListener } from './raw.ts';
import type { OpenListenerOptions, OpenOptions } from './tuning.ts';

/** Where raw connections and listeners come from: a stack. */
export interface Opener {
  readonly clock: Clock;
  openConnection(address: string | SocketAddress, options?: OpenOptions): RawConnection;
  openListener(options: OpenListenerOptions): RawListener;
  /** Counters by the names of `nstat`. */
  counters(): Readonly<Record<string, bigint>>;
}
