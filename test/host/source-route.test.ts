/** `connect({ sourceRoute })`: what is asked for leaves on the wire, what is none is refused. */
import { expect, it } from 'vitest';
import { createStackSync, type OpenOptions, VirtualClock } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';
import { pools } from './world.ts';

/** A stack whose packets are kept. */
function lonely() {
  const clock = new VirtualClock();
  const address = ['10.0.0.1/24', 'fd00::1/64'];
  const stack = createStackSync({
    address,
    clock,
    module: coreModule,
    limits: { sourceRoutes: 1 },
  });
  const packets: Uint8Array[] = [];
  stack.attach({
    mtu: 1500,
    attach() {},
    send: (length) => packets.push(stack.core.transmitWindow.slice(0, length)) > 0,
    close() {},
  });
  /** Opens a connection; answers how it has ended by now. */
  const open = (options: OpenOptions, to = '10.0.0.2:7') => {
    const raw = stack.openConnection(to, options);
    let end = 'not ended';
    raw.onClosed = (error) => {
      end = error?.code ?? '';
    };
    clock.advance(0);
    return { raw, end };
  };
  return { stack, packets, open };
}

it('asks for a route, loose or strict', () => {
  const { stack, packets, open } = lonely();
  const { raw, end } = open({ sourceRoute: ['10.0.0.9', '10.0.0.8'] });
  expect(end).toBe('not ended');
  expect(packets[0]?.[0]).toBe(0x48);
  expect([...(packets[0]?.slice(16, 32) ?? [])].join(' ')).toBe(
    '10 0 0 9 131 11 4 10 0 0 8 10 0 0 2 0',
  );
  // The only record is taken.
  expect(open({ sourceRoute: ['10.0.0.9'] }).end).toBe('ENOBUFS');
  raw.abort();
  open({ sourceRoute: ['10.0.0.9'], strict: true });
  expect(packets.at(-1)?.[20]).toBe(137);
  open({ sourceRoute: [] });
  expect(packets.at(-1)?.[0]).toBe(0x45);
  expect(stack.core.used(6)).toBe(1);
});

it('refuses what is no route', () => {
  const { stack, packets, open } = lonely();
  const hops = (count: number) => Array<string>(count).fill('10.0.0.9');
  expect(() => open({ sourceRoute: hops(10) })).toThrow(RangeError);
  expect(() => open({ sourceRoute: ['router'] })).toThrow(TypeError);
  expect(() => open({ sourceRoute: ['fd00::9'] })).toThrow(TypeError);
  expect(() => open({ sourceRoute: hops(1) }, '[fd00::2]:7')).toThrow(TypeError);
  expect(open({ sourceRoute: ['224.0.0.1'] }).end).toBe('EINVAL');
  expect(packets).toEqual([]);
  expect([...pools(stack), stack.core.used(6)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
});
