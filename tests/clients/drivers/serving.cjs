// How a client's program is talked to: what is asked comes as a line of JSON, and its outcome goes as another.
const { createInterface } = require("node:readline");

// `isError` tells the client's own way to say that something went wrong; any other error is a failure of it.
exports.serve = async (outcome, isError) => {
  for await (const line of createInterface({ input: process.stdin })) {
    const told = await outcome(JSON.parse(line)).catch((error) =>
      isError(error) ? { error: toldOf(error) } : { failed: String(error?.stack ?? error) },
    );
    console.log(JSON.stringify(told));
  }
};

const toldOf = (exports.toldOf = (error) => ({
  kind: error.constructor.name,
  status: error.status ?? error.statusCode ?? null,
  message: error.message,
}));
