/**
 * What a link vouches for: a pipe hands on that a checksum need not be verified, where the stack
 * that wrote it says so; whatever alters a packet on its way does not say it, and damage is found.
 */
import { expect, it } from 'vitest';
import { Ctl, PacketFlag } from '../../host-web/abi.ts';
import { type Link, pipe, relay, VirtualClock } from '../../host-web/index.ts';
import { corrupt, impaired } from '../../host-web/sim/index.ts';
import { stackAt } from './world.ts';

/** Where the first octet of text lies in a segment with timestamps over IPv4. */
const TEXT = 52;
/** Where the control bits of a segment over IPv4 are. */
const FLAGS = 33;

/** A link around another that alters the first octet of each text, and vouches for it or not. */
function altering(inner: Link, vouched: PacketFlag | undefined): Link {
  let octets = new Uint8Array();
  return {
    mtu: inner.mtu,
    attach(port) {
      octets = new Uint8Array(port.memory, port.transmitAt);
      inner.attach(port);
    },
    send(length) {
      if (length > TEXT && (octets[FLAGS]! & Ctl.SYN) === 0) octets[TEXT]! ^= 0xff;
      return inner.send(length, vouched);
    },
    flush: () => inner.flush?.(),
    close: () => inner.close(),
  };
}

/** How what arrives of `hello hello …` through `around` begins, and the checksums found wrong. */
async function hear(around: (end: Link, clock: VirtualClock) => Link) {
  const clock = new VirtualClock();
  const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
  const [one, other] = pipe();
  a.attach(around(one, clock));
  b.attach(other);
  const listener = b.openListener({ port: 7 });
  const client = a.openConnection('10.0.0.2:7');
  await clock.run(10);
  client.send(new TextEncoder().encode('hello '.repeat(200)));
  await clock.run(50);
  const got = listener.accept()!.read();
  return {
    text: typeof got === 'number' ? '' : new TextDecoder('latin1').decode(got.subarray(0, 5)),
    wrong: Number(b.counters()['TcpInCsumErrors']),
  };
}

it('a pipe of two stacks has nothing to verify', async () => {
  expect(await hear((end) => end)).toEqual({ text: 'hello', wrong: 0 });
  // Only this can show that nothing was: somebody vouches for what he has damaged.
  const liar = await hear((end) => altering(end, PacketFlag.CHECKSUM_TRUSTED));
  expect(liar).toEqual({ text: '\x97ello', wrong: 0 });
});

it('what alters packets in between is found out, unless it vouches for them', async () => {
  expect(await hear((end) => altering(end, undefined))).toEqual({ text: '', wrong: 1 });
});

it('so is a simulated way that damages them', async () => {
  const damaging = (end: Link, clock: VirtualClock) => {
    const way = impaired(end, { clock });
    way.rule(corrupt('A.data#1'));
    return way;
  };
  expect(await hear(damaging)).toEqual({ text: '', wrong: 1 });
});

it('a relay hands on what it was told, and a link that tells nothing is verified', async () => {
  const relayed = (vouched: PacketFlag | undefined) => (end: Link) => {
    const [near, far] = pipe();
    relay(far, end);
    return altering(near, vouched);
  };
  expect(await hear(relayed(undefined))).toEqual({ text: '', wrong: 1 });
  expect(await hear(relayed(PacketFlag.CHECKSUM_TRUSTED))).toMatchObject({ wrong: 0 });
});
