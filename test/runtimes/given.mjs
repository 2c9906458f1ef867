/** A stack of a module that the runtime has imported and compiled, as Deno and Node 24 can. */
import source module from 'netcell/core.wasm';
import { createStack } from 'netcell';

console.log(String((await createStack({ address: '10.0.0.1/24', module })).addresses));
