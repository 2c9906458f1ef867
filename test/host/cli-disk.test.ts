/**
 * The command line where what it writes finds no room: captures, downloads, standard output.
 *
 * A capture is never the job, so it ends with a sentence and the verb goes on; a download is, so it
 * fails with one. Nobody sees a stack trace, and nothing of it is called netcell's own fault.
 */
import { describe, expect, it } from 'vitest';
import { bundle, type Outcome } from './bundle.ts';
import { netcell, scenariosOf } from './cli-inside.ts';

const { inside, obstacle, title } = await scenariosOf(bundle('test/host/cli-disk-child.ts'));

const NO_ROOM = 'no space left on device (ENOSPC)';
const ENDED = `  the capture ends here: cannot write to /dev/full: ${NO_ROOM}\n`;

function hasNoTrace({ stderr }: Pick<Outcome, 'stderr'>): void {
  expect(stderr).not.toMatch(/fault of netcell|\n {4}at |node:internal/);
}

/** Types of the blocks of a pcapng file; throws when it ends inside one. */
function blocksOf(file: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    // Each block ends with its length once more.
    expect(file.readUInt32LE(at + length - 4)).toBe(length);
    types.push(file.readUInt32LE(at));
    at += length;
  }
  return types;
}

describe.skipIf(obstacle !== undefined)(title, () => {
  it('a capture that fills the disk ends at a whole packet, and the stack goes on', async () => {
    const result = await inside<Record<string, string>>('up');
    expect(result).toMatchObject({ long: 200_000, after: 'still there', code: 130 });
    expect(result.output!.match(/the capture ends here/g)).toHaveLength(1);
    expect(result.output).toContain(`x.pcapng: ${NO_ROOM}\n`);
    const types = blocksOf(Buffer.from(result.capture!, 'base64'));
    expect(types.slice(0, 2)).toEqual([0x0a0d0d0a, 1]);
    expect(types.length).toBeGreaterThan(10);
  });

  it('verbs that end do their job without their capture, and hear Ctrl-C', async () => {
    const result = await inside<Record<string, Outcome>>('verbs');
    expect(result.interrupted).toMatchObject({ code: 130 });
    expect(result.interrupted!.stderr).toContain(ENDED);
    expect(result.get).toMatchObject({ code: 0, stdout: 'x'.repeat(300_000), stderr: ENDED });
    expect(result.connect).toMatchObject({ code: 0, stdout: 'over and out', stderr: ENDED });
    expect(result.ping).toMatchObject({ code: 0, stderr: ENDED });
    expect(result.demo).toMatchObject({ code: 0, stderr: ENDED });
    // A simulation is over when its capture is written, so all that is left is to say it.
    expect(result.sim).toMatchObject({
      code: 1,
      stderr: `netcell sim: cannot write the capture to /dev/full: ${NO_ROOM}\n`,
    });
  });

  it('a capture that can not be opened is told at once, exit code 1', async () => {
    const result = await inside<Record<string, Outcome>>('start');
    for (const [what, outcome] of Object.entries(result)) {
      expect([what, outcome.code]).toEqual([what, 1]);
      expect(outcome.stderr).toMatch(/^netcell \w+: cannot write the capture/);
      hasNoTrace(outcome);
    }
    expect(result.up!.stderr).toMatch(/read-only file system \(EROFS\)\n$/);
    expect(result['a folder']!.stderr).toContain('EISDIR');
    expect(result['no folder']!.stderr).toContain('ENOENT');
    expect(result['an unread pipe']!.stderr).toMatch(/nobody reads .*; start its reader first\n/);
  });

  it('a reader of the capture that stands still or goes away holds nothing up', async () => {
    const { slow, gone } =
      await inside<Record<string, { code: number; echo: string; output: string }>>('readers');
    expect(slow).toMatchObject({ code: 130, echo: 'not waiting' });
    expect(slow!.output).toMatch(/the capture lacks \d+ packets: its reader was too slow/);
    expect(gone).toMatchObject({ code: 130, echo: 'alone' });
    expect(gone!.output).toMatch(/^ {2}the capture ends here: .*: its reader is gone$/m);
  });

  it('output that finds no room ends what it is the job of, and nothing else', async () => {
    const result = await inside<Record<string, Outcome & { page: string }>>('output');
    for (const outcome of Object.values(result)) hasNoTrace(outcome);
    expect(result.up).toMatchObject({ code: 130, page: expect.stringContaining('LISTEN') });
    expect(result.up!.stderr.match(/ENOSPC/g)).toHaveLength(1);
    for (const verb of ['ss', 'get', 'ping', 'help']) {
      const stderr = expect.stringContaining(`cannot write to standard output: ${NO_ROOM}\n`);
      expect([verb, result[verb]]).toMatchObject([verb, { code: 1, stderr }]);
    }
    expect(result.listen).toMatchObject({ code: 1, stderr: expect.stringContaining(NO_ROOM) });
    expect(result.getFile!.stderr).toMatch(/cannot write .*\/big: no space left on device/);
    expect(result.getFolder!.stderr).toMatch(/cannot write .*: .*\(EISDIR\)/);
  });
});

describe('standard output', () => {
  it.each([
    [['up', '--pcap', '-', '--json']],
    [['get', 'http://10.9.0.1/', '--pcap', '-']],
    [['connect', '10.9.0.1', '7', '--pcap', '-']],
    [['listen', '7', '--pcap', '-']],
  ])('netcell %j: two things do not go there at once', async (words) => {
    const { code, stdout, stderr } = await netcell(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/--pcap - and .* exclude each other: both take standard output/);
  });
});
