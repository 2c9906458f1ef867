/**
 * Types of the platform, spelled so that every TypeScript from 5.4 on reads them with whatever
 * libraries a program has.
 *
 * `Uint8Array` has had a parameter since TypeScript 5.7, and nothing but the DOM's library names
 * `WebAssembly`: a declaration that says either outright does not compile everywhere. Declarations
 * of this package are checked by `test/package/types.test.ts`.
 */
/// <reference lib="esnext.disposable" preserve="true" />

/** Octets over an `ArrayBuffer` of their own. */
export type Octets = ReturnType<typeof Uint8Array.of>;

/** `WebAssembly.Module`; any object, where no library has it. */
export type WasmModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer Module } };
}
  ? Module
  : object;

/** `WebAssembly.Memory`. */
export type WasmMemory = typeof globalThis extends {
  WebAssembly: { Memory: { prototype: infer Memory } };
}
  ? Memory
  : { readonly buffer: ArrayBuffer };
