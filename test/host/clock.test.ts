/** Clocks: the virtual one exactly, the real one briefly. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NEVER, RealClock, turn, VirtualClock } from '../../host-web/clock.ts';

describe('a virtual clock', () => {
  it('rings alarms in the order of their moments, and in the order they were set', () => {
    const clock = new VirtualClock(1000);
    const log: string[] = [];
    const alarm = (name: string, at: number) =>
      clock.alarm(() => log.push(`${name} ${clock.now()}`)).set(at);
    alarm('late', 1030);
    alarm('first', 1010);
    alarm('second', 1010);
    clock.advance(9);
    expect(log).toEqual([]);
    clock.advance(11);
    expect(log).toEqual(['first 1010', 'second 1010']);
    expect(clock.now()).toBe(1020);
    clock.advance(100);
    expect(log.at(-1)).toBe('late 1030');
    expect([clock.now(), clock.nextAt(), clock.step()]).toEqual([1120, NEVER, false]);
  });

  it('rings an alarm once, at the moment set last, unless it is cleared', () => {
    const clock = new VirtualClock();
    const rings: number[] = [];
    const alarm = clock.alarm(() => rings.push(clock.now()));
    alarm.set(10);
    alarm.set(20);
    clock.advance(30);
    alarm.set(40);
    alarm.clear();
    alarm.set(50);
    for (const never of [NEVER, Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NaN]) {
      alarm.set(never);
    }
    clock.advance(1e6);
    expect(rings).toEqual([20]);
  });

  it('runs soon-tasks before time moves, those they make too', () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    clock
      .alarm(() => {
        log.push('alarm');
        clock.soon(() => log.push('after'));
      })
      .set(5);
    clock.soon(() => {
      log.push('soon');
      clock.soon(() => log.push('sooner'));
    });
    clock.advance(0);
    expect(log).toEqual(['soon', 'sooner']);
    clock.advance(10);
    expect(log).toEqual(['soon', 'sooner', 'alarm', 'after']);
  });

  it('runs soon-tasks by itself when nobody moves it', async () => {
    const clock = new VirtualClock();
    let isDone = false;
    clock.soon(() => {
      isDone = true;
    });
    await Promise.resolve();
    expect(isDone).toBe(true);
  });

  it('lets promises run between events, and stops when asked or when nothing is left', async () => {
    const clock = new VirtualClock();
    const log: number[] = [];
    const alarm = clock.alarm(() => {
      void Promise.resolve().then(() => {
        log.push(clock.now());
        if (log.length < 5) alarm.set(clock.now() + 10);
      });
    });
    alarm.set(10);
    expect(await clock.runUntil(() => log.length === 2)).toBe(true);
    expect(clock.now()).toBe(20);
    expect(await clock.runUntil(() => false, 15)).toBe(false);
    expect(log).toEqual([10, 20, 30]);
    expect(await clock.runUntil(() => false)).toBe(false);
    expect(log).toEqual([10, 20, 30, 40, 50]);
    await clock.run(7);
    expect(clock.now()).toBe(57);
  });
});

describe('a real clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('keeps one timer, moves it when it must, and leaves it when it need not', () => {
    vi.useFakeTimers();
    const set = vi.spyOn(globalThis, 'setTimeout');
    const clock = new RealClock();
    const rings: number[] = [];
    const start = clock.now();
    const alarm = clock.alarm(() => rings.push(Math.round(clock.now() - start)));
    alarm.set(start + 100);
    for (let later = 101; later < 200; later++) alarm.set(start + later);
    expect([set.mock.calls.length, vi.getTimerCount()]).toEqual([1, 1]);
    vi.advanceTimersByTime(150);
    expect(rings).toEqual([]);
    alarm.set(start + 160);
    vi.advanceTimersByTime(100);
    expect(rings).toEqual([160]);
    expect(vi.getTimerCount()).toBe(0);
    set.mockRestore();
  });

  it('waits longer than a timer can', () => {
    vi.useFakeTimers();
    const clock = new RealClock();
    let rings = 0;
    const alarm = clock.alarm(() => rings++);
    const start = clock.now();
    alarm.set(start + 3 * 2 ** 31);
    vi.advanceTimersByTime(2 ** 31);
    expect([rings, vi.getTimerCount()]).toEqual([0, 1]);
    vi.advanceTimersByTime(2 ** 32);
    expect([rings, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('sets no timer for never', () => {
    vi.useFakeTimers();
    const alarm = new RealClock().alarm(() => {});
    for (const never of [NEVER, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) alarm.set(never);
    expect(vi.getTimerCount()).toBe(0);
    alarm.set(1e9);
    alarm.clear();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps the process alive only where it is told to', () => {
    const clock = new RealClock();
    const refs: string[] = [];
    const spy = vi
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(
        () => ({ ref: () => refs.push('ref'), unref: () => refs.push('unref') }) as never,
      );
    const alarm = clock.alarm(() => {});
    alarm.set(clock.now() + 1000, false);
    alarm.set(clock.now() + 2000, true);
    alarm.set(clock.now() + 3000, true);
    alarm.set(clock.now() + 4000, false);
    alarm.set(clock.now() + 5000, true);
    alarm.set(NEVER);
    alarm.set(NEVER);
    alarm.set(clock.now() + 6000, true);
    spy.mockRestore();
    expect(refs).toEqual(['unref', 'ref', 'unref', 'ref', 'unref', 'ref']);
  });

  it('does soon-tasks at once, but lets the event loop turn between many of them', async () => {
    const clock = new RealClock();
    let count = 0;
    let isOver = false;
    const task = () => {
      count++;
      if (!isOver) clock.soon(task);
    };
    clock.soon(task);
    await Promise.resolve();
    expect(count).toBe(1);
    // There is always another task, and the event loop has its turn all the same.
    await turn();
    expect(count).toBeGreaterThan(1);
    isOver = true;
  });

  it('lets the event loop turn where time stands still', async () => {
    const still = vi.spyOn(performance, 'now').mockReturnValue(5);
    const clock = new RealClock();
    let isOver = false;
    const task = () => {
      if (!isOver) clock.soon(task);
    };
    clock.soon(task);
    await turn();
    isOver = true;
    still.mockRestore();
  });
});
