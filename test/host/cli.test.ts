/**
 * The command line: grammar, help, exit codes, and each verb against a real kernel.
 *
 * What takes a device runs in `cli-child.ts`, in a network namespace of its own; where that can not
 * be had it is skipped, and the title says why.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { remaining, socketTable } from '../../host-node/cli/socket-table.ts';
import type { TcpInfo } from '../../host-web/inspect.ts';
import { bundle, type Outcome, run } from './bundle.ts';
import { isWhole, packetsOf } from './captured.ts';
import { cli, environment, folder, netcell, scenariosOf, type Told } from './cli-inside.ts';

const { inside, obstacle, title } = await scenariosOf(bundle('test/host/cli-child.ts'));

const ON_DEVICES = ['demo', 'up', 'serve', 'get', 'listen', 'connect', 'ping', 'tunnel', 'run'];
const VERBS = [...ON_DEVICES, 'ss', 'nstat', 'trace', 'doctor', 'sim'];

describe('usage', () => {
  it.each([
    [['up', '--bogus'], /there is no flag --bogus$/m],
    [['up', '--mut', '1400'], /there is no flag --mut; did you mean --mtu\?/],
    [['up', '--mtu'], /--mtu takes a value/],
    [['up', '--mtu', '--json'], /--mtu takes a value, and '--json' is a flag/],
    [['up', '--mtu', '100'], /--mtu is a number from 576 to 65535, not '100'/],
    [['up', '--pcap-split'], /--pcap-split says nothing without --pcap$/m],
    [['demo', '--pcap-split'], /--pcap-split says nothing without --pcap$/m],
    [['up', '--json=yes'], /--json is a switch and takes no value/],
    [['up', '--address', '10.9.0.2'], /--address is an address with a prefix/],
    [['up', '--address', '10.9.0.2/31'], /has no room for a kernel side; say --peer/],
    [['up', '--addr', '10.9.0.2/24', '--addr', '10.8.0.2/24'], /given twice for one family/],
    [
      ['up', '--address', '10.9.0.2/24', '--peer', '10.8.0.1'],
      /--peer 10\.8\.0\.1 is not in the net/,
    ],
    [['up', 'now'], /'now' is one argument too many/],
    [['serve'], /DIR is missing/],
    [['serve', '.', '--port', 'http'], /--port is a number from 1 to 65535, not 'http'/],
    [['get', 'ftp://10.9.0.1/'], /URL is an http:\/\/ or https:\/\/ address, not 'ftp:/],
    [['listen', '70000'], /PORT is a number from 1 to 65535, not '70000'/],
    [['listen', '7', '--echo', '--discard'], /--echo and --discard exclude each other/],
    [['connect', '10.9.0.1'], /PORT is missing/],
    [['ping', '10.9.0.1', '-i', 'soon'], /-i is a duration such as 40ms or 2s, not 'soon'/],
    [['demo', '--size', 'much'], /--size is a size such as 64k, not 'much'/],
    [['tunnel', 'http://10.9.0.1/'], /URL is such as ws:\/\/.*, not 'http:/],
    [['tunnel', 'ws://[::1]:1/', '--address', '10.9.0.1'], /--address is an address with a prefix/],
    [['up', '--sysctl', 'tcp_sack'], /--sysctl: tcp_sack is not tcp_sack=value/],
    [['ping', '10.9.0.1', '--sysctl', 'tcp_sack=2'], /--sysctl: tcp_sack can not be 2/],
    [['demo', '--sysctl', 'tcp_magic=1'], /--sysctl: tcp_magic is not a setting; there are /],
    [['up', '--impair', 'loss'], /--impair: netem: loss needs a number behind it/],
    [['demo', '--impair', 'mayhem 1%'], /--impair: netem: mayhem is not known here/],
    [['tunnel', 'ws://[::1]:1/', '--impair', 'loss 2'], /--impair: .*2/],
    [['ss', '-K'], /-K: a netcell tells of its sockets, and closes none/],
    [['ss', '-Z'], /there is no flag -Z/],
    [['nstat', '-sn'], /-s and -n exclude each other/],
  ])('netcell %j is refused with exit code 2', async (words, sentence) => {
    const { code, stdout, stderr } = await netcell(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr).toContain(`netcell ${words[0]} --help`);
  });

  it('names a verb it does not know, and says what there is when asked nothing', async () => {
    expect(await netcell(['fly'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'fly'"),
    });
    expect(await netcell([])).toMatchObject({ code: 2, stdout: expect.stringContaining('up') });
    expect(await netcell(['--help'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('a tunnel whose other end is not there is refused with exit code 4', async () => {
    expect(await netcell(['tunnel', 'ws://127.0.0.1:1/'])).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('doctor says of each thing how it is, and what helps where it is not well', async () => {
    const { code, stdout, stderr } = await netcell(['doctor', '--json']);
    const findings = JSON.parse(stdout) as { what: string; isWell: boolean; helps?: string }[];
    expect(stderr).toBe('');
    expect(findings.find(({ what }) => what === 'Node')).toMatchObject({ isWell: true });
    expect(findings.filter(({ isWell, helps }) => !isWell && helps === undefined)).toEqual([]);
    const must = findings.filter((one) => !('only' in one));
    expect(code).toBe(must.every(({ isWell }) => isWell) ? 0 : 1);
    expect((await netcell(['doctor'])).stdout).toMatch(/^✓ Node +v\d+/);
  });

  it.each(VERBS)('%s --help fits a screen and shows two examples', async (verb) => {
    const { code, stdout, stderr } = await netcell([verb, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.every((line) => line.length <= 100)).toBe(true);
    const examples = lines.slice(lines.indexOf('Examples') + 1);
    expect(examples).toHaveLength(2);
    for (const example of examples) expect(example).toContain(`netcell ${verb}`);
  });
});

describe('without a device', () => {
  it('up says which node is missing', async () => {
    const { code, stderr } = await netcell(['up'], { NETCELL_TUN_DEVICE: '/nowhere/tun' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^netcell up: cannot open \/nowhere\/tun: ENOENT/);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'up says what to do without permission, exit code 3',
    async () => {
      const node = join(folder, 'tun');
      writeFileSync(node, '', { mode: 0o600 });
      const env = { ...environment, NETCELL_TUN_DEVICE: node };
      const { code, stderr } = await run(cli, ['up'], { env, uid: 65_534, gid: 65_534, cwd: '/' })
        .outcome;
      // A folder only root may enter hides the node as well; both are a missing permission.
      expect(code).toBe(3);
      expect(stderr).toMatch(/EACCES/);
      expect(stderr.trimEnd().split('\n').length).toBeGreaterThan(1);
    },
  );

  it('ss says that nothing runs, and how to start something', async () => {
    const { code, stderr } = await netcell(['ss']);
    expect(code).toBe(1);
    expect(stderr).toBe('netcell ss: no netcell is running; start one\n  sudo netcell up\n');
  });

  it('the demo does the same job over a simulated link, and says so', async () => {
    const env = { NETCELL_TUN_DEVICE: '/nowhere/tun' };
    const { code, stdout, stderr } = await netcell(['demo', '--size', '1m'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('SIMULATED link between two netcells');
    expect(stdout).toMatch(/sudo modprobe tun|unshare|sysctl|namespace/);
    expect(stdout).toMatch(/peer downloads from netcell +\d.*✓ +\d.*✓/);
    expect(stdout).toMatch(/netcell downloads from peer +\d.*✓ +\d.*✓/);
    expect(stdout).toMatch(/6 transfers, 6 MiB, every SHA-256 equal/);
  });
});

describe('the table of sockets', () => {
  const base = { receiveQueue: 0, sendQueue: 0, timer: null, timerMs: 0, retransmits: 0 };
  const sockets = [
    { ...base, state: 'LISTEN', localAddress: '::', localPort: 80, sendQueue: 511, synQueue: 0 },
    {
      ...base,
      state: 'LISTEN',
      localAddress: '0.0.0.0',
      localPort: 7,
      sendQueue: 4,
      receiveQueue: 1,
      synQueue: 2,
    },
    {
      ...base,
      state: 'TIME-WAIT',
      localAddress: 'fd00:9::2',
      localPort: 80,
      remoteAddress: 'fd00:9::1',
      remotePort: 40_512,
      timer: 'TIME-WAIT',
      timerMs: 41_300,
    },
  ] as unknown as TcpInfo[];

  it('has the columns and words of ss', () => {
    expect(socketTable(sockets)).toBe(
      [
        'State     Recv-Q Send-Q Local Address:Port Peer Address:Port',
        'LISTEN    0      511    *:80               *:*               syn:0/511',
        'LISTEN    1      4      0.0.0.0:7          0.0.0.0:*         syn:2/4',
        'TIME-WAIT 0      0      [fd00:9::2]:80     [fd00:9::1]:40512 timer:(timewait,41sec,0)',
      ].join('\n'),
    );
  });

  it('says ecn and ecnseen where ss does, behind sack', () => {
    const open = { ...base, state: 'ESTABLISHED', localAddress: '10.9.0.2', localPort: 80 };
    const remote = { remoteAddress: '10.9.0.1', remotePort: 40_512, sack: true, wscale: true };
    const info = (marks: object) => {
      const socket = { ...open, ...remote, ...marks } as unknown as TcpInfo;
      return socketTable([socket], { info: true }).split('\n').at(-1);
    };
    expect(info({ ecn: true, ecnseen: true })).toContain(' sack ecn ecnseen wscale');
    expect(info({ ecn: true, ecnseen: false })).toContain(' sack ecn wscale');
  });

  it('says what a sender knows of its flight in segments, in the order of ss', () => {
    const flight = { unacked: 3000, lost: 1001, sacked: 2000, retrans: 1000, total_retrans: 7 };
    const path = { dsack_dups: 2, reord_seen: 1, min_rtt: 0.25, snd_mss: 1000, snd_wnd: 65_535 };
    const ends = { localAddress: '10.9.0.2', remoteAddress: '10.9.0.1' };
    const socket = { ...base, state: 'ESTABLISHED', ...ends, ...flight, ...path };
    const table = socketTable([socket as unknown as TcpInfo], { info: true });
    expect(table).toContain(' unacked:3 retrans:1/7 lost:2 sacked:2 dsack_dups:2 reord_seen:1 ');
    expect(table).toContain(' minrtt:0.25 snd_wnd:65535');
  });

  it('says the delivery rate, and that lack of data has limited it, as ss', () => {
    const ends = { localAddress: '10.9.0.2', remoteAddress: '10.9.0.1' };
    const rate = { snd_mss: 1000, unacked: 1000, delivery_rate: 12_345_678, app_limited: true };
    const socket = { ...base, state: 'ESTABLISHED', ...ends, ...rate } as unknown as TcpInfo;
    const table = socketTable([socket], { info: true });
    expect(table).toContain(' delivery_rate 12345678bps app_limited unacked:1');
  });

  it('says what has kept a sender waiting, in milliseconds and shares, as ss', () => {
    const ends = { localAddress: '10.9.0.2', remoteAddress: '10.9.0.1' };
    const info = (times: object) => {
      const socket = { ...base, state: 'ESTABLISHED', ...ends, snd_mss: 1000, ...times };
      return socketTable([socket as unknown as TcpInfo], { info: true });
    };
    const all = { busy: 12, rwnd_limited: 5, sndbuf_limited: 1, unacked: 1000, notsent: 4096 };
    const limited = 'busy:12ms rwnd_limited:5ms(41.7%) sndbuf_limited:1ms(8.3%) unacked:1';
    expect(info(all)).toContain(` ${limited} `);
    expect(info(all)).toContain(' notsent:4096');
    expect(info({ ...all, rwnd_limited: 0, sndbuf_limited: 0 })).toContain(' busy:12ms unacked:1');
    expect(info({ busy: 0, rwnd_limited: 0, sndbuf_limited: 0 })).not.toContain('busy');
  });

  it.each([
    [200, '200ms'],
    [5320, '5.320ms'],
    [7000, '7sec'],
    [41_300, '41sec'],
    [90_000, '1min30sec'],
    [7_140_000, '119min'],
  ])('%d ms is %s', (ms, text) => expect(remaining(ms)).toBe(text));
});

describe.skipIf(obstacle !== undefined)(title, () => {
  it('up serves, tells ss, refuses a clash, and closes properly', async () => {
    const result = await inside<Told<'table' | 'listening' | 'json' | 'after'>>('up');
    expect(result.banner).toMatch(/tun0 +10\.9\.0\.2\/24 +mtu 1500 +kernel side 10\.9\.0\.1/);
    expect(result.page).toContain('Hello from netcell');
    expect(result.page6).toContain('fd00:9::1');
    expect(result.echo).toBe('echo me');
    expect(result.table!.stdout).toMatch(/^State +Recv-Q +Send-Q +Local Address:Port/);
    expect(result.table!.stdout).toMatch(
      /^ESTAB .* 10\.9\.0\.2:9 +10\.9\.0\.1:\d+\s*\n\t ts sack/m,
    );
    expect(result.listening!.stdout.trim().split('\n')).toHaveLength(5);
    const report = JSON.parse(result.json!.stdout);
    expect(report).toMatchObject({ tun: 'tun0', mtu: 1500, drops: expect.any(Array) });
    expect(report.addresses).toEqual(['10.9.0.2/24', 'fd00:9::2/64']);
    expect(report.counters.TcpPassiveOpens).toBeGreaterThanOrEqual(4);
    expect(result.clash).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('clashes with'),
    });
    expect(result.inUse).toMatchObject({ code: 1, stderr: expect.stringContaining('holds it') });
    expect(result.code).toBe(130);
    expect(result.after!.code).toBe(1);
    expect(result.pcapMagic).toBe(0x0a0d0d0a);
    expect(result.pcapOctets).toBeGreaterThan(2000);
  });

  it('serve gives files, and nothing outside', async () => {
    writeFileSync(join(folder, 'a.txt'), 'the letter a');
    writeFileSync(join(folder, '.hidden'), 'no');
    mkdirSync(join(folder, 'sub'), { recursive: true });
    const result = await inside<Record<string, unknown>>('serve');
    expect(result.answers).toEqual([
      ['/', 200, 'text/html; charset=utf-8'],
      ['/a.txt', 200, 'text/plain; charset=utf-8'],
      ['/nothing', 404, 'text/plain; charset=utf-8'],
      ['/.hidden', 404, 'text/plain; charset=utf-8'],
      ['/%2e%2e/%2e%2e/etc/passwd', 404, 'text/plain; charset=utf-8'],
      ['/sub', 301, '/sub/'],
    ]);
    expect(result.text).toBe('the letter a');
    expect(result.list).toContain('<a href="a.txt">a.txt</a>');
    expect(result.list).not.toContain('.hidden');
    expect(result.code).toBe(143);
    expect(result.log).toContain('"url":"/a.txt","status":200,"octets":12');
  });

  it('get, connect and ping reach the kernel, with the exit codes of the manual', async () => {
    const result = await inside<Record<string, Outcome>>('clients');
    expect(result.get).toMatchObject({ code: 0, stdout: 'you asked for /' });
    expect(result.get!.stderr).toMatch(/200 OK {2}15 octets in .*bit\/s/);
    expect(result.get6).toMatchObject({ code: 0, stdout: 'you asked for /', stderr: '' });
    expect(result.missing).toMatchObject({ code: 1, stdout: 'you asked for /x' });
    expect(result.refused).toMatchObject({ code: 4, stdout: '' });
    expect(result.refused!.stderr).toMatch(/connect ECONNREFUSED 10\.9\.0\.1:1: A RST answered/);
    expect(result.connectRefused!.code).toBe(4);
    expect(result.silent!.code).toBe(5);
    expect(result.ping!.code).toBe(0);
    expect(result.ping!.stdout).toMatch(/64 octets from 10\.9\.0\.1: icmp_seq=\d+ ttl=64 time=/);
    expect(result.ping!.stdout).toContain('2 sent, 2 received, 0% lost');
    const [far] = result.pingFar!.stdout.split('\n').map((line) => line && JSON.parse(line));
    expect(far.time).toBeGreaterThanOrEqual(60);
    expect(result.pingLost!.code).toBe(5);
    expect(result.connected).toMatchObject({ code: 0, stdout: 'over and out', stderr: '' });
  });

  it('listen echoes; Ctrl-C sends a FIN, a second one a RST', async () => {
    const result = await inside<Record<string, string | number>>('listen');
    expect(result).toMatchObject({ answered: 'hello', code: 130, silence: '', ended: 0 });
    expect(result.output).toContain('closing 1 connection; Ctrl-C again resets');
    expect(result.received).toContain('for the terminal');
    expect(result.received).toMatch(/closed: 16 octets in, 0 out/);
  });

  it('a setting is one of the stack that the verb makes', async () => {
    const { before, after, listen } = await inside<Record<string, string>>('sysctl');
    expect(before).toMatch(/^\t ts sack wscale:/m);
    expect(after).toMatch(/^\t wscale:/m);
    expect(listen).toMatch(/^\t ts sack rto:/m);
  });

  it('a device that was down has its addresses afterwards, and says so', async () => {
    const { kept, putBack, code, output } = await inside<Record<string, string>>('device');
    expect([kept, putBack, code]).toEqual([
      expect.stringContaining('Hello from netcell'),
      expect.stringContaining('Hello from netcell'),
      130,
    ]);
    const down = '  tun0 is down: nothing comes or goes\n  sudo ip link set tun0 up\n';
    const again = `${down}  tun0 is up again\n`;
    const back = '  fd00:9::1/64 was gone from tun0, and is back\n';
    const gone = '  fd00:9::1/64 is gone from tun0\n  sudo ip addr add fd00:9::1/64 dev tun0\n';
    expect(output).toContain(`${again}${again}${back}${gone}`);
  });

  it('the demo compares six transfers with the kernel, and shows ladder and sockets', async () => {
    const { text, json } = await inside<Record<'text' | 'json', Outcome>>('demo');
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/kernel uploads to netcell +\d.*✓ +\d.*✓/);
    expect(text.stdout).toMatch(/SYN-RECEIVED +◄─+ \[S\] seq 0 win \d+ ─ +SYN-SENT/);
    expect(text.stdout).toMatch(/─ \[S\.\] seq 0 ack 1 win \d+ ─+► +ESTABLISHED/);
    expect(text.stdout).toMatch(/TIME-WAIT +─ \[\.\] seq \d+ ack 60 win \d+ ─+►/);
    expect(text.stdout).toMatch(
      /TIME-WAIT 0 +0 +10\.9\.0\.2:80 +10\.9\.0\.1:\d+ +timer:\(timewait/,
    );
    expect(text.stdout).toContain('every SHA-256 equal');
    expect(json).toMatchObject({ code: 0, stderr: '' });
    const report = JSON.parse(json.stdout);
    expect(report).toMatchObject({ link: 'tun', transfers: expect.any(Array) });
    expect(report.transfers).toHaveLength(6);
    for (const transfer of report.transfers) expect(transfer).toMatchObject({ isEqual: true });
  });

  it('the kernel takes and gives segments joined, as a capture shows them, or cut', async () => {
    const told = await inside<Record<'on' | 'split' | 'off', Outcome>>('offload');
    const captured = (name: string) => packetsOf(readFileSync(join(folder, `${name}.pcapng`)));
    for (const [name, { code, stdout, stderr }] of Object.entries(told)) {
      expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' });
      expect(stdout).toContain('every SHA-256 equal');
    }
    expect(told.on.stdout).toContain('mtu 1500, offload');
    expect(told.off.stdout).toContain('mtu 1500, no offload');
    const joined = captured('on').filter(({ octets }) => octets.length > 1500);
    expect(new Set(joined.map(({ direction }) => direction))).toEqual(new Set(['in', 'out']));
    for (const name of ['split', 'off']) {
      const packets = captured(name);
      expect(Math.max(...packets.map(({ octets }) => octets.length))).toBe(1500);
      expect(packets.filter(({ octets }) => !isWhole(octets))).toEqual([]);
    }
  });
});
