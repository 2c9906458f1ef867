/**
 * Plays a script, for exchanges that are longer than a test should be:
 *
 *     write 4000
 *     +0    > . 1:1001(1000) ack 1
 *     +10   < . 1:1(0) ack 1001 win 257
 *
 * `+n` lets n milliseconds pass first; `>` is the next segment of the host, and before `<`, a
 * call, time or the end all of them must have been expected. Calls: `write n`, `read n`, `close`,
 * `abort`.
 */
import { type Host } from './host.ts';
import { parse } from './notation.ts';
import { type Peer } from './peer.ts';
import { type Segment } from './segment.ts';

export function play({ host, peer }: { host: Host; peer: Peer }, script: string): void {
  let wishes: Segment[] = [];
  const settle = () => {
    peer.expect(...wishes);
    wishes = [];
  };
  for (const line of script
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => text !== '')) {
    const [, time, rest = ''] = /^(?:\+(\d+)\s*)?(.*)$/.exec(line) as unknown as [
      string,
      string | undefined,
      string,
    ];
    if (time !== undefined && time !== '0') {
      settle();
      host.wait(Number(time));
    }
    if (rest.startsWith('>')) {
      wishes.push(parse(rest.slice(1)));
      continue;
    }
    settle();
    if (rest.startsWith('<')) peer.send(parse(rest.slice(1)));
    else if (rest !== '') call(host, rest);
  }
  settle();
}

function call(host: Host, line: string): void {
  const [verb, count] = line.split(' ');
  switch (verb) {
    case 'write':
      host.write(Number(count));
      return;
    case 'read':
      host.read(count === undefined ? undefined : Number(count));
      return;
    case 'close':
      host.close();
      return;
    case 'abort':
      host.abort();
      return;
    default:
      throw new SyntaxError(`not a call: ${line}`);
  }
}
