/** How long a program waits for its first stack, in processes of their own. */
import { spawnSync } from 'node:child_process';
import { quantile } from './statistics.ts';

const STARTS = 7;
const FIRST = `
  const begin = performance.now();
  const { createStack } = await import('./build/index.js');
  const imported = performance.now();
  await createStack({ address: '10.0.0.1/24' });
  console.log(JSON.stringify([imported - begin, performance.now() - imported]));
  process.exit();
`;

/** Milliseconds that importing the package takes, and the first stack then. */
export function measureFirstStack(): { imported: number; first: number } {
  const taken = Array.from({ length: STARTS }, () => {
    const { stdout, stderr, status } = node('--input-type=module', '-e', FIRST);
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as [number, number];
  });
  const [imported, first] = [0, 1].map((i) =>
    quantile(
      taken.map((times) => times[i]!),
      0.5,
    ),
  );
  return { imported: imported!, first: first! };
}

/** Milliseconds that Node takes to begin and end. */
export function measureNothing(): number {
  const times = Array.from({ length: STARTS }, () => {
    const begin = performance.now();
    node('-e', '0');
    return performance.now() - begin;
  });
  return quantile(times, 0.5);
}

function node(...parameters: string[]) {
  return spawnSync(process.execPath, parameters, { encoding: 'utf8' });
}
