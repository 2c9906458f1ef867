/** What `netcell run` takes, and what of it the processes of a program are told. */
import { type Arguments, COMMON, type Flags } from '../cli/arguments.ts';
import { withAddresses } from './destinations.ts';

// Standard output is the program's, and so is what there is to say in detail.
const { json: _json, verbose: _verbose, ...shared } = COMMON;

export const RUN: Flags = {
  ...shared,
  kernel: { type: 'string', multiple: true },
  nat: { type: 'boolean' },
};

/**
 * The flags again, as words: for NETCELL_RUN, as JSON. Names of `--kernel` have the addresses
 * beside them that they have now.
 *
 * @throws UsageError where `--kernel` names nothing, Failure where a name has no address
 */
export async function wordsOf(args: Arguments): Promise<string[]> {
  const words: string[] = [];
  for (const [name, { type, alias }] of Object.entries(RUN)) {
    if (alias !== undefined || !args.isSet(name)) continue;
    const given = args.values(name);
    const values = name === 'kernel' ? await withAddresses(given) : given;
    if (type === 'boolean') words.push(`--${name}`);
    else words.push(...values.map((value) => `--${name}=${value}`));
  }
  return words;
}
