/**
 * Imported by a script of ours, it has the process end when what started it ends, however that
 * ends: SIGKILL can be passed on by nobody, and npm's shell passes on nothing at all.
 *
 * On Linux the kernel sends SIGKILL when the parent dies (prctl(2)); that reaches a process in a
 * system call, and outlasts exec. A script of `npm run` has a shell for its parent, which lives on
 * when npm is killed: so npm, the parent's parent, is looked after as well, from time to time.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const EVERY_MS = 250;
/** A variable that npm gives all it starts. */
const NPM = 'npm_lifecycle_event';

/** The parent of a process; undefined where that can not be read. */
function parentOf(pid) {
  try {
    // pid (name) state ppid: a name may hold anything, but no other bracket follows it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]);
  } catch {
    return undefined;
  }
}

// Who started us, as they say themselves: they may be gone before we ask.
const parent = Number(process.env.NETCELL_PARENT ?? process.ppid);
delete process.env.NETCELL_PARENT;
const isOfNpm = process.env[NPM] !== undefined && process.platform === 'linux';
const grandparent = isOfNpm ? parentOf(parent) : undefined;

/**
 * Whether npm, or its shell, was gone before we could ask for it. Init takes orphans over; it may
 * be npm itself, in a container, but is no shell of npm's.
 */
function isLeftAlready() {
  if (!isOfNpm) return false;
  if (parent === 1) return true;
  try {
    return grandparent === 1 && !/npm|yarn|bun/.test(readFileSync('/proc/1/cmdline', 'utf8'));
  } catch {
    return false;
  }
}

function isAlone() {
  if (process.ppid !== parent) return true;
  return isOfNpm && (parentOf(parent) ?? grandparent) !== grandparent;
}

if (process.platform === 'linux') {
  const signature = 'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)';
  try {
    const koffi = createRequire(import.meta.url)('koffi');
    koffi.load(null).func(signature)(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  } catch {
    // Before the packages are installed, looking from time to time has to do.
  }
}
const endAlone = () => {
  if (isAlone()) process.kill(process.pid, 'SIGKILL');
};
if (isLeftAlready()) process.kill(process.pid, 'SIGKILL');
endAlone();
setInterval(endAlone, EVERY_MS).unref();
