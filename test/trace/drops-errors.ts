/** ICMP errors about segments that are not believed, or change nothing, for each such place. */
import {
  established,
  type Options,
  type Peer,
  rst,
  type Stack,
  synReceived,
} from '../dsl/index.ts';
import { BOTH, type Driver } from './drops-ip.ts';

type Made = Readonly<{ stack: Stack; peer: Peer }>;

/** An ICMP error about what the stack has sent last, with so much added to its number. */
function troubled(
  begin: (options: Options) => Made,
  [type4, code4, type6, code6]: readonly [number, number, number, number],
  { rest = 0, ahead = 0 } = {},
  then: (made: Made) => void = () => undefined,
): Driver {
  return {
    families: BOTH,
    scene: (family) => {
      const made = begin({ family });
      const about = made.peer.latest().packet.slice();
      const view = new DataView(about.buffer);
      const at = family === 4 ? 24 : 44;
      view.setUint32(at, view.getUint32(at) + ahead);
      then(made);
      const [type, code] = family === 4 ? [type4, code4] : [type6, code6];
      return { stack: made.stack, last: () => made.peer.icmp(type, code, rest, about) };
    },
  };
}

function sending(options: Options) {
  const made = established(options);
  made.host.write('hello');
  return made;
}

const HARD = [3, 3, 1, 4] as const;
const SOFT = [3, 1, 1, 3] as const;
const TOO_BIG = [3, 4, 2, 0] as const;

/** By `file function REASON`. */
export const ERROR_DROPS: Readonly<Record<string, readonly Driver[]>> = {
  'tcp/unreachable isInFlight ICMP_NOT_IN_FLIGHT': [
    troubled(synReceived, HARD, { ahead: 1 }),
    troubled(sending, SOFT, { ahead: -1 }),
    troubled(sending, TOO_BIG, { ahead: 5, rest: 1280 }),
  ],
  'tcp/unreachable troubleArrives ICMP_IGNORED': [
    troubled(synReceived, SOFT),
    troubled(synReceived, TOO_BIG, { rest: 1280 }),
  ],
  'icmp-errors nobodysError ICMP_UNMATCHED': [
    troubled(sending, HARD, {}, ({ peer }) => peer.send(rst({ seq: 1 }))),
  ],
  'tcp/path-mtu pathMtuFell ICMP_IGNORED': [
    troubled(sending, TOO_BIG, { rest: 1500 }),
    // Another router, or the same one again, says what is known.
    troubled(sending, TOO_BIG, { rest: 1280 }, ({ peer }) => {
      const isV4 = peer.flow.source.length === 4;
      peer.icmp(isV4 ? 3 : 2, isV4 ? 4 : 0, 1280);
    }),
  ],
};
