/** The service of the examples of grpc-js, without a compiler of protocols: texts go to and fro. */
const text = {
  requestSerialize: (value) => Buffer.from(value),
  requestDeserialize: String,
  responseSerialize: (value) => Buffer.from(value),
  responseDeserialize: String,
};

export const greeter = {
  greet: { path: '/Greeter/Greet', requestStream: false, responseStream: false, ...text },
};
