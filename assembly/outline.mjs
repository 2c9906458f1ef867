/**
 * Keeps what is called from many places in one: at its highest level the compiler copies every
 * small function to each caller, which for these made the module a ninth larger, and two cores that
 * send to each other one or two hundredths faster.
 * A transform of the compiler's, given by `build.mjs`; the language has no word for it.
 */
import { Transform } from 'assemblyscript/transform';

const STORES = ['store/queue/push', 'store/queue/remove', 'store/pool/give*', 'store/pool/take'];
const OUTLINED = [...STORES, 'tcp/fetch/*', 'trace/trace'];

export default class Outline extends Transform {
  afterCompile(module) {
    for (const name of OUTLINED) {
      this.binaryen.setPassArgument('no-inline', `assembly/${name}`);
      module.runPasses(['no-inline']);
    }
    this.binaryen.clearPassArguments();
  }
}
