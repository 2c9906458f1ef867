/**
 * Users of UDP who call what they like, and packets that are sound, damaged or about others: no
 * call traps, what is read is what somebody sent, whole, and behind the last `close` every record
 * and page is given back.
 */
import { expect, test } from 'vitest';
import { Memory, ReceivedField, Result, UdpOption } from '../../host-web/abi.ts';
import { setEndpoint } from '../../host-web/core.ts';
import { datagram, ip, mapped, octetsOf, Stack } from '../dsl/index.ts';
import { Dice } from '../simulation/dice.ts';

const STEPS = 4000;
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.255', '127.0.0.1', '239.1.2.3', '0.0.0.0'];
const ADDRESSES6 = ['fd00::1', 'fd00::2', '::1', 'ff05::1:3', '::', 'ff02::1'];
const ALL = [...ADDRESSES, ...ADDRESSES6].map((text) => mapped(octetsOf(text)));
const PORTS = [0, 7, 8, 9, 40_000, 65_535, 65_536, 0xffff_ffff];
const LENGTHS = [0, 1, 47, 48, 1400, 1472, 2040, 4000, 9000, 65_507, 65_536, 65_537];
const POOLS = [4, 5, 10, 12, 13, 14];

/** A text that says of itself how long it is, and holds nothing that could be another's. */
function textOf(r: Dice, length: number): Uint8Array {
  const mark = 1 + r.below(255);
  const text = new Uint8Array(length).fill(mark);
  if (length >= 2) text.set([length >> 8, length & 255]);
  return text;
}

function isWhole(text: Uint8Array): boolean {
  if (text.length < 2) return true;
  const isLong = ((text[0]! << 8) | text[1]!) === (text.length & 0xffff);
  return isLong && text.subarray(3).every((octet) => octet === text[2]);
}

class Users {
  readonly #stack = new Stack({ limits: { datagramSockets: 12, datagrams: 16, pages: 256 } });
  readonly #r: Dice;
  #handles: number[] = [];
  read = 0;

  constructor(seed: number) {
    this.#r = new Dice(seed);
  }

  #handle(): number {
    const r = this.#r;
    return this.#handles.length > 0 && r.chance(0.95) ? r.pick(this.#handles) : r.next();
  }

  #endpoint(): void {
    const r = this.#r;
    const one = () => (r.chance(0.5) ? null : r.pick(ALL));
    const port = () => (r.chance(0.6) ? r.pick([7, 8, 9]) : r.pick(PORTS));
    setEndpoint(this.#stack.core, one(), port(), one(), port());
  }

  call(): void {
    const r = this.#r;
    const { core } = this.#stack;
    const handle = this.#handle();
    this.#endpoint();
    switch (r.below(12)) {
      case 0: {
        const opened = core.udpOpen();
        if (opened > 0) this.#handles.push(opened);
        return;
      }
      case 1:
        core.udpBind(handle);
        return;
      case 2:
        core.udpConnect(handle);
        return;
      case 3:
        core.udpMembership(handle, r.below(2));
        return;
      case 4:
        core.udpSetOption(handle, r.below(UdpOption.COUNT + 1), r.pick([0, 1, 255, 300, 100_000]));
        return;
      case 5:
        if (!r.chance(0.1)) return;
        expect([Result.OK, -Result.CONNECTION_DOES_NOT_EXIST]).toContain(core.udpClose(handle));
        this.#handles = this.#handles.filter((other) => other !== handle);
        return;
      case 6:
        core.udpStatus(handle);
        core.udpGroupSource(handle);
        return;
      case 7:
      case 8:
        this.#receive(handle);
        return;
      default: {
        const length = r.pick(LENGTHS);
        core.textWindow.set(textOf(r, Math.min(length, Memory.TEXT_SIZE)));
        core.udpSend(handle, length);
      }
    }
  }

  #receive(handle: number): void {
    const { core } = this.#stack;
    while (core.udpReceive(handle) === 1) {
      const length = core.view.getUint32(Memory.RECEIVED + ReceivedField.length, true);
      expect(isWhole(core.textWindow.subarray(0, length))).toBe(true);
      this.read++;
    }
  }

  packet(): void {
    const r = this.#r;
    const family = r.pick([4, 6] as const);
    const ends = { ...ip.ENDS[family] };
    if (r.chance(0.4)) ends.to = r.pick(family === 4 ? ADDRESSES : ADDRESSES6);
    const text = textOf(r, r.pick([0, 1, 40, 1400]));
    const whole = datagram(ends, { text, to: r.pick([7, 8, 9, 40_000]), from: r.pick([7, 9]) });
    const kind = r.below(8);
    if (kind === 0) whole[r.below(whole.length)]! ^= 1 << r.below(8);
    const error = ip.icmp(ip.ENDS[family], family === 4 ? 3 : 1, r.pick([1, 3, 4]), 600, whole);
    this.#stack.input(kind === 1 ? error : whole);
    if (r.chance(0.3)) this.#stack.pump();
  }

  /** Ends everything; answers what is held then, but for what a fragment or two may wait in. */
  end(): number[] {
    const { core } = this.#stack;
    for (const handle of this.#handles) core.udpClose(handle);
    this.#stack.wait(130_000);
    return POOLS.map((pool) => core.used(pool));
  }
}

test.each([1, 2, 3])('seed %i: nothing traps, is mixed up, or left behind', (seed) => {
  const users = new Users(seed);
  const r = new Dice(seed + 100);
  for (let step = 0; step < STEPS; step++) {
    if (r.chance(0.6)) users.call();
    else users.packet();
  }
  expect(users.read).toBeGreaterThan(50);
  expect(users.end()).toEqual(POOLS.map(() => 0));
});
