/**
 * Defaults and bounds of limits and settings, as `limits.ts` has them, for the hosts.
 *
 * A row there is `default, least, most, // MEMBER name`: a setting, with its name for users; or, a
 * limit, `// field`. What each is stands at its member in `abi.ts`, at its field in `windows.ts`.
 */

/** The rows of a kind, each with what its member is said to be, in the order of the members. */
export function boundsOf(source, members, areNamed) {
  const row = /^ {4}([\d_]+), ([\d_]+), ([\d_]+), \/\/ (\w+)(?: (\w+))?$/gm;
  const rows = [...source.matchAll(row)]
    .filter(([, , , , , name]) => (name !== undefined) === areNamed)
    .map(([, ...words]) => {
      const [initial, least, most] = words.slice(0, 3).map((digits) => digits.replaceAll('_', ''));
      return { initial, least, most, member: words[3], name: words[4] ?? words[3] };
    });
  return rows.map((found, i) => {
    const { field, name = field, doc } = members[i] ?? {};
    if (name !== found.member) {
      throw new Error(`limits.ts: the bounds of ${found.member} stand where ${name}'s should`);
    }
    return { ...found, doc };
  });
}

function entry({ name, least, most, initial, doc }, more) {
  return [
    `  /** ${doc} ${least} to ${most}; default ${initial}. */`,
    `  ${name}: {`,
    ...more,
    `    initial: ${initial},`,
    `    least: ${least},`,
    `    most: ${most},`,
    '  },',
  ];
}

/** LIMITS and SETTINGS of `host-web/abi.ts`. */
export function boundsLines(limits, settings) {
  return [
    '/** Limits, chosen when a stack is made. */',
    'export const LIMITS = {',
    ...limits.flatMap((limit) => entry(limit, [])),
    '} as const',
    '',
    '/** Settings by name: what Linux calls the sysctl, or a name in its style. */',
    'export const SETTINGS = {',
    ...settings.flatMap((one) => entry(one, [`    setting: Setting.${one.member},`])),
    '} as const',
    '',
  ];
}
