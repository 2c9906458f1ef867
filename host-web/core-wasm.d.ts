/** A `.wasm` file: its octets, or the module where the runtime has compiled it. */
declare module '*.wasm' {
  const core: Uint8Array<ArrayBuffer> | WebAssembly.Module;
  export default core;
}
