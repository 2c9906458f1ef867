/** `--threads N`: a verb that stays up, on as many stacks of one device. */
import { describe, expect, it } from 'vitest';
import { bundle } from './bundle.ts';
import { netcell, scenariosOf } from './cli-inside.ts';

const { inside, obstacle, title } = await scenariosOf(bundle('test/host/cli-threads-child.ts'));

describe.skipIf(obstacle !== undefined)(title, () => {
  it('answers from every thread; ss adds up; Ctrl-C closes properly in all', async () => {
    const { established, summary, output, ...told } = await inside<{
      established: number[];
      summary: string;
      output: string;
    }>('echo');
    expect(told).toEqual({
      echoed: Array.from({ length: 40 }, (_, i) => `text ${i}`),
      threads: 2,
      listening: [1, 1],
      opens: 40,
      received: [expect.any(Number), expect.any(Number)],
      table: 2,
      numbers: 40,
      ends: Array(40).fill('FIN'),
      code: 130,
    });
    const { received } = told as unknown as { received: number[] };
    expect(received[0]).toBe(received[1]);
    const [first = 0, second = 0] = established;
    expect(first + second).toBe(40);
    // By a hash: that one has none is as likely as a coin that falls on one side forty times.
    expect(Math.min(first, second)).toBeGreaterThan(0);
    expect(summary).toMatch(/^Total: 42\nTCP: {3}42 \(estab 40,/);
    expect(output).toContain('2, each with a stack and a queue of its own');
  });

  it('serves a folder, and tells of each request once', async () => {
    expect(await inside('serve')).toEqual({
      answers: ['served'],
      opens: 24,
      requests: 24,
      code: 130,
    });
  });

  it('goes on when a thread ends, and says so', async () => {
    const { output, ...told } = await inside<{ output: string }>('fault');
    expect(told).toEqual({
      before: 'before',
      after: ['after'],
      threads: 1,
      isOfOne: true,
      code: 130,
    });
    expect(output).toContain(
      'thread 1 has ended: a fault of its own; its connections are gone, the others go on',
    );
  });
});

it.each([
  ['serve . --threads 0', /--threads is a number from 1 to 256, not '0'/],
  ['up --threads two', /--threads is a number from 1 to 256, not 'two'/],
  ['up --threads 2 --pcap x', /--pcap and --threads exclude each other/],
  ['listen 7 --threads 2', /--threads takes --echo, --discard or --chargen/],
  ['get http://10.9.0.1/ --threads 2', /there is no flag --threads/],
])('%s is refused', async (words, sentence) => {
  const { code, stderr } = await netcell(words.split(' '));
  expect(stderr).toMatch(sentence);
  expect(code).toBe(2);
});
