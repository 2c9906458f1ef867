/**
 * `npm run ledger` prints the conformance table as Markdown; `-- --write` puts it into `README.md`
 * beside this file, `-- lines` prints each place with its line, which the next edit may move.
 *
 * Claims that do not stand are written to standard error, and are an error.
 */
import { writeFileSync } from 'node:fs';
import { readSources } from '../tidy/source.ts';
import { faults, ledger } from './ledger.ts';
import {
  conformance,
  DOCUMENT,
  inDocument,
  readDocument,
  withLine,
  withoutLine,
} from './conformance.ts';

const sources = readSources('.');
const entries = ledger(sources);
const isWrite = process.argv.includes('--write');
const spell = process.argv.includes('lines') && !isWrite ? withLine : withoutLine;
const part = conformance(entries, sources, spell);
if (isWrite) writeFileSync(DOCUMENT, inDocument(readDocument(), part));
else process.stdout.write(`${part}\n`);

const wrong = faults(entries);
for (const fault of wrong) process.stderr.write(`${fault}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
