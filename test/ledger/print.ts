/**
 * `npm run ledger` prints the conformance table as Markdown; `-- --write` puts it into the README,
 * `-- lines` prints each place with its line, which the next edit may move.
 *
 * Claims that do not stand are written to standard error, and are an error.
 */
import { writeFileSync } from 'node:fs';
import { readSources } from '../tidy/source.ts';
import { faults, ledger } from './ledger.ts';
import { conformance, inReadme, readReadme, withLine, withoutLine } from './readme.ts';

const sources = readSources('.');
const entries = ledger(sources);
const isWrite = process.argv.includes('--write');
const spell = process.argv.includes('lines') && !isWrite ? withLine : withoutLine;
const part = conformance(entries, sources, spell);
if (isWrite) writeFileSync('README.md', inReadme(readReadme(), part));
else process.stdout.write(`${part}\n`);

const wrong = faults(entries);
for (const fault of wrong) process.stderr.write(`${fault}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
