/** What a verb threw, as its user is told: a sentence, and the exit code. */
import { TunError } from '../tun-error.ts';
import { UsageError } from './arguments.ts';
import { Exit, Failure } from './failure.ts';

/** Says what went wrong on standard error; answers the exit code. */
export async function explain(
  name: string,
  words: readonly string[],
  error: unknown,
): Promise<number> {
  if (error instanceof UsageError) {
    console.error(`netcell ${name}: ${error.message}\n  netcell ${name} --help`);
    return Exit.USAGE;
  }
  if (error instanceof TunError) {
    const { explainTun } = await import('./tun-advice.ts');
    console.error(`netcell ${name}: ${explainTun(error, { verb: name, words })}`);
    return error.exitCode;
  }
  const failure = Failure.from(error);
  if (failure !== undefined) {
    console.error(`netcell ${name}: ${failure.message}`);
    return failure.exitCode;
  }
  console.error(`netcell ${name}: a fault of netcell's own, please report it`);
  console.error(error);
  return Exit.FAILED;
}
