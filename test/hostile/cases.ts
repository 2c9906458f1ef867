/**
 * Hostile inputs: what peers, strangers and hosts have done to other stacks, line by line.
 *
 * The table is data: `cases.test.ts` holds it against the names of the tests. `8c` is a case of
 * line 8, and a test shows it whose name says "hostile 8c". The vulnerabilities named are pointers
 * to where it happened, and to what it cost there.
 */

/** One case, and its line's number. */
export interface Case {
  readonly tag: string;
  readonly line: number;
  readonly about: string;
}

const TABLE = `
1 lengths and offsets that lie
1a a data offset below five words, or beyond the segment
1b an IPv4 total length below its header, or beyond what came
1c an IPv6 payload length beyond what came
1d octets of the link beyond the packet are not text
2 malformed options
2a lengths 0, 1, past the end, cut short, in an established connection: it lives (CVE-2019-12258)
2b the same in a SYN: it is answered
2c an MSS option of another length than four (CVE-2020-13988)
2d a SACK option whose length is not 8n + 2
2e a window scale beyond 14
2f options that begin at odd octets
2g forty NOPs
3 the MSS
3a an MSS of 0 divides nothing (CVE-2018-16523)
3b an MSS of 1 to 63 is not obeyed (CVE-2019-11479)
3c more than 65,535 of the smallest segments are counted (CVE-2019-11477)
4 urgent pointers
4a of 0, at, behind and far beyond the end of the segment (CVE-2019-12255)
4b with a malformed option of authentication first (CVE-2019-12260)
4c while the connection opens, on each side (CVE-2019-12261, CVE-2019-12263)
4d beyond the window
5 headers below TCP
5a IPv4 options, and a header length that lies
5b chains of IPv6 extension headers, and lengths in them that lie
5c IP in IP
5d overlapping, teardrop and endless fragments
5e floods of fragments are bounded, and forgotten in time (CVE-2018-5391)
5f ICMP errors too short for what they must quote
6 forged addresses
6a LAND: from our own socket, in every state that answers SYNs
6b from broadcast, multicast, loopback or nobody
6c to broadcast and multicast
7 senseless flags
7a SYN with FIN or RST, none, all, FIN alone: in every state
7b text and FIN without ACK are not taken
7c text with a SYN is held, and read once the connection stands
7d text with a RST is not read
8 blind injection (CVE-2004-0230, RFC 5961)
8a a RST ends a connection at exactly RCV.NXT and nowhere else
8b a sweep of RSTs and SYNs through all of sequence space finds nothing to end
8c a SYN is challenged, whatever its number, and ends nothing
8d blind text with an ACK out of range is not taken
8e challenges of one connection are limited
8f their pace is random (CVE-2016-5696)
8g no budget is shared: one connection's challenges say nothing of another's (CVE-2016-5696)
8h two stacks that contradict each other fall silent
8i challenges to a SYN-queue entry are limited
8j an old segment that acknowledges everything must name SND.NXT itself
9 acknowledgments of ghosts
9a an ACK below SND.UNA - MAX.SND.WND
9b an ACK of what was never sent, in every state: challenged, nothing moves
9c an ACK half of sequence space away
9d an ACK in SYN-SENT that is off by one
9e a RST in SYN-SENT without the right ACK
9f an old SYN,ACK played again, in every state
10 unusual openings and closings
10a two stacks open towards each other at once
10b two stacks close at once
10c a connection to itself
10d a split handshake: ACK and SYN in two segments
10e Fast Open's option and text in a SYN that crosses ours
11 timestamps and PAWS
11a TS.Recent is not moved by a segment outside the window (CVE-2005-0356)
11b nor by one that lies ahead of a gap
11c nor by one whose ACK, or lack of it, has it thrown away
11d echoes of 0 and of garbage measure nothing
11e timestamps that are missing once they were agreed on
11f timestamps that wrap
11g a RST is exempt, and moves nothing
11h a SYN-queue entry's timestamps are as safe
12 TIME-WAIT
12a a RST does not end it (RFC 1337)
12b old text is acknowledged and nothing more
12c a new SYN above RCV.NXT begins anew
12d a new SYN at or below RCV.NXT does not
12e the peer's FIN again begins the wait anew
12f a foreign FIN does not
12g timestamps decide before sequence numbers do
13 ICMP errors (RFC 5927)
13a source quench (CVE-2004-0791)
13b unreachable, with a number that is not ours (CVE-2004-0790)
13c fragmentation needed with an MTU of 0, 68 and other dust (CVE-2004-1060)
13d an MTU larger than ours
13e an MTU about a segment that is not in flight
13f packet too big below 1280
14 wraps at 2^31 and 2^32
14a of the peer's text
14b of ours
14c of SACK, both ways
14d of SND.WL1 and SND.WL2
14e of our own timestamps
15 floods of SYNs
15a the SYN queue is bounded, and ages
15b with cookies an honest client gets in
15c an accept queue that is full
15d half-open connections end in time
15e a queue that fills gives up the old ones sooner
15f a batch of SYNs as long as a TUN's is answered whole
15g established connections send before most of the flood is answered
15h a stack that does not keep up with its link lets most of a flood go unanswered
16 connections held for nothing (CVE-2008-4609)
16a zero windows, on many connections: memory is bounded, text in order still gets in
16b the same: others can still send
16c a user timeout frees what they hold
16d windows of one octet cost few packets
16e all TCBs in CLOSE-WAIT: a clear error, and service as soon as one is free
16f all TCBs in FIN-WAIT-2 without a user: free again after a minute
16g all TCBs in LAST-ACK without a user: free again after R2
16h who closes first, hundreds of times a second: everybody is served
16i more waits than there may be
16j the same where the side that opens closes first: it has ports
16k peers that vanish behind our FIN: for how long they are tried
16l more of them than there may be: which one goes
16m a thousand of them, and hundreds a second: what others notice
16n hundreds of full buffers that nobody reads: goodput and latency of others
16o thousands of short texts that nobody reads: the same, and no page is taken
16p hundreds whose users read until their windows have grown, and then stop
17 tiny out-of-order segments (CVE-2018-5390, CVE-2018-6922)
17a ten thousand single octets, upwards and downwards: count and octets are bounded
17b what was thrown away can come again: progress is never lost
17c thousands of connections with as many of them as they may: others have ranges
18 SACK
18a a hundred thousand one-octet blocks (CVE-2019-11478, CVE-2019-5599)
18b blocks below SND.UNA, above SND.NXT, inverted, empty
18c overlapping blocks count once
18d a peer that reneges
18e D-SACK that is made up
19 acknowledgments that lie
19a ACK division
19b duplicate ACKs in masses
19c optimistic ACKs
19d stretched ACKs
19e a window that is not used
20 windows
20a that shrink below what is in flight, and close
20b ours closed: RST and URG still count
20c of a single octet
20d a scale of 14 and a field of 65,535
20e a peer that ignores ours
21 numbers that could be guessed
21a the ISNs of a hundred thousand SYNs of one tuple, its clock taken away (CVE-2020-27213)
21b ISNs of neighbouring tuples
21c the offset of timestamps, of each tuple
21d ephemeral ports (CVE-2022-1012)
21e the identification of IP
21f the flow label of IPv6
21g what strangers are answered does not tell whether a connection is there
22 names (a resolver's compression pointers and label lengths)
22a there is nothing that reads names
23 the door: numbers of a host
23a header fields against lengths, at 0, 1, 0x7fff, 0xffff
23b packets cut short at every length
23c lengths of SEND, RECEIVE and input
23d handles
23e settings and options
23f ports and prefixes
23g limits at init
23h cursors, pools and echo requests
23i the clock
23j calls before open and before init
`;

/** Cases that no test can show, and why. */
export const NOWHERE: Readonly<Record<string, string>> = {
  '22a': 'there is no resolver and no DHCP: no octet of a packet is ever read as a name',
};

/** The lines, by number. */
export const LINES: ReadonlyMap<number, string> = new Map(
  [...TABLE.matchAll(/^(\d+) (.*)$/gm)].map(([, number, about = '']) => [Number(number), about]),
);

/** The cases, in their order. */
export const CASES: readonly Case[] = [...TABLE.matchAll(/^((\d+)[a-z]) (.*)$/gm)].map(
  ([, tag = '', line, about = '']) => ({ tag, line: Number(line), about }),
);

/** The tags in the name of a test. */
export function tagsIn(name: string): string[] {
  return [...name.matchAll(/\bhostile (\d+[a-z](?:, \d+[a-z])*)/g)].flatMap(([, tags = '']) =>
    tags.split(', '),
  );
}
