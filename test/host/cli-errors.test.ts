/**
 * What the command line says when something goes wrong outside of it.
 *
 * A user's mistake, a full disk, a name nobody knows or a server that misbehaves is told in a
 * sentence that says so and ends with what helps, in the command line's own language; none is
 * called netcell's own fault, and what is offered harms nobody else.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Exit, Failure } from '../../host-node/cli/failure.ts';
import { Result } from '../../host-web/abi.ts';
import { codeOf } from '../../host-web/errors.ts';
import { bundle, type Outcome, run } from './bundle.ts';
import { cli, environment, scenariosOf, type Told } from './cli-inside.ts';

const { inside, obstacle, title } = await scenariosOf(bundle('test/host/cli-errors-child.ts'));

/** Verbs that need a network of their own. */
const VERBS = ['ping', 'tunnel', 'listen', 'named'] as const;
type Verb = (typeof VERBS)[number];

function coded(code: string, more: object = {}): Error {
  return Object.assign(new Error('it went wrong'), { code, ...more });
}

describe('what the world outside did', () => {
  const errnos = new Set([
    ...Object.keys(constants.errno),
    ...[...getSystemErrorMap().values()].map(([name]) => name),
  ]);

  it.each([...errnos])('%s is a failure with a sentence', (code) => {
    const failure = Failure.from(coded(code));
    expect(failure).toBeInstanceOf(Failure);
    expect(failure!.message).not.toBe('');
    expect(Failure.while('cannot write x', coded(code)).message).toContain(`(${code})`);
  });

  it('every result of the core is one too', () => {
    const results = Object.values(Result).filter((value) => typeof value === 'number');
    for (const result of results.filter((value) => value !== Result.OK)) {
      expect(Failure.from(coded(codeOf(result)))).toBeInstanceOf(Failure);
    }
  });

  it.each([
    ['ECONNREFUSED', Exit.REFUSED],
    ['ETIMEDOUT', Exit.TIMED_OUT],
    ['EPERM', Exit.NO_PERMISSION],
    ['EACCES', Exit.NO_PERMISSION],
    ['ENOSPC', Exit.FAILED],
    ['ECONNRESET', Exit.FAILED],
  ])('%s ends with exit code %d', (code, exitCode) => {
    expect(Failure.from(coded(code))!.exitCode).toBe(exitCode);
  });

  it.each([
    ['ENOTFOUND', /^cannot look up 'x\.test': there is no such name \(ENOTFOUND\)\n {2}getent/],
    ['EAI_AGAIN', /^cannot look up 'x\.test': no name server answers \(EAI_AGAIN\)/],
    ['EAI_NODATA', /^cannot look up 'x\.test': the name has no address \(EAI_NODATA\)/],
    ['EAI_BADFLAGS', /^cannot look up 'x\.test': .*\(EAI_BADFLAGS\)/],
    ['EAI_WHATEVER', /^cannot look up 'x\.test': EAI_WHATEVER/],
  ])('a name: %s', (code, sentence) => {
    const error = coded(code, { syscall: 'getaddrinfo', hostname: 'x.test' });
    expect(Failure.from(error)!.message).toMatch(sentence);
  });

  it.each([
    ['HPE_INVALID_CONSTANT', /^what came is not HTTP: /],
    ['EPROTO', /^TLS could not be agreed on: wrong version number \(EPROTO\)$/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /^TLS could not be agreed on: /],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /^TLS could not be agreed on: /],
    ['CERT_HAS_EXPIRED', /^the certificate is not trusted: /],
    ['SELF_SIGNED_CERT_IN_CHAIN', /^the certificate is not trusted: /],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /^the certificate is not trusted: /],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /^the certificate is not trusted: /],
    ['HOSTNAME_MISMATCH', /^the certificate is for another name: /],
    ['ERR_STREAM_PREMATURE_CLOSE', /^the other side ended in the middle: /],
  ])('a server: %s', (code, sentence) => {
    const error = coded(code, { reason: 'wrong version number' });
    expect(Failure.from(error)!.message).toMatch(sentence);
  });

  it.each([
    new TypeError('x is not a function'),
    coded('ERR_INVALID_ARG_TYPE'),
    coded('ERR_OUT_OF_RANGE'),
    coded('ERR_ASSERTION'),
    'a string',
  ])('%s is nobody else’s doing', (error) => expect(Failure.from(error)).toBeUndefined());
});

function expectSentence(name: string, { code, stderr }: Outcome, exitCode: number): void {
  expect([name, code]).toEqual([name, exitCode]);
  expect(stderr).toMatch(/^netcell \w+: /);
  expect(stderr).not.toMatch(/fault of netcell|\n {4}at |node:internal|openTun|Warning/);
}

describe.skipIf(obstacle !== undefined)(title, () => {
  it('a server that misbehaves is told by what it did', async () => {
    const result = await inside<Record<string, Outcome>>('servers');
    for (const [name, outcome] of Object.entries(result)) {
      expectSentence(name, outcome, name === 'says nothing' ? 5 : 1);
    }
    expect(result.resets!.stderr).toMatch(/ECONNRESET.*: /);
    for (const name of ['resets in the middle', 'ends in the middle']) {
      expect(result[name]!.stderr).toMatch(/ended in the middle of its answer, after \d octets$/m);
    }
    expect(result['ends at once']!.stderr).toMatch(/ended before it answered$/m);
    expect(result['speaks something else']!.stderr).toContain('what came is not HTTP');
    expect(result['says nothing']!.stderr).toMatch(/said nothing for 200 ms$/m);
    expect(result['no TLS']!.stderr).toMatch(/TLS could not be agreed on: .* \(\w+\)$/m);
  });

  it('a name nobody knows is the name’s fault, in every verb that takes one', async () => {
    const result = await inside<Record<string, Outcome>>('names');
    for (const [name, outcome] of Object.entries(result)) {
      expectSentence(name, outcome, 1);
      expect(outcome.stderr).toMatch(/: cannot look up 'nowhere\.invalid': .*\(E\w+\)$/m);
    }
  });

  it('an address or a size that can not be is told as such', async () => {
    const result = await inside<Record<string, Outcome>>('addresses');
    const wanted: Record<string, [number, RegExp]> = {
      'ping, no family': [1, /ENETUNREACH .*: the stack has no address of that family/],
      'connect, no family': [1, /ENETUNREACH .*: the stack has no address of that family/],
      'connect, many hosts': [1, /: the remote address is not one host/],
      'connect, closed port': [4, /ECONNREFUSED/],
      'get, port 0': [2, /URL has a port from 1 to 65535/],
      'get, name not encoded': [2, /URL has a name or password that is not encoded/],
      'serve, no folder': [1, /cannot serve \/nowhere: no such file or directory \(ENOENT\)/],
    };
    expect(Object.keys(result)).toEqual(Object.keys(wanted));
    for (const [name, [code, sentence]] of Object.entries(wanted)) {
      expectSentence(name, result[name]!, code);
      expect(result[name]!.stderr).toMatch(sentence);
    }
  });

  it('beside a running netcell a free network is offered, and taking it harms nobody', async () => {
    const result = await inside<Told<Verb | 'both'>>('clash');
    const holder = `(the netcell of process ${result.pid}, of root)`;
    for (const verb of VERBS) {
      expectSentence(verb, result[verb], 1);
      expect(result[verb]!.stderr).toContain(holder);
      expect(result[verb]!.stderr).not.toMatch(/ip (addr|link) del/);
    }
    const offer = (verb: Verb) => result[verb].stderr.split('\n').at(-2);
    expect(offer('ping')).toMatch(
      / netcell ping 10\.9\.0\.1 -c 1 --address 10\.9\.1\.2\/24 --address fd00:9:0:1::2\/64$/,
    );
    expect(offer('tunnel')).toMatch(
      / netcell tunnel ws:\/\/127\.0\.0\.1:7777\/ --address 10\.9\.1\.1\/24 --address .*::1\/64$/,
    );
    expect(offer('listen')).toMatch(/ netcell listen 9 --echo --address 10\.9\.1\.6\/24$/);
    expect(offer('named')).toMatch(/ netcell connect 10\.9\.0\.1 7 --tun tun1$/);
    expect(result.again).toMatchObject({ code: 0, stderr: '' });
    expect(result.second).toContain('"tun":"tun1"');
    expect(result.both!.stdout.match(/LISTEN/g)).toHaveLength(8);
    expect(result.echo).toBe('still up');
    expect(result.codes).toEqual([130, 130]);
  });

  it('a wait of more than two seconds is told, unless quiet was asked for', async () => {
    const { get, connect, ping, quiet } = await inside<Record<string, Outcome>>('waits');
    expect(get!.stderr).toMatch(/^ {2}10\.8\.1\.1:\d+ has not answered yet … \d s\n/);
    expect(connect!.stderr).toMatch(/^ {2}10\.8\.2\.77 port 80 has not answered yet … \d s\n/);
    expect(ping!.stderr).toMatch(/^ {2}1 sent, no reply yet … \d s\n/);
    expect(quiet!.stderr).toMatch(/^netcell connect: 10\.8\.4\.77 port 80 did not answer in 3/);
    for (const { code } of [get!, connect!, ping!, quiet!]) expect(code).toBe(5);
  });

  it('an option of the device is explained by its flag', async () => {
    const result = await inside<Record<string, Outcome>>('options');
    for (const [name, outcome] of Object.entries(result)) expectSentence(name, outcome, 1);
    expect(result.long!.stderr).toMatch(
      /cannot name an interface: .*\n {2}netcell up --tun tun0\n$/,
    );
    expect(result.slash!.stderr).toMatch(/\n {2}netcell ping --tun tun0\n$/);
    expect(result.mtu!.stderr).toMatch(
      /IPv6 takes an MTU of 1280 .*\n {2}netcell up --mtu 1500\n$/,
    );
    expect(result.lo!.stderr).toMatch(/not a TUN interface .*\n {2}ip -details link show lo\n$/);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'without a privilege, how to be given a device',
    async (test) => {
      // Somebody who may open the device and not make an interface.
      const place = mkdtempSync(join(tmpdir(), 'netcell-node-'));
      onTestFinished(() => rmSync(place, { recursive: true }));
      chmodSync(place, 0o755);
      const node = join(place, 'tun');
      // Linux's fixed number for the driver (Documentation/admin-guide/devices.txt).
      execFileSync('mknod', ['-m', '666', node, 'c', '10', '200']);
      const env = { ...environment, NETCELL_TUN_DEVICE: node };
      const options = { env, uid: 65_534, gid: 65_534, cwd: '/' };
      const version = await run(cli, ['--version'], options).outcome;
      if (version.code !== 0) test.skip('the checkout is not for every user to read');
      const { code, stderr } = await run(cli, ['up'], options).outcome;
      expect([code, stderr]).toEqual([3, expect.stringContaining('sudo netcell up\n')]);
      expect(stderr).toContain('sudo ip tuntap add dev tun0 mode tun user $USER');
      expect(stderr).toMatch(/\n {2}and from then on {2}netcell up --tun tun0\n$/);
      expect(stderr).not.toContain('openTun');
    },
  );
});
