/**
 * `npm run mutations` breaks the core in each of the ways of `mutations.ts` and prints what
 * noticed; `-- LABEL, LABEL` only in these. Exit code 1 when one survives, or no longer fits.
 */
import { placeOf, tryMutations } from './mutate.ts';
import { MUTATIONS, OF_9293 } from './mutations.ts';

const wanted = process.argv.slice(2).join(' ').split(/, ?/);
const chosen = MUTATIONS.filter(({ label }) => wanted[0] === '' || wanted.includes(label));
const begun = performance.now();
const verdicts = await tryMutations(chosen, ({ mutation, fault }) => {
  const { label, broken, test } = mutation;
  const [file, name] = test;
  const how = fault === '' ? `caught by ${file}: ${name}` : `NOT CAUGHT: ${fault}`;
  process.stdout.write(`${label.padEnd(16)} ${placeOf(mutation)}\n  broken: ${broken}\n  ${how}\n`);
});
const caught = verdicts.filter(({ fault }) => fault === '');
const of9293 = caught.filter(({ mutation }) => OF_9293.includes(mutation));
const seconds = ((performance.now() - begun) / 1000).toFixed(0);
process.stdout.write(
  `\n${caught.length} of ${verdicts.length} mutations caught,` +
    ` ${of9293.length} of them of RFC 9293 (${seconds} s)\n`,
);
process.exitCode = caught.length === verdicts.length && verdicts.length > 0 ? 0 : 1;
