/**
 * `npm run playground`: builds the web page and serves it on this machine until it is stopped.
 *
 * `--port N` chooses the port, 8080 by default; `--build` only builds.
 */
import { join } from 'node:path';
import { buildPlayground } from './build.ts';
import { serveFolder } from './serve.ts';

const DEFAULT_PORT = 8080;

const parameters = process.argv.slice(2);
const folder = join(process.cwd(), 'build', 'playground');
await buildPlayground(process.cwd(), folder);
if (!parameters.includes('--build')) {
  const given = parameters.indexOf('--port');
  const port = given < 0 ? DEFAULT_PORT : Number(parameters[given + 1]);
  try {
    const { url } = await serveFolder(folder, port);
    process.stdout.write(`netcell playground: ${url}\nCtrl-C stops it.\n`);
  } catch (error) {
    process.stderr.write(
      `port ${port} can not be had (${(error as Error).message}); choose another with --port\n`,
    );
    process.exitCode = 1;
  }
}
