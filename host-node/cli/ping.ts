/** `netcell ping`: ICMP echo from a stack of its own (RFC 792, RFC 4443). */
import { lookup } from 'node:dns/promises';
import { isIP } from '../../host-web/address.ts';
import type { PingReply } from '../../host-web/ping.ts';
import {
  type Arguments,
  COMMON,
  COMMON_HELP,
  readNumber,
  readSeconds,
  takePositionals,
  talkOf,
} from './arguments.ts';
import type { Device } from './device.ts';
import { Exit } from './failure.ts';
import type { Verb } from './verb.ts';
import { once } from './once.ts';
import { showProgress } from './progress.ts';

const HELP = `netcell ping: ICMP echo requests from a stack of its own

  netcell ping HOST [-c N] [-i 1s] [-s SIZE] [-W 5s] [flags]

  -c N          stop after N requests; without it, at Ctrl-C
  -i T          time from one request to the next; default 1s; a bare number is seconds, as in ping
  -s SIZE       octets of text; default 56
  -W T          longest wait for a reply; default 5s; also --timeout

${COMMON_HELP}

Exit code 5 when no reply came.

Examples
  sudo netcell ping 10.9.0.1 -c 3
  sudo netcell ping fd00:9::1 -c 100 -i 0.01 -s 1400`;

/** The largest text of an echo: what 65,535 octets of packet leave. */
const MAX_TEXT = 65_507;

interface Plan {
  readonly address: string;
  readonly count: number;
  readonly interval: number;
  readonly timeout: number;
  readonly size: number;
  readonly say: (text: string) => void;
}

async function run(args: Arguments): Promise<number> {
  const [host] = takePositionals(args, 'HOST');
  const count = args.value('count');
  const plan = {
    count: count === undefined ? Number.POSITIVE_INFINITY : readNumber(count, '-c', 1, 1e9),
    interval: readSeconds(args.value('interval') ?? '1s', '-i'),
    timeout: readSeconds(args.value('timeout') ?? '5s', '-W'),
    size: readNumber(args.value('size') ?? '56', '-s', 0, MAX_TEXT),
    say: talkOf(args),
  };
  const stop = showProgress(() => `the name ${host} is looked up`, args.isSet('quiet'));
  const address = isIP(host!) !== 0 ? host! : (await lookup(host!).finally(stop)).address;
  stop();
  return once(args, (device, interrupted) => ping(device, { ...plan, address }, args, interrupted));
}

async function ping(
  { stack }: Device,
  plan: Plan,
  args: Arguments,
  signal: AbortSignal,
): Promise<number> {
  const isJson = args.isSet('json');
  const isQuiet = args.isSet('quiet');
  const { address, count, interval, timeout, size, say } = plan;
  if (!isJson) say(`PING ${address}: ${size} octets of text`);
  const times: number[] = [];
  const waiting = new Set<Promise<void>>();
  let sent = 0;
  const stop = showProgress(() => `${sent} sent, no reply yet`, args.isSet('quiet'));
  // What is neither a reply nor silence ends it.
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  failed.catch(() => {});
  const interrupted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve()),
  );
  const heard = (reply: PingReply) => {
    stop();
    times.push(reply.time);
    if (!isQuiet) say(isJson ? JSON.stringify(reply) : lineOf(reply));
  };
  const unheard = (error: { code?: string }) => {
    if (error.code !== 'ETIMEDOUT' && error.code !== 'ECONNABORTED') fail(error);
  };
  try {
    while (sent < count && !signal.aborted) {
      sent++;
      const one = stack.ping(address, { timeout, size }).then(heard, unheard);
      waiting.add(one);
      void one.then(() => waiting.delete(one));
      const isLast = sent === count;
      const pause = new Promise((resolve) => setTimeout(resolve, interval));
      await Promise.race([isLast ? Promise.all(waiting) : pause, interrupted, failed]);
    }
  } finally {
    stop();
  }
  if (isJson) say(JSON.stringify({ address, sent, received: times.length }));
  else say(summaryOf(address, sent, times));
  return times.length > 0 ? Exit.OK : Exit.TIMED_OUT;
}

function lineOf({ from, sequence, size, ttl, time }: PingReply): string {
  const facts = `icmp_seq=${sequence} ttl=${ttl} time=${time.toFixed(3)} ms`;
  return `${size + 8} octets from ${from}: ${facts}`;
}

function summaryOf(address: string, sent: number, times: readonly number[]): string {
  const lost = Math.round((100 * (sent - times.length)) / Math.max(sent, 1));
  const lines = [`\n--- ${address} ---`, `${sent} sent, ${times.length} received, ${lost}% lost`];
  if (times.length > 0) {
    const average = times.reduce((sum, time) => sum + time, 0) / times.length;
    const numbers = [Math.min(...times), average, Math.max(...times)].map((time) =>
      time.toFixed(3),
    );
    lines.push(`rtt min/avg/max = ${numbers.join('/')} ms`);
  }
  return lines.join('\n');
}

export const verb: Verb = {
  help: HELP,
  flags: {
    ...COMMON,
    count: { type: 'string', short: 'c' },
    interval: { type: 'string', short: 'i' },
    size: { type: 'string', short: 's' },
    timeout: { type: 'string', short: 'W' },
  },
  run,
};
