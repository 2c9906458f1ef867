using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2026-07-01",
    modules = [
      (name = "worker.mjs", esModule = embed "worker.mjs"),
      (name = "program.mjs", esModule = embed "program.mjs"),
      (name = "netcell", esModule = embed "node_modules/netcell/build/edge.js"),
      (name = "edge-shared.js", esModule = embed "node_modules/netcell/build/edge-shared.js"),
      (name = "core.wasm", wasm = embed "node_modules/netcell/build/core.wasm"),
    ]))],
  sockets = [(name = "http", address = "127.0.0.1:8080", http = (), service = "main")]
);
