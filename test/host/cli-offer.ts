/**
 * A process with a control socket and nothing behind it, as another user's netcell looks from
 * outside; until its standard input ends.
 */
import { offerControl } from '../../host-node/cli/control.ts';

async function* lines(): AsyncGenerator<string> {
  yield `${JSON.stringify({ addresses: [], counters: {}, fields: ['state', 'localPort'] })}\n`;
  yield `${JSON.stringify(['LISTEN', 4711])}\n`;
}

const stop = await offerControl('other0', lines);
process.stdout.write(' try \n');
process.stdin.resume().once('end', stop);
