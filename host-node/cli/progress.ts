/**
 * Words for a wait that would otherwise be silent.
 *
 * Nothing for what is over soon; then a line on standard error: on a terminal one line that is
 * written again each second and wiped in the end, elsewhere a line now and then.
 */

/** What is over sooner needs no word, milliseconds. */
const SILENCE = 2000;
/** From one word to the next: on a terminal, and elsewhere. */
const TERMINAL_PERIOD = 1000;
const LOG_PERIOD = 10_000;

/**
 * Shows what is waited for, unless asked to be quiet, until the function it returns is called.
 *
 * @param text a sentence without its end; asked each time, so that it can count
 */
export function showProgress(text: () => string, isQuiet = false): () => void {
  if (isQuiet) return () => {};
  const { stderr } = process;
  const startedAt = performance.now();
  const isTerminal = stderr.isTTY === true;
  let isShown = false;
  const show = () => {
    const line = `  ${text()} … ${Math.floor((performance.now() - startedAt) / 1000)} s`;
    isShown = true;
    timer = setTimeout(show, isTerminal ? TERMINAL_PERIOD : LOG_PERIOD);
    timer.unref();
    if (isTerminal) stderr.write(`\r\u001b[K${line.slice(0, stderr.columns - 1)}`);
    else stderr.write(`${line}\n`);
  };
  let timer = setTimeout(show, SILENCE);
  timer.unref();
  return () => {
    clearTimeout(timer);
    if (isShown && isTerminal) stderr.write('\r\u001b[K');
    isShown = false;
  };
}
