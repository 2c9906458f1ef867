/** Words for waits that would be silent: when they come, where, and that they leave nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { showProgress } from '../../host-node/cli/progress.ts';

let written: string[] = [];

beforeEach(() => {
  written = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function onTerminal(columns: number | undefined): void {
  Object.defineProperties(process.stderr, {
    isTTY: { value: columns !== undefined, configurable: true },
    columns: { value: columns, configurable: true },
  });
}

describe('a wait', () => {
  it('that is over within two seconds is silent', () => {
    onTerminal(undefined);
    const stop = showProgress(() => 'x');
    vi.advanceTimersByTime(1999);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(written).toEqual([]);
  });

  it('is told in a log after two seconds, and then now and then', () => {
    onTerminal(undefined);
    let count = 0;
    const stop = showProgress(() => `${++count} of many`);
    vi.advanceTimersByTime(22_500);
    stop();
    expect(written).toEqual([
      '  1 of many … 2 s\n',
      '  2 of many … 12 s\n',
      '  3 of many … 22 s\n',
    ]);
  });

  it('has one line on a terminal, cut to its width, counted each second, wiped in the end', () => {
    onTerminal(20);
    const stop = showProgress(() => 'a long sentence of many words');
    vi.advanceTimersByTime(3500);
    expect(written).toEqual(['\r\u001b[K  a long sentence o', '\r\u001b[K  a long sentence o']);
    stop();
    stop();
    expect(written.slice(2)).toEqual(['\r\u001b[K']);
  });

  it('is silent when quiet was asked for', () => {
    onTerminal(80);
    showProgress(() => 'x', true);
    vi.advanceTimersByTime(60_000);
    expect(written).toEqual([]);
  });
});
