/** What `npm test` waits for, and says nothing itself: the installing of packages and programs. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { repository } from '../host/bundle.ts';

/** What is printed while a command runs that says this at its end, so many milliseconds later. */
function printed(milliseconds: number): string {
  const command = `setTimeout(() => console.log('said'), ${milliseconds})`;
  const program = `
    import { run } from './test/command.mjs';
    const words = ['-e', ${JSON.stringify(command)}];
    const { ok, said } = await run(process.execPath, words, { piped: true });
    console.log(ok, said.trim());`;
  const parameters = ['--input-type=module', '-e', program, 'a test'];
  return execFileSync(process.execPath, parameters, { cwd: repository, encoding: 'utf8' });
}

it('a silent command gives a sign of life every two seconds', () => {
  expect(printed(5000)).toMatch(/^\.+\ntrue said\n$/);
});

it('one that is over soon gives none', () => {
  expect(printed(0)).toMatch(/^(?:\.+\n)?true said\n$/);
});
