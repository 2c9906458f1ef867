/** Runs the program in a worker: workerd, and miniflare above it. */
import { report } from './program.mjs';

export default {
  async fetch() {
    return Response.json(await report());
  },
};
