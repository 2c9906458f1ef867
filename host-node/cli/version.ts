/** The version, from package.json beside the build, so that no two places can differ. */
import { readFileSync } from 'node:fs';

function read(): string {
  try {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return 'unreleased';
  }
}

export const VERSION = read();
