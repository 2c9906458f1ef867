/**
 * `netcell serve`: what a folder gives, to whom nothing is given, and what is said of it.
 */
import { describe, expect, it } from 'vitest';
import { bundle } from './bundle.ts';
import { scenariosOf } from './cli-inside.ts';

const { inside, obstacle, title } = await scenariosOf(bundle('test/host/cli-serve-child.ts'));

interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

interface Files extends Record<string, Answer | unknown> {
  refused: Record<string, [status: number, isLeak: boolean]>;
  whole: Answer;
  absolute: string;
}

describe.skipIf(obstacle !== undefined)(title, () => {
  it('gives files with type, date and tag, in ranges and on conditions', async () => {
    const result = await inside<Files>('files');
    for (const [path, [status, isLeak]] of Object.entries(result.refused)) {
      expect([path, status, isLeak]).toEqual([path, 404, false]);
    }
    expect(result.whole).toMatchObject({
      status: 200,
      text: 'abcdefghij',
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-length': '10',
        'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT',
        'accept-ranges': 'bytes',
        etag: expect.stringMatching(/^W\/".+"$/),
      },
    });
    expect(result).toMatchObject({
      head: { status: 200, text: '', headers: { 'content-length': '10' } },
      first: { status: 206, text: 'abc', headers: { 'content-range': 'bytes 0-2/10' } },
      last: { status: 206, text: 'hij', headers: { 'content-range': 'bytes 7-9/10' } },
      from: { status: 206, text: 'hij' },
      beyond: { status: 416, headers: { 'content-range': 'bytes */10' } },
      ifRange: { status: 206, text: 'abc' },
      ifOtherRange: { status: 200, text: 'abcdefghij' },
      sameTag: { status: 304, text: '' },
      otherTag: { status: 200 },
      sinceThen: { status: 304 },
      sinceBefore: { status: 200 },
      link: { status: 200, text: 'abcdefghij' },
      svg: { status: 200, text: '<svg/>', headers: { 'content-type': 'image/svg+xml' } },
      empty: { status: 200, text: '', headers: { 'content-type': 'video/webm' } },
      index: { status: 200, text: 'the index', headers: { 'content-type': /^text\/html/ } },
      noIndex: { status: 200, text: expect.stringContaining('href="index.html"') },
      list: { status: 200, text: expect.stringContaining('<a href="a%20b%2B%C3%BC.svg">') },
      folder: { status: 301, headers: { location: '/with-index/' } },
      post: { status: 405, headers: { allow: 'GET, HEAD' } },
      badCode: { status: 400 },
      nul: { status: 400 },
      code: 130,
    });
    expect((result.list as Answer).text).not.toMatch(/\.env|\.git"/);
  });

  it('takes the absolute form of a request’s target, as RFC 9112 §3.2.2 wants it', async () => {
    const result = await inside<Record<string, string>>('files');
    expect(result.absolute).toMatch(/^HTTP\/1\.1 200 OK\r\n(.|\r\n)*\r\n\r\nabcdefghij$/);
    expect(result.absoluteRoot).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(result.absoluteUp).toMatch(/^HTTP\/1\.1 404 /);
    expect(result.authority).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('logs what was sent, and that something was cut off', async () => {
    const { code, error, log } = await inside<Record<string, string>>('log');
    expect({ code, error }).toEqual({ code: 130, error: 'ECONNRESET' });
    const lines = log!
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [, cut, whole, part, head, missing, shrunk] = lines;
    expect(cut).toMatchObject({ url: '/big', status: 200, from: '10.9.0.1', cut: true });
    expect(cut.octets).toBeGreaterThanOrEqual(1 << 20);
    // What the window and two buffers hold besides, and not the file's 256 MiB.
    expect(cut.octets).toBeLessThan(16 << 20);
    expect(whole).toMatchObject({ url: '/a.txt', status: 200, octets: 10, cut: false });
    expect(part).toMatchObject({ url: '/a.txt', status: 206, octets: 3, cut: false });
    expect(head).toMatchObject({ method: 'HEAD', status: 200, octets: 0, cut: false });
    expect(missing).toMatchObject({ status: 404, octets: 4, cut: false });
    expect(shrunk).toMatchObject({ url: '/big', status: 200, cut: true });
  });
});
