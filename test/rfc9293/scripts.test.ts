/** Longer exchanges as scripts, and the notation they are written in. */
import { expect, test } from 'vitest';
import { established, parse, play, print, State } from '../dsl/index.ts';

test.each([
  'S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>',
  'S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 7 ecr 9,wscale 0>',
  'P. 1:1001(1000) ack 1 win 229',
  'F. 1:1(0) ack 7',
  'R 5:5(0)',
  '. 1:1(0) ack 1 <sack 3:5 7:9>',
  '.U 1:6(5) ack 1 urg 3',
])('notation: what is printed is read again: %s', (line) => {
  expect(print(parse(line))).toBe(line);
});

test.each(['', 'X 0:0(0)', '. 1:1', '. 1:1(0) <what 7>'])(
  'notation: not a segment: "%s"',
  (line) => {
    expect(() => parse(line)).toThrow(SyntaxError);
  },
);

test('fast retransmit of one lost segment, with SACK', () => {
  const made = established({ mss: 1000 });
  play(
    made,
    `
        < . 1:1(0) ack 1 win 65535
        write 6000
    +0  > . 1:1001(1000) ack 1
    +0  > . 1001:2001(1000) ack 1
    +0  > . 2001:3001(1000) ack 1
    +0  > . 3001:4001(1000) ack 1
    +0  > . 4001:5001(1000) ack 1
    +0  > . 5001:6001(1000) ack 1
    +10 < . 1:1(0) ack 1 win 65535 <sack 1001:2001>
    +1  < . 1:1(0) ack 1 win 65535 <sack 1001:3001>
    +1  < . 1:1(0) ack 1 win 65535 <sack 1001:4001>
    +0  > . 1:1001(1000) ack 1
    +10 < . 1:1(0) ack 6001 win 65535
        close
    +0  > F. 6001:6001(0) ack 1
    +10 < F. 1:1(0) ack 6002 win 65535
    +0  > . 6002:6002(0) ack 2
  `,
  );
  made.host.expect(State.TIME_WAIT);
});

test('a timeout, its back-off, and slow start after it', () => {
  const made = established({ mss: 1000, sack: false });
  play(
    made,
    `
        < . 1:1(0) ack 1 win 65535
        write 4000
    +0  > . 1:1001(1000) ack 1
    +0  > . 1001:2001(1000) ack 1
    +0  > . 2001:3001(1000) ack 1
    +0  > P. 3001:4001(1000) ack 1
    +1000 > . 1:1001(1000) ack 1
    +2000 > . 1:1001(1000) ack 1
    +10 < . 1:1(0) ack 1001 win 65535
    +0  > . 1001:2001(1000) ack 1
    +0  > . 2001:3001(1000) ack 1
    +10 < . 1:1(0) ack 3001 win 65535
    +0  > P. 3001:4001(1000) ack 1
    +10 < . 1:1(0) ack 4001 win 65535
  `,
  );
  made.host.expect(State.ESTABLISHED);
});

test('request, response, half-close', () => {
  const made = established();
  play(
    made,
    `
        < P. 1:11(10) ack 1 win 65535
    +0  < F. 11:11(0) ack 1 win 65535
    +0  > . 1:1(0) ack 12
        read
        write 20
    +0  > P. 1:21(20) ack 12
    +5  < . 12:12(0) ack 21 win 65535
        close
    +0  > F. 21:21(0) ack 12
    +5  < . 12:12(0) ack 22 win 65535
  `,
  );
  made.host.expect(State.CLOSED);
});
