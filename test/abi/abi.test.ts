/**
 * The door as an ABI: what `assembly/README.md` says is enough to write a host, and it says all.
 *
 * That its numbers are the sources' is held by the build (`test/build.test.ts`).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { coreModule } from '../core-module.ts';
import { repository } from '../host/bundle.ts';

const HOST = join(repository, 'test/abi/host.mjs');
const readme = readFileSync(join(repository, 'assembly/README.md'), 'utf8');
const host = readFileSync(HOST, 'utf8');

it('a host in plain JavaScript opens a connection between two cores, and sends', () => {
  const core = join(repository, 'build/core.wasm');
  const said = execFileSync(process.execPath, [HOST, core], { encoding: 'utf8' });
  expect(said.trim().split('\n')).toEqual([
    'a ESTABLISHED: sent 1',
    'b ESTABLISHED: accepted',
    'b ESTABLISHED: 42',
  ]);
});

it('that host has at most 60 lines, and nothing but the core and the README', () => {
  expect(host.split('\n').length).toBeLessThanOrEqual(61);
  const imports = [...host.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
  expect(imports).toEqual(['node:fs']);
  for (const [address] of host.matchAll(/0x[0-9a-f]{5}/g)) {
    expect(readme).toContain(`| ${address} |`);
  }
});

it('the README has every export, with its parameters and no other', () => {
  const table = readme.slice(readme.indexOf('### Exports'), readme.indexOf('### Windows'));
  const rows = table.matchAll(/`(\w+)\(([^)]*)\)/g);
  const told = [...rows].map(([, name, list]) => [name!, list!.split(', ').filter(Boolean).length]);
  const { exports } = new WebAssembly.Instance(coreModule);
  const functions = Object.entries(exports).filter(([, value]) => typeof value === 'function');
  const real = functions.map(([name, value]) => [name, (value as () => void).length]);
  expect(told.sort()).toEqual(real.sort());
});
