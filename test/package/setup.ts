/** Unpacks the package where the tests of it look, for as long as vitest runs. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { unpackInto } from './unpack.ts';

export default function setup({ config }: TestProject): () => void {
  const folder = join(config.env['NETCELL_PACKAGE'] as string, '../..');
  unpackInto(folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
