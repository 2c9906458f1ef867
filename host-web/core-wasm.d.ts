/** A `.wasm` file, imported where the runtime has compiled it. */
declare module '*.wasm' {
  const core: WebAssembly.Module;
  export default core;
}
