/**
 * The compiled core: a file beside the script, read or streamed, and compiled once.
 *
 * `new URL('…', import.meta.url)` is the form that bundlers know and copy such a file for. Where a
 * runtime compiles nothing, as at the edge, or where a bundler leaves the file behind,
 * `createStack({ module })` takes a module from anywhere.
 */
import type { Octets, WasmModule } from './platform.ts';

let compiling: Promise<WasmModule> | undefined;
let compiled: WasmModule | undefined;

/** The core's module; the same at every call. An `Error` says where it was looked for. */
export async function coreModule(): Promise<WasmModule> {
  if (compiled !== undefined) return compiled;
  // One that failed is tried again: a network's errors pass.
  compiling ??= load().finally(() => (compiling = undefined));
  return (compiled = await compiling);
}

/**
 * As `coreModule`, at once: where the file is on a disk that can be read without waiting, or after
 * a stack was made by waiting.
 */
export function coreModuleSync(): WasmModule {
  if (compiled !== undefined) return compiled;
  const url = place();
  try {
    return (compiled = new WebAssembly.Module(octetsOnDisk(url)));
  } catch (error) {
    throw missing(url.href, error);
  }
}

async function load(): Promise<WasmModule> {
  const url = place();
  try {
    // Node's fetch knows no `file:`.
    if (url.protocol === 'file:') return await WebAssembly.compile(octetsOnDisk(url));
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    // What a server calls otherwise can be compiled, but not while it arrives.
    const isNamed = response.headers.get('content-type') === 'application/wasm';
    if (isNamed) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw missing(url.href, error);
  }
}

/** Where the file is. A script that a bundler made may have no URL that files are beside. */
function place(): URL {
  try {
    return new URL('../build/core.wasm', import.meta.url);
  } catch (error) {
    throw missing(`'${import.meta.url}'`, error);
  }
}

function octetsOnDisk(url: URL): Octets {
  const { process } = globalThis as { process?: Pick<NodeJS.Process, 'getBuiltinModule'> };
  const files = process?.getBuiltinModule?.('node:fs');
  if (files === undefined || url.protocol !== 'file:')
    throw new Error('it can not be read at once, await createStack()');
  return new Uint8Array(files.readFileSync(url));
}

/** What is wrong, and the two ways to mend it. */
function missing(where: string, cause: unknown): Error {
  const { message } = cause as Error;
  return new Error(
    `netcell: no core at ${where}: ${message}; copy netcell/core.wasm there, or give ` +
      'createStack({ module }) a WebAssembly.Module of it',
    { cause },
  );
}
